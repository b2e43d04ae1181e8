//! As root, against the kernel: a start under load.

use std::collections::HashMap;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::{EventLog, Kind, Monitor, Nanos, Origin, Pid, argv_bytes};

use crate::common::clock;
use crate::ebpf::Ebpf;
use crate::netlink::Netlink;
use crate::test_support::{self, on_machine_for};

const SLEEPERS: usize = 300;
/// So many threads begin a process each so often: 1,000 a second together.
const THREADS: usize = 4;
const PERIOD: Duration = Duration::from_millis(4);
/// How long after it is ready the monitor still watches: the snapshot takes a third of it.
const LENGTH: Duration = Duration::from_millis(1500);

/// A process of the storm: its pid, and times around its fork and its end.
struct Brief {
    pid: Pid,
    began: [Nanos; 2],
    ended: Nanos,
}

/// Stops the storm also when the test fails under it: the scope would wait for its threads for ever.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Begins processes until told to stop.
fn storm(stop: &AtomicBool) -> Vec<Brief> {
    let (mut all, mut due) = (Vec::new(), Instant::now());
    while !stop.load(Ordering::Relaxed) {
        due += PERIOD;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let before = clock::now();
        let mut child = Command::new("/bin/true").spawn().unwrap();
        let (pid, after) = (child.id(), clock::now());
        child.wait().unwrap();
        all.push(Brief {
            pid,
            began: [before, after],
            ended: clock::now(),
        });
    }
    all
}

fn sleepers() -> Vec<(Child, String)> {
    let one = |number| {
        let nonce = format!("x{number}");
        // It has spoken: it began before the monitor did, and its exec is not under way.
        (
            test_support::waiting(&mut test_support::shell(&nonce)),
            nonce,
        )
    };
    (0..SLEEPERS).map(one).collect()
}

/// All events of one process, as "+exec" of a snapshot and "fork" otherwise.
fn by_pid(journal: &EventLog) -> HashMap<Pid, Vec<String>> {
    let mut all = HashMap::<Pid, Vec<String>>::new();
    for event in &journal.events {
        let mark = if event.origin == Origin::Snapshot {
            "+"
        } else {
            ""
        };
        let told = format!("{mark}{}", event.kind);
        all.entry(event.pid).or_default().push(told);
    }
    all
}

fn a_start_without_a_gap(monitor: &dyn Monitor) {
    let mut old = sleepers();
    let stop = AtomicBool::new(false);
    let (journal, counters, ready, storm) = std::thread::scope(|scope| {
        let stops = Stops(&stop);
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| storm(&stop))).collect();
        let (journal, counters, _, ready) =
            test_support::watch(monitor, &[("snapshot", "yes")], || {
                let ready = clock::now();
                std::thread::sleep(LENGTH);
                drop(stops);
                ready
            });
        let storm = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        (journal, counters, ready, storm.collect::<Vec<_>>())
    });
    assert!(
        counters.reported_lost.values().all(|&lost| lost == 0),
        "{counters:?}"
    );
    told_of_the_old(&journal, &old);
    told_of_the_storm(&journal, &storm, ready);
    for (child, _) in &mut old {
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}

/// Each of those that ran before is told once, by the snapshot, and all of it is true.
fn told_of_the_old(journal: &EventLog, old: &[(Child, String)]) {
    let exe = std::fs::canonicalize("/bin/sh").unwrap();
    let told = by_pid(journal);
    for (child, nonce) in old {
        assert_eq!(
            told.get(&child.id()).unwrap(),
            &["+exec"],
            "of {}",
            child.id()
        );
        let found = test_support::of(journal, Kind::Exec, child.id())[0];
        assert_eq!(found.exe, Some(exe.as_os_str().as_encoded_bytes()));
        let argv = argv_bytes(["/bin/sh", "-c", "echo begun; read x", nonce.as_str()]);
        assert_eq!(found.argv, Some(&argv[..]));
        assert_eq!(found.ppid, Some(std::process::id()));
        assert_eq!(found.euid, Some(nix::unistd::geteuid().as_raw()));
        assert!(found.happened > 0 && found.happened < found.received);
    }
}

/// Of the others: from the time at which it was ready every event, and of none both by the snapshot
/// and its fork. At the end some may be under way.
fn told_of_the_storm(journal: &EventLog, storm: &[Brief], ready: Nanos) {
    let told = by_pid(journal);
    let until = ready + (LENGTH / 2).as_nanos() as Nanos;
    let (mut live, none) = (0, Vec::new());
    for one in storm {
        let told = told.get(&one.pid).unwrap_or(&none);
        let words: Vec<_> = told.iter().map(String::as_str).collect();
        if one.began[0] >= ready && one.ended < until {
            assert_eq!(words, ["fork", "exec", "exit"], "of {}", one.pid);
            live += 1;
        } else if one.began[1] < ready && one.ended > ready && one.ended < until {
            assert!(!words.is_empty(), "of {}, which was there", one.pid);
        }
        let snapshot = words.iter().filter(|word| word.starts_with('+')).count();
        let fork = words.iter().filter(|word| **word == "fork").count();
        assert!(snapshot + fork <= 1, "of {}: {words:?}", one.pid);
    }
    assert!(live > 100, "only {live} processes of the storm");
}

#[test]
#[ignore = "needs root"]
fn ebpf_starts_without_a_gap() {
    on_machine_for!(Ebpf);
    a_start_without_a_gap(&Ebpf);
}

#[test]
#[ignore = "needs root"]
fn netlink_starts_without_a_gap() {
    on_machine_for!(Netlink);
    a_start_without_a_gap(&Netlink);
}
