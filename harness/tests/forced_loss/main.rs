//! Three-way reconciliation where loss is forced: a small buffer and a reader that is stopped while
//! most of the workload runs. What the ledger says was missed, the technique's own counters must
//! say was lost, and nothing may be left that no counter tells of.
//!
//! Counters are of the whole machine, so they may hold more than the workload's events: what
//! others did in that time. How much that can be at most is taken from the kernel's own count.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/quota.rs"]
mod quota;
mod run;
mod sides;
mod sustained;

use std::fs;

use common::{can_run, cells, harness, scratch, summary, within};
use nix::sys::signal::{Signal, kill};
use run::{Run, missed};

/// One and a half seconds: the test that stops and wakes the reader may itself wait for the CPU for half
/// of that. As fast as it can the workload is over in a fifth of it, and before the reader is awake.
const WORKLOAD: &str = "paced${count=3000,rate=2000}";
/// So many processes are made while the reader is stopped. The rest of them, with the readiness probes,
/// come when it reads again.
const STOPPED: u64 = 1200;

#[test]
#[ignore = "needs root"]
fn netlink_reports_exactly_what_its_socket_dropped() {
    exactly(reconciles("netlink{rcvbuf=64k}", "socket_drops"));
}

#[test]
#[ignore = "needs root"]
fn ebpf_reports_exactly_what_found_no_space_in_the_ring() {
    exactly(reconciles("ebpf{ring=16k}", "ring_full"));
}

#[test]
#[ignore = "needs root"]
fn audit_reports_exactly_what_the_kernel_counts_as_lost() {
    exactly(reconciles("audit{backlog=64,rcvbuf=64k,wait=0}", "lost"));
}

#[test]
#[ignore = "needs root"]
fn perf_reports_exactly_what_found_no_space_in_its_rings() {
    exactly(reconciles("perf{pages=1}", "ring_full"));
}

#[test]
#[ignore = "needs root"]
fn taskstats_reports_exactly_what_its_socket_dropped() {
    exactly(reconciles("taskstats{rcvbuf=64k}", "socket_drops"));
}

#[test]
#[ignore = "needs root"]
fn preload_reports_no_less_than_what_found_no_space_in_the_ring() {
    // Its records are not events: some only help to tell what the next ones are about.
    let lost = reconciles("preload{ring=64k}", "ring_full");
    if let Some(Lost {
        missed, reported, ..
    }) = lost
    {
        assert!(reported < missed + missed / 5, "{reported} for {missed}");
    }
}

/// A loss that its counters cannot explain is named as such, not passed over: here a technique
/// that sees nothing of programs without a C library, and counts nothing either.
#[test]
#[ignore = "needs root"]
fn what_no_counter_explains_is_named_in_the_report() {
    if !can_run("preload") {
        return;
    }
    let dir = scratch();
    let workload = "paced${count=200,parent=nolibc,rate=0}";
    let out = dir.path().join("record");
    let args = [
        "run", "-m", "preload", "-w", workload, "--reps", "1", "--out",
    ];
    let done = harness().args(args).arg(&out).output().unwrap();
    assert!(done.status.success());
    let found = summary(&out);
    let cell = cells(&found, "preload")[0];
    assert_eq!(cell["silent_lost"], missed(cell), "{cell:#}");
    let text = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(text.contains("0 reported, 531 silent"), "{text}");
}

/// What was lost in one cell.
struct Lost {
    missed: u64,
    reported: u64,
    /// Events that others can have made meanwhile.
    others: u64,
}

/// Forces the loss; `None` where the monitor cannot run.
fn reconciles(label: &str, cause: &str) -> Option<Lost> {
    let dir = scratch();
    let mut run = Run::start(dir.path(), label, WORKLOAD)?;
    let made = stop_until_most_is_done(&mut run, label);
    let summary = run.summary();
    let cell = cells(&summary, label)[0];
    println!(
        "{label}: missed {}, reported lost {}",
        missed(cell),
        cell["reported_lost"]
    );
    assert_eq!(
        (&cell["status"], &cell["drained"]),
        (&"ok".into(), &true.into()),
        "{cell:#}"
    );
    let reported = cell["reported_lost"][cause].as_u64().unwrap();
    let missed = missed(cell);
    assert!(missed > 1000, "the loss was not forced: {cell:#}");
    assert_eq!(cell["silent_lost"], 0, "{cell:#}");
    assert!(reported >= missed, "{cell:#}");
    // The workload's own forks are in the kernel's count; any other process that forked also may have
    // executed something and ended, and so may some that were there already.
    let own = cell["kinds"]["fork"]["truths"].as_u64().unwrap();
    let others = 3 * made.saturating_sub(own) + 50;
    Some(Lost {
        missed,
        reported,
        others,
    })
}

fn exactly(lost: Option<Lost>) {
    let Some(lost) = lost else { return };
    let Lost {
        missed,
        reported,
        others,
    } = lost;
    assert!(
        reported - missed <= others,
        "{reported} were reported lost for {missed}; others made at most {others}"
    );
}

/// Stops the monitor while the workload is under it, and wakes it when most is done. How many
/// processes and threads the machine made in that.
fn stop_until_most_is_done(run: &mut Run, label: &str) -> u64 {
    let cell = label.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
    let mut both = None;
    let began = within(60, || {
        both = sides::of(run.id(), &cell);
        both.is_some() || run.is_over()
    });
    let (monitor, workload) = both.expect("no workload began");
    let before = sides::processes_made();
    kill(monitor, Signal::SIGSTOP).unwrap();
    let most = within(60, || sides::processes_made() - before >= STOPPED);
    kill(monitor, Signal::SIGCONT).unwrap();
    let ended = within(60, || !sides::is_side(workload, "workload", &cell));
    assert!(
        began && most && ended,
        "the workload under {label} never ended"
    );
    sides::processes_made() - before
}
