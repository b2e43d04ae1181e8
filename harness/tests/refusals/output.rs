//! Kind 5: output that is lost is an error; a reader that has seen enough is none.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use crate::common::{harness, scratch};
use crate::{code, one_line};

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn kind_5_a_full_disk_is_an_error_of_every_command_that_prints() {
    let dir = scratch();
    for args in [
        &["list"][..],
        &["--help"],
        &["run", "--help"],
        &["--version"],
        &["doctor"],
        &["completions", "bash"],
        &[
            "advise",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/plain"),
        ],
        &[
            "report",
            "--brief",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/plain"),
        ],
    ] {
        let out = harness()
            .args(args)
            .current_dir(dir.path())
            .stdout(full())
            .output()
            .unwrap();
        let stderr = String::from_utf8(out.stderr).unwrap();
        let said = (out.status.code().unwrap_or(-1), String::new(), stderr);
        one_line(
            &said,
            1,
            &["stdout: cannot be written", "No space left on device"],
        );
    }
}

#[test]
fn kind_5_a_reader_that_has_seen_enough_is_no_error() {
    for args in [&["list"][..], &["--help"], &["completions", "bash"]] {
        let mut child = harness()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let found = code(&mut child, 20);
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!((found, stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

/// Runs a script with the harness as its first word; `(exit code, stdout, stderr)`.
fn shell(script: &str) -> (i32, String, String) {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, "sh", crate::common::BINARY]);
    crate::ended(&mut command)
}

/// What std opens in its place takes everything and keeps nothing.
#[test]
fn kind_5_a_closed_stdout_is_an_error_before_anything_is_done() {
    for args in [
        "list",
        "doctor",
        "watch null",
        "advise .",
        "run -m replay --out /nonexistent/x",
    ] {
        let told = shell(&format!("\"$1\" {args} >&-"));
        one_line(&told, 2, &["stdout is closed", "/dev/null"]);
    }
    one_line(
        &shell("\"$1\" --help >&-"),
        1,
        &["stdout: cannot be written", "closed"],
    );
    // Nothing is said to a closed stderr, and nothing is read from a closed stdin.
    assert_eq!(shell("\"$1\" advise /nonexistent 2>&-").0, 2);
    assert_eq!(shell("\"$1\" list <&- >/dev/null").0, 0);
}

/// Opening a FIFO would wait for its reader.
#[test]
fn kind_18_no_report_of_a_gate_goes_into_what_is_no_file() {
    let dir = scratch();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let record = concat!(env!("CARGO_MANIFEST_DIR"), "/../results/reference");
    nix::unistd::mkfifo(path("fifo").as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut update = harness();
    update
        .args(["gate", "--update", record, "--baseline"])
        .arg(path("gate.json"));
    assert_eq!(crate::ended(&mut update).0, 0);
    for (flag, what) in [
        ("--junit", "fifo"),
        ("--markdown", "fifo"),
        ("--junit", "."),
        ("--markdown", "."),
    ] {
        let mut gate = harness();
        gate.args(["gate", record, "--baseline"])
            .arg(path("gate.json"))
            .arg(flag)
            .arg(path(what));
        let (code, _, stderr) = crate::ended(&mut gate);
        assert_eq!(code, 1, "{flag} {what}: {stderr}");
        let last = stderr.lines().last().unwrap();
        assert!(
            last.contains("not a regular file") && last.ends_with("name another place"),
            "{stderr}"
        );
    }
    let mut compare = harness();
    compare
        .args(["compare", record, record, "--out"])
        .arg(path("fifo"));
    one_line(
        &crate::ended(&mut compare),
        1,
        &["not a regular file", "name another place"],
    );
}
