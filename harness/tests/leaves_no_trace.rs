//! SIGINT, SIGTERM and SIGKILL in the middle of a fork bomb: no process, no control group, no
//! audit rule or setting and no listener is left. A monitor that dies costs its own cell only.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::process::{Child, Stdio};

use common::{Traces, cells, harness, measured, measured_as_nobody, scratch, within};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Bombs until it is stopped.
fn bombing(dir: &std::path::Path, monitors: &str) -> Child {
    let out = dir.join("record");
    let mut command = harness();
    command
        .args([
            "run",
            "-m",
            monitors,
            "-w",
            "fork-bomb",
            "--reps",
            "50",
            "--out",
        ])
        .arg(&out);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let bomb = || Traces::now().processes.len() > 10;
    assert!(within(30, bomb), "no fork bomb was seen");
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
        // One dies after the other, from parent to child, and each needs the CPU for it.
        let gone = within(20, || Traces::now().processes == before.processes);
        assert!(gone, "still alive: {:?}", Traces::now().processes);
        assert_ne!(
            Traces::now().cgroups,
            before.cgroups,
            "the test killed too late to show anything"
        );

        let next = scratch();
        let (code, _, stderr) = common::said(&[
            "run",
            "-m",
            "netlink",
            "-w",
            "short-lived/fork",
            "--scale",
            "0.01",
            "--reps",
            "1",
            "--out",
            next.path().join("record").to_str().unwrap(),
        ]);
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
    let watcher = loop {
        if let Some(pid) = monitor_of(child.id(), "audit") {
            break pid;
        }
    };
    kill(Pid::from_raw(watcher as i32), Signal::SIGKILL).unwrap();
    let record = dir.path().join("record");
    let failed = || {
        std::fs::read_dir(record.join("raw"))
            .unwrap()
            .flatten()
            .any(|cell| {
                std::fs::read_to_string(cell.path().join("cell.json"))
                    .is_ok_and(|text| text.contains("\"failed\""))
            })
    };
    assert!(
        within(20, failed),
        "the cell of the dead monitor did not fail"
    );
    let more = || std::fs::read_dir(record.join("raw")).unwrap().count() > 3;
    assert!(within(60, more), "the record did not go on");
    signal(&child, Signal::SIGINT);
    child.wait_with_output().unwrap();
    let next = scratch();
    measured(
        next.path(),
        &[
            "-m",
            "audit",
            "-w",
            "short-lived/fork",
            "--scale",
            "0.01",
            "--reps",
            "1",
        ],
    );
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
        assert_eq!(
            cells(&summary, monitor).len(),
            2,
            "a gap instead of a row: {monitor}"
        );
    }
}

/// These tests look at the whole machine, so one at a time.
fn serial() -> std::sync::MutexGuard<'static, ()> {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    LOCK.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
