//! A sustained cell whose reader does not keep up: stopped through the whole workload, or held to a few
//! per cent of a CPU. The loss is found, reported, and explained by the technique's own counters to the last event.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::common::{scratch, within};
use super::quota::Quota;
use super::run::{Run, missed};
use super::sides;

/// With `--reps 1` three overhead cells come before the sustained one: a block of two null cells and
/// the monitor's.
const SUSTAINED: &str = "/00003-";

#[test]
#[ignore = "needs root"]
fn a_stopped_netlink_reader_is_found() {
    stopped("netlink");
}

#[test]
#[ignore = "needs root"]
fn a_stopped_ebpf_reader_is_found() {
    stopped("ebpf");
}

/// Without `wait` the system calls would wait for the reader, and nothing would be lost.
#[test]
#[ignore = "needs root"]
fn a_stopped_audit_reader_is_found() {
    stopped("audit{wait=0}");
}

#[test]
#[ignore = "needs root"]
fn a_stopped_preload_reader_is_found() {
    stopped("preload");
}

#[test]
#[ignore = "needs root"]
fn a_starved_netlink_reader_is_found() {
    starved("netlink{rcvbuf=64k}", 3);
}

#[test]
#[ignore = "needs root"]
fn a_starved_ebpf_reader_is_found() {
    // At 3 % it keeps up: an event costs it some 1.4 us.
    starved("ebpf{ring=4k}", 1);
}

#[test]
#[ignore = "needs root"]
fn a_starved_audit_reader_is_found() {
    starved("audit{backlog=64,rcvbuf=64k,wait=0}", 3);
}

#[test]
#[ignore = "needs root"]
fn a_starved_preload_reader_is_found() {
    // At 3 % it keeps up where the machine is busy and events come slower: one costs it 1.1 to 1.9 us.
    starved("preload{ring=16k}", 1);
}

/// The buffer is the one that the experiment chooses: a smaller one, which a fifth of the load fills.
fn stopped(label: &str) {
    found(label, |monitor, over| {
        kill(monitor, Signal::SIGSTOP).unwrap();
        let ended = within(120, over);
        kill(monitor, Signal::SIGCONT).unwrap();
        ended
    });
}

/// The buffer holds less than comes in the 97 or 99 of 100 ms in which the reader does not run.
fn starved(label: &str, percent: u32) {
    let Some(quota) = Quota::new("rollcall-starved", percent) else {
        println!("skipped: this machine has no CPU quota for control groups");
        return;
    };
    found(label, |monitor, over| {
        fs::write(quota.door(), monitor.to_string()).unwrap();
        let ended = within(120, over);
        fs::write(quota.way_out(), monitor.to_string()).unwrap();
        ended
    });
}

/// Runs the experiments with a reader that `hold` keeps from reading until the workload of the sustained
/// cell is over.
fn found(label: &str, hold: impl FnOnce(Pid, &mut dyn FnMut() -> bool) -> bool) {
    let dir = scratch();
    let Some(mut run) = Run::start(dir.path(), label, "fork-bomb") else {
        return;
    };
    let mut both = None;
    let began = within(120, || {
        both = sides::of(run.id(), SUSTAINED);
        both.is_some() || run.is_over()
    });
    let (monitor, workload) = both.expect("no sustained cell began");
    let mut over = || !sides::is_side(workload, "workload", SUSTAINED);
    assert!(
        began && hold(monitor, &mut over),
        "the workload never ended"
    );
    let summary = run.summary();
    let cells = summary["cells"].as_array().unwrap();
    let cell = cells
        .iter()
        .find(|cell| cell["experiment"] == "loss")
        .unwrap();
    let lost = cell["reported_lost"].as_object().unwrap();
    let reported: u64 = lost.values().filter_map(Value::as_u64).sum();
    println!(
        "{}: missed {}, reported {lost:?}",
        cell["configuration"],
        missed(cell)
    );
    assert_eq!(cell["status"], "ok", "{cell:#}");
    assert_eq!(cell["drained"], true, "{cell:#}");
    assert!(missed(cell) > 0, "the loss was not found: {cell:#}");
    assert_eq!(cell["silent_lost"], 0, "{cell:#}");
    assert!(reported >= missed(cell), "{cell:#}");
    assert!(cell["buffer"]["peak"].as_u64() > Some(0), "{cell:#}");
    // All that was missed is told of the configuration that was asked for: what counts, and apart from it
    // what was missed in overhead cells, or under a smaller buffer before its own was measured.
    let comparison = summary["comparison"].as_array().unwrap();
    let own = comparison.iter().find(|one| one["configuration"] == label);
    let own = own.unwrap();
    let all: u64 = cells.iter().map(missed).sum();
    let elsewhere = own["missed_elsewhere"].as_u64().unwrap();
    assert_eq!(all, missed_in(&own["loss"]) + elsewhere, "{own:#}");
    assert_eq!(own["silent_lost"], 0, "{own:#}");
}

/// Missed of all kinds of a comparison.
fn missed_in(loss: &Value) -> u64 {
    let kinds = loss.as_object().unwrap().values();
    kinds.map(|kind| kind["missed"].as_u64().unwrap()).sum()
}
