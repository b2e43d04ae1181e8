//! A noisy neighbour: quiet programs are judged while a fork bomb runs in another control group.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

mod common;

use common::{Traces, can_run, cells, measured, scratch};

#[test]
#[ignore = "needs root"]
fn only_the_quiet_programs_are_judged_and_nothing_of_the_bomb_is_left() {
    if !can_run("ebpf") {
        return;
    }
    let dir = scratch();
    let workload = "noisy-neighbour{count=20,rate=20}";
    let args = ["-m", "ebpf", "-w", workload, "--reps", "1"];
    let summary = measured(dir.path(), &args);
    let cell = cells(&summary, "ebpf")[0];
    assert_eq!(cell["drained"], true, "{cell:#}");
    for (kind, truths) in [("fork", 29), ("exec", 21), ("exit", 29)] {
        let n = |name: &str| cell["kinds"][kind][name].as_u64().unwrap();
        assert_eq!((n("truths"), n("missed")), (truths, 0), "{cell:#}");
        assert_eq!((n("duplicates"), n("false_positives")), (0, 0), "{cell:#}");
    }
    // The bomb's events were reported as well, and are unrelated.
    assert!(cell["unrelated"].as_u64().unwrap() > 1000, "{cell:#}");
    let rate = cell["pace"]["offered_per_s"].as_f64().unwrap();
    assert_eq!(rate.round(), 20.0);
    let left = Traces::now();
    assert_eq!((left.cgroups.len(), left.listeners), (0, 0), "{left:?}");
}
