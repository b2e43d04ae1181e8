//! Kind 16: the lock is waited for in the open, and nothing of another user is opened.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::{copy_of_harness, harness, scratch};
use crate::{code, ended, one_line};

/// A run that waits, and what it said of that.
fn waiting(args: &[&str]) -> (Child, String) {
    let mut child = harness().args(args).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, line)
}

#[test]
fn kind_16_who_is_waited_for_is_said_and_signals_end_the_wait() {
    let dir = scratch();
    let record = dir.path().join("record");
    let out = record.to_str().unwrap();
    let _held = monitors::host_lock::lock().unwrap();
    let holder = format!("waiting for process {} (", std::process::id());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        for args in [
            &["run", "-m", "replay", "--out", out][..],
            &["watch", "procfs"],
        ] {
            let (mut child, line) = waiting(args);
            assert!(line.contains(&holder), "{args:?}: {line}");
            kill(Pid::from_raw(child.id() as i32), signal).unwrap();
            assert_eq!(code(&mut child, 10), Some(1), "{args:?}: {signal}");
            assert!(
                !record.exists(),
                "nothing is left of a run that did not begin"
            );
        }
    }
}

#[test]
fn kind_16_no_command_waits_longer_than_it_is_told_to() {
    let dir = scratch();
    let _held = monitors::host_lock::lock().unwrap();
    for args in [
        "gate --update -m replay --baseline gate.json --out record",
        "run -m replay -w paced$ --reps 1 --out record",
        "sweep -m replay --out record",
        "watch procfs",
        "selftest",
    ] {
        let mut command = harness();
        command.current_dir(dir.path()).args(args.split(' '));
        let (code, _, stderr) = ended(command.args(["--wait", "1s"]));
        assert_eq!(code, 3, "{args}: {stderr}");
        let last = stderr.lines().last().unwrap();
        let told = last.contains("for 1 s") && last.contains("--wait");
        assert!(told, "{args}: {stderr}");
        assert!(!dir.path().join("record").exists(), "{args}");
    }
}

#[test]
fn kind_16_no_other_user_can_hold_the_lock() {
    let lock = monitors::host_lock::lock().unwrap();
    let mode = lock.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    // One that an earlier version made.
    lock.set_permissions(fs::Permissions::from_mode(0o644))
        .unwrap();
    drop(lock);
    let again = monitors::host_lock::lock().unwrap();
    assert_eq!(again.metadata().unwrap().permissions().mode() & 0o077, 0);
}

/// The folder of a plain user has a name that any other can foretell.
#[test]
#[ignore = "needs root"]
fn kind_16_a_folder_that_another_user_made_is_refused() {
    let dir = scratch();
    let copy = copy_of_harness(dir.path());
    let user = 64_998;
    let state = dir.path().join(format!("rollcall-{user}"));
    let refused = |why: &str| {
        let mut run = Command::new(&copy);
        run.args([
            "run",
            "-m",
            "replay",
            "-w",
            "paced${count=20}",
            "--reps",
            "1",
            "--out",
        ]);
        run.arg(dir.path().join("record")).env("TMPDIR", dir.path());
        one_line(
            &ended(run.uid(user).gid(user)),
            1,
            &[state.to_str().unwrap(), why, "TMPDIR"],
        );
    };
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    refused("belongs to user 0");
    fs::remove_dir(&state).unwrap();
    symlink("/tmp", &state).unwrap();
    refused("is no folder");
}
