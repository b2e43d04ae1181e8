//! No workload outlives its runner, its time or its budget.

use std::time::{Duration, Instant};

use contract::Kind;

use crate::common::Cell;

/// A bomb that would take minutes: as wide as it gets, and slow because it is so.
const LONG: &str = "fork-bomb{depth=18,live=32}";

fn until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < limit, "{what} took longer than {limit:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn when_its_time_is_up_it_is_stopped_and_has_failed() {
    let cell = Cell::new(LONG, 1.0).limit(Duration::from_millis(200));
    let why = cell.run(None).unwrap_err();
    assert!(why.contains("not done after 0.2 s"), "{why}");
    assert!(cell.left().is_empty());
    assert!(workloads::ledger::read(cell.dir.path()).is_err());
}

#[test]
fn when_its_runner_is_killed_nothing_is_left() {
    let cell = Cell::new(LONG, 1.0);
    let mut runner = cell
        .command(None)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until("the start of the bomb", Duration::from_secs(20), || {
        cell.left().len() > 8
    });
    runner.kill().unwrap();
    runner.wait().unwrap();
    // One dies after the other, from parent to child, and each needs the CPU for it.
    until("its end", Duration::from_secs(20), || {
        cell.left().is_empty()
    });
    let why = workloads::ledger::read(cell.dir.path())
        .unwrap_err()
        .to_string();
    assert!(why.contains("ledger.bin: "), "{why}");
}

#[test]
fn its_cap_on_live_processes_holds() {
    let cell = Cell::new("fork-bomb{depth=12,live=16}", 1.0);
    cell.run(None).unwrap();
    let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
    // From when its fork had been made to when it was about to end it lived for certain. Who looks
    // into /proc instead also counts the dead among those that came while it looked.
    let mut changes = Vec::new();
    for truth in &ledger.truths {
        match truth.kind {
            Kind::Fork => changes.push((truth.before, 1)),
            Kind::Exit => changes.push((truth.after, -1)),
            Kind::Exec => {}
        }
    }
    changes.sort_unstable();
    let mut lived = 0;
    let most = changes.iter().map(|(_, change)| {
        lived += change;
        lived
    });
    let most = most.max().unwrap();
    assert!((2..=16).contains(&most), "{most} at once");
}

#[test]
fn root_runs_no_workload_as_root() {
    if !crate::common::root() {
        println!("skipped: needs root");
        return;
    }
    let cell = Cell::new("fork-bomb{depth=1}", 1.0);
    let script = cell.script();
    let run = workloads::Run {
        cell: cell.dir.path(),
        script: &script,
        env: &[],
        user: None,
        limit: Duration::from_secs(1),
        stamping: true,
    };
    let why = workloads::run(&run).unwrap_err().to_string();
    assert!(why.contains("must not run as root"), "{why}");
}
