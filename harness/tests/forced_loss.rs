//! Three-way reconciliation where loss is forced: a small buffer and a reader that is stopped while
//! most of the workload runs. What the ledger says was missed, the technique's own counters must
//! say was lost, and nothing may be left that nobody would have told of.
//!
//! Counters are of the whole machine, so they may hold more than the workload's events: what
//! others did in that time. How much that can be at most is taken from the kernel's own count.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::process::{Child, Stdio};
use std::sync::{Mutex, PoisonError};

use common::{cells, harness, is_root, scratch, summary, within};
use contract::bare_name;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// One and a half seconds: who stops and wakes the reader meanwhile may wait for the CPU for half of
/// that. As fast as it can the workload is over in a fifth of it, and before the reader is awake.
const WORKLOAD: &str = "paced{count=3000,rate=2000}";
/// So many processes are made while the reader is stopped. The rest of them, with the readiness probes,
/// come when it reads again.
const STOPPED: u64 = 1200;

#[test]
fn netlink_admits_exactly_what_its_socket_dropped() {
    exactly(reconciles("netlink{rcvbuf=64k}", "socket_drops"));
}

#[test]
fn ebpf_admits_exactly_what_found_no_room_in_the_ring() {
    exactly(reconciles("ebpf{ring=16k}", "ring_full"));
}

#[test]
fn audit_admits_exactly_what_the_kernel_counts_as_lost() {
    exactly(reconciles("audit{backlog=64,rcvbuf=64k,wait=0}", "lost"));
}

#[test]
fn perf_admits_exactly_what_found_no_room_in_its_rings() {
    exactly(reconciles("perf{pages=1}", "ring_full"));
}

#[test]
fn taskstats_admits_exactly_what_its_socket_dropped() {
    exactly(reconciles("taskstats{rcvbuf=64k}", "socket_drops"));
}

#[test]
fn preload_admits_no_less_than_what_found_no_room_in_the_ring() {
    // Its records are not events: some only help to tell what the next ones are about.
    let lost = reconciles("preload{ring=64k}", "ring_full");
    if let Some(Lost { missed, told, .. }) = lost {
        assert!(told < missed + missed / 5, "{told} for {missed}");
    }
}

/// A loss that its counters cannot explain is named as such, not passed over: here a technique
/// that sees nothing of programs without a C library, and counts nothing either.
#[test]
fn what_no_counter_explains_is_named_in_the_report() {
    let Some(dir) = can_run("preload") else {
        return;
    };
    let workload = "paced{count=200,parent=nolibc,rate=0}";
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
    assert!(text.contains("0 reported lost, 531 silent"), "{text}");
}

fn can_run(label: &str) -> Option<tempfile::TempDir> {
    let name = bare_name(label);
    let monitor = monitors::find(name).unwrap();
    let options = contract::Options::new(name, monitor.options(), []).unwrap();
    if !is_root() {
        return None;
    }
    if let Some(missing) = monitor.missing(&options).first() {
        println!("skipped: {name} {missing}");
        return None;
    }
    Some(scratch())
}

/// Forces the loss; `None` when it cannot be done here.
fn reconciles(label: &str, cause: &str) -> Option<Lost> {
    // The harness would let them wait for each other as well, but on the time of a test's patience.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = can_run(label)?;
    let out = dir.path().join("record");
    let args = ["run", "-m", label, "-w", WORKLOAD, "--reps", "1", "--out"];
    let mut command = harness();
    command
        .args(args)
        .arg(&out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut run = command.spawn().unwrap();
    let made = stop_while_it_works(&mut run, label);
    let done = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let found = summary(&out);
    let cell = cells(&found, label)[0];
    let repeat = format!(
        "repeat with: harness {}, its reader stopped\n{cell:#}",
        args.join(" ")
    );
    println!(
        "{label}: missed {}, reported lost {}",
        missed(cell),
        cell["reported_lost"]
    );
    assert_eq!(
        (&cell["status"], &cell["drained"]),
        (&"ok".into(), &true.into()),
        "{repeat}"
    );
    let (missed, told) = (missed(cell), cell["reported_lost"][cause].as_u64().unwrap());
    assert!(missed > 1000, "the loss was not forced: {repeat}");
    assert_eq!(cell["silent_lost"], 0, "{repeat}");
    assert!(told >= missed, "{repeat}");
    // The workload's own forks are in the kernel's count; whoever else forked also may have
    // executed something and ended, and so may some who were there already.
    let own = cell["kinds"]["fork"]["truths"].as_u64().unwrap();
    let others = 3 * made.saturating_sub(own) + 50;
    Some(Lost {
        missed,
        told,
        others,
    })
}

/// What was lost in one cell.
struct Lost {
    missed: u64,
    told: u64,
    /// Events that others can have made meanwhile.
    others: u64,
}

fn exactly(lost: Option<Lost>) {
    let Some(lost) = lost else { return };
    let Lost {
        missed,
        told,
        others,
    } = lost;
    assert!(
        told - missed <= others,
        "{told} were reported lost for {missed}; others made at most {others}"
    );
}

/// Missed of what is offered.
fn missed(cell: &Value) -> u64 {
    let kinds = cell["kinds"].as_object().unwrap().values();
    let offered = kinds.filter(|kind| kind["offered"] == true);
    offered.map(|kind| kind["missed"].as_u64().unwrap()).sum()
}

/// Stops the monitor's process whenever the workload is under it: a cell whose CPU time was stolen
/// is run again, and only its last run counts. How many processes and threads the machine made in
/// that.
fn stop_while_it_works(run: &mut Child, label: &str) -> u64 {
    let (mut last, mut made) = (None, None);
    loop {
        let mut found = None;
        let began = within(60, || {
            let monitor = child(run.id(), "monitor", Some(label));
            found = monitor.zip(child(run.id(), "workload", None));
            found = found.filter(|(_, workload)| Some(*workload) != last);
            found.is_some() || run.try_wait().unwrap().is_some()
        });
        let Some((monitor, workload)) = found else {
            assert!(began && made.is_some(), "no workload began under {label}");
            return made.unwrap();
        };
        made = Some(stop_until_most_is_done(monitor, workload, label));
        last = Some(workload);
    }
}

/// The same for one run of the cell.
fn stop_until_most_is_done(monitor: Pid, workload: Pid, label: &str) -> u64 {
    let before = processes_made();
    kill(monitor, Signal::SIGSTOP).unwrap();
    let most = within(60, || processes_made() - before >= STOPPED);
    kill(monitor, Signal::SIGCONT).unwrap();
    let ended = within(60, || !is_a(workload, "workload", None));
    assert!(most && ended, "the workload under {label} never ended");
    processes_made() - before
}

/// The child of `parent` that is this side of a cell.
fn child(parent: u32, side: &str, label: Option<&str>) -> Option<Pid> {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let of = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let ppid = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split(' ').nth(2));
        ppid.and_then(|ppid| ppid.parse().ok()) == Some(parent)
    };
    pids.find(|pid| of(pid) && is_a(Pid::from_raw(*pid), side, label))
        .map(Pid::from_raw)
}

/// Whether it is a living `harness SIDE LABEL`. What has ended has no command line.
fn is_a(pid: Pid, side: &str, label: Option<&str>) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = line.split(|byte| *byte == 0).collect();
    let has = |place: usize, word: &str| words.get(place) == Some(&word.as_bytes());
    has(1, side) && label.is_none_or(|label| has(2, label))
}

fn processes_made() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("processes "));
    line.unwrap().parse().unwrap()
}
