//! SIGINT, SIGTERM and SIGKILL during a fork bomb: no process, no control group, no audit rule or
//! setting and no listener is left. A monitor that dies fails its own cell only.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::{Child, Stdio};

use common::{
    Traces, cells, harness, measured, measured_as_nobody, scratch, within, workload_processes,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A run whose fork bomb has begun.
fn bombing(dir: &Path, monitors: &str) -> Child {
    let out = dir.join("record");
    let args = [
        "run",
        "-m",
        monitors,
        "-w",
        "fork-bomb",
        "--reps",
        "50",
        "--out",
    ];
    let child = harness()
        .args(args)
        .arg(&out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let bomb = || workload_processes(child.id()) > 10;
    assert!(within(60, bomb), "no fork bomb has begun");
    child
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
}

#[test]
#[ignore = "needs root"]
fn a_stopped_run_leaves_nothing() {
    let _alone = serial();
    let audit = monitors::audit::State::now().unwrap();
    for (stop, monitors) in [
        (Signal::SIGINT, "audit"),
        (Signal::SIGTERM, "netlink|ebpf|preload|ptrace"),
    ] {
        let before = Traces::now();
        let dir = scratch();
        let child = bombing(dir.path(), monitors);
        signal(&child, stop);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("stopped by signal"), "{stderr}");
        assert_eq!(Traces::now(), before, "{stop}");
        assert_eq!(monitors::audit::State::now().unwrap(), audit, "{stop}");
    }
}

#[test]
#[ignore = "needs root"]
fn a_killed_run_leaves_nothing_alive_and_the_next_puts_the_rest_back() {
    let _alone = serial();
    let audit = monitors::audit::State::now().unwrap();
    for monitors in ["audit", "netlink|ebpf|preload", "ptrace"] {
        let before = Traces::now();
        let dir = scratch();
        let mut child = bombing(dir.path(), monitors);
        signal(&child, Signal::SIGKILL);
        child.wait().unwrap();
        // They die one after the other, from parent to child, and each needs the CPU for it.
        let gone = within(20, || Traces::now().processes == before.processes);
        assert!(gone, "still alive: {:?}", Traces::now().processes);
        let left = Traces::now().cgroups;
        assert_ne!(
            left, before.cgroups,
            "it was killed too late to show anything"
        );
        let next = scratch();
        let out = next.path().join("record");
        let args = [
            "run",
            "-m",
            "preload",
            "-w",
            "short-lived/fork",
            "--scale",
            "0.01",
        ];
        let args = [&args[..], &["--reps", "1", "--out", out.to_str().unwrap()]].concat();
        let (code, _, stderr) = common::said(&args);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("put back: "), "{stderr}");
        assert_eq!(Traces::now(), before);
        assert_eq!(monitors::audit::State::now().unwrap(), audit);
    }
}

#[test]
#[ignore = "needs root"]
fn a_killed_monitor_is_put_right_by_the_next_start() {
    let _alone = serial();
    let audit = monitors::audit::State::now().unwrap();
    let dir = scratch();
    let child = bombing(dir.path(), "audit");
    let mut monitor = None;
    let found = within(20, || {
        monitor = monitor_of(child.id(), "audit");
        monitor.is_some()
    });
    assert!(found, "no cell under audit began");
    kill(Pid::from_raw(monitor.unwrap() as i32), Signal::SIGKILL).unwrap();
    let record = dir.path().join("record");
    let cells = || std::fs::read_dir(record.join("raw")).unwrap().flatten();
    let has_failed = |cell: &Path| {
        let text = std::fs::read_to_string(cell.join("cell.json"));
        text.is_ok_and(|text| text.contains("\"failed\""))
    };
    let one_failed = || cells().any(|cell| has_failed(&cell.path()));
    assert!(
        within(20, one_failed),
        "the cell of the dead monitor did not fail"
    );
    assert!(within(60, || cells().count() > 3), "the run did not go on");
    signal(&child, Signal::SIGINT);
    child.wait_with_output().unwrap();
    let next = scratch();
    let args = [
        "-m",
        "audit",
        "-w",
        "short-lived/fork",
        "--scale",
        "0.01",
        "--reps",
        "1",
    ];
    measured(next.path(), &args);
    assert_eq!(monitors::audit::State::now().unwrap(), audit);
}

/// The pid of `harness monitor NAME`, a child of `parent`.
fn monitor_of(parent: u32, name: &str) -> Option<u32> {
    let children =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .find(|pid: &u32| {
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words: Vec<_> = words.split(|&byte| byte == 0).collect();
            words.get(1..3) == Some(&[b"monitor", name.as_bytes()])
        })
}

#[test]
#[ignore = "needs root"]
fn without_root_preload_is_measured_and_the_rest_are_rows() {
    let _alone = serial();
    let dir = scratch();
    let load = ["-w", "short-lived/fork|fork-bomb", "--scale", "0.05"];
    let (summary, _) = measured_as_nobody(dir.path(), &load);
    for cell in cells(&summary, "preload") {
        assert_eq!(cell["status"], "ok", "{cell:#}");
    }
    for monitor in ["netlink", "audit", "ebpf"] {
        for cell in cells(&summary, monitor) {
            assert_eq!(cell["status"], "unavailable", "{cell:#}");
            assert!(cell["error"].as_str().unwrap().contains("root"), "{cell:#}");
        }
        assert_eq!(cells(&summary, monitor).len(), 2, "{monitor} has no row");
    }
}

/// These tests look at the whole machine, so they run one at a time.
fn serial() -> std::sync::MutexGuard<'static, ()> {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    LOCK.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
