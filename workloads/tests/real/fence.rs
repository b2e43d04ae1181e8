//! No workload outlives its runner or its time limit, or has more processes than its limit.

use std::process::Stdio;
use std::time::{Duration, Instant};

use contract::Kind;

use crate::common::Cell;

/// A bomb that takes minutes.
const LONG: &str = "fork-bomb{depth=18,live=32}";

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        let waited = begun.elapsed();
        assert!(
            waited < Duration::from_secs(20),
            "{what}: not after {waited:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_workload_that_takes_too_long_is_stopped_and_has_failed() {
    let cell = Cell::new(LONG, 1.0).limit(Duration::from_millis(200));
    let why = cell.run(None).unwrap_err();
    assert!(why.contains("stopped after 0.2 s"), "{why}");
    assert!(cell.left().is_empty());
    assert!(workloads::ledger::read(cell.dir.path()).is_err());
}

#[test]
fn a_killed_runner_leaves_no_process_and_no_ledger() {
    let cell = Cell::new(LONG, 1.0);
    cell.prepare();
    let mut runner = cell.command(None).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the start of the bomb", || cell.left().len() > 8);
    runner.kill().unwrap();
    runner.wait().unwrap();
    // They die one after the other, from parent to child, and each needs the CPU for it.
    wait_for("the end of the bomb", || cell.left().is_empty());
    let why = workloads::ledger::read(cell.dir.path()).unwrap_err();
    assert!(why.to_string().contains("ledger.bin: "), "{why}");
}

#[test]
fn the_limit_of_live_processes_holds() {
    let cell = Cell::new("fork-bomb{depth=12,live=16}", 1.0);
    cell.run(None).unwrap();
    let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
    // A process lived at least from when its fork had returned until it was about to end.
    let mut changes = Vec::new();
    for truth in &ledger.truths {
        match truth.kind {
            Kind::Fork => changes.push((truth.before, 1)),
            Kind::Exit => changes.push((truth.after, -1)),
            Kind::Exec => {}
        }
    }
    changes.sort_unstable();
    let live = changes.iter().scan(0, |live, (_, change)| {
        *live += change;
        Some(*live)
    });
    let most = live.max().unwrap();
    assert!((2..=16).contains(&most), "{most} at once");
}

#[test]
#[ignore = "needs root"]
fn root_runs_no_workload_as_root() {
    let cell = Cell::new("fork-bomb{depth=1}", 1.0);
    cell.prepare();
    let run = workloads::Run {
        cell: cell.dir.path(),
        env: &[],
        user: None,
        limit: Duration::from_secs(1),
        stamping: true,
    };
    let why = workloads::run(&run).unwrap_err().to_string();
    assert!(why.contains("must not run as root"), "{why}");
}
