//! Blind windows on the real kernel: what is known after each start, and of what ran before.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

mod common;

use common::{can_run, cells, measured, scratch};
use serde_json::Value;

const MONITORS: [&str; 2] = ["ebpf", "netlink"];

/// The one cell of `monitor` on `workload`.
fn cell(monitor: &str, workload: &str) -> Value {
    let dir = scratch();
    let args = ["-m", monitor, "-w", workload, "--reps", "1"];
    let summary = measured(dir.path(), &args);
    let cell = cells(&summary, monitor)[0].clone();
    assert_eq!(
        (&cell["status"], &cell["experiment"]),
        (&"ok".into(), &"blind".into()),
        "{cell:#}"
    );
    assert!(
        summary["comparison"].as_array().unwrap().is_empty(),
        "no figure of loss or cost"
    );
    cell
}

#[test]
#[ignore = "needs root"]
fn what_ran_before_is_known_and_nothing_else_is_told() {
    for monitor in MONITORS.into_iter().filter(|name| can_run(name)) {
        let found = &cell(monitor, "blind/backfill{count=400}")["snapshot"];
        for (key, due) in [
            ("running", 400),
            ("known", 400),
            ("duplicates", 0),
            ("false_positives", 0),
            ("correct", 1200),
            ("wrong", 0),
        ] {
            assert_eq!(found[key], due, "{monitor}: {key} in {found:#}");
        }
        // The harness and its parents are there too.
        assert!(found["unrelated"].as_u64() > Some(2), "{found:#}");
    }
}

/// How long it is differs from machine to machine; that it ends, and what is known then, does not. Nor does it
/// matter how long a start takes: of three seconds none of these workloads is left for the third.
#[test]
#[ignore = "needs root"]
fn after_each_start_a_gap_ends_and_no_process_that_runs_is_unknown() {
    for monitor in MONITORS.into_iter().filter(|name| can_run(name)) {
        let found = cell(monitor, "blind/gap{count=3000}");
        let doubled = found["notes"]["timetable_doubled"].as_u64();
        assert!(doubled >= Some(1), "{monitor}: {found:#}");
        for after in ["nothing", "stop", "kill"] {
            let gap = &found["gap_ms"][after];
            let ms = gap["ms"].as_f64().unwrap();
            assert!(
                ms > 0.0 && gap["unseen"].as_u64() > Some(0),
                "{monitor}: {gap:#}"
            );
            // 64 workers and their parent.
            assert!(gap["running"].as_u64() >= Some(65), "{monitor}: {gap:#}");
            assert_eq!(gap["unknown"], 0, "{monitor}: {gap:#}");
        }
        let snapshot = &found["snapshot"];
        assert_eq!(snapshot["false_positives"], 0, "{snapshot:#}");
        assert_eq!(snapshot["duplicates"], 0, "{snapshot:#}");
    }
}
