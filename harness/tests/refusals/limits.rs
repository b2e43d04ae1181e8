//! Kind 17: no input and no limit ends the harness in a panic or without a word.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};

use crate::common::{copy_of_harness, harness, scratch};
use crate::{ended, ended_within, one_line};

/// No name, no UTF-8.
fn broken(prefix: &str) -> Vec<u8> {
    [prefix.as_bytes(), b"\xff\xfe"].concat()
}

/// The command, under a limit.
fn limited(command: &mut Command, what: Resource, limit: u64) -> &mut Command {
    let set = move || setrlimit(what, limit, limit).map_err(Into::into);
    // SAFETY: only setrlimit is called between fork and exec.
    unsafe { command.pre_exec(set) }
}

#[test]
fn kind_17_arguments_need_not_be_utf_8() {
    for args in [
        &["\u{1}"][..],
        &["run", "\u{1}"],
        &["run", "-m", "\u{1}"],
        &["run", "-w", "\u{1}"],
        &["watch", "\u{1}"],
        &["watch", "null", "--user", "\u{1}"],
        &["watch", "null", "--exe", "\u{1}"],
        &["report", "\u{1}"],
        &["advise", "\u{1}"],
        &["compare", "\u{1}", "\u{1}"],
        &["score", "\u{1}"],
        &["gate", "--baseline", "\u{1}"],
        &["run", "--tools", "\u{1}"],
    ] {
        let bytes = args.iter().map(|arg| match *arg {
            "\u{1}" => broken("no"),
            other => other.as_bytes().to_vec(),
        });
        let mut command = harness();
        bytes.for_each(|arg| {
            command.arg(OsStr::from_bytes(&arg));
        });
        one_line(&ended(&mut command), 2, &["harness: "]);
    }
}

#[test]
fn kind_17_a_record_may_have_any_name() {
    let dir = scratch();
    let out = dir.path().join(OsStr::from_bytes(&broken("record")));
    let mut run = harness();
    run.args([
        "run",
        "-m",
        "replay",
        "-w",
        "paced${count=50}",
        "--reps",
        "1",
    ]);
    let (code, _, stderr) = ended_within(300, run.arg("--out").arg(&out));
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(out.join("record.json")).unwrap();
    assert!(text.contains("record\u{fffd}\u{fffd}"), "{text}");
}

#[test]
fn kind_17_a_file_that_may_not_grow_is_an_error() {
    let dir = scratch();
    let short = fs::File::create(dir.path().join("short")).unwrap();
    let mut list = harness();
    let out = limited(&mut list, Resource::RLIMIT_FSIZE, 100)
        .arg("list")
        .stdout(short)
        .output();
    let out = out.unwrap();
    let stderr = String::from_utf8(out.stderr).unwrap();
    let said = (out.status.code().unwrap_or(-1), String::new(), stderr);
    one_line(&said, 1, &["stdout: cannot be written", "File too large"]);
    assert_eq!(fs::metadata(dir.path().join("short")).unwrap().len(), 100);
}

/// Both sides of a cell and the harness itself are under it; it is not known which meets it first.
#[test]
fn kind_17_a_run_whose_files_may_not_grow_says_so() {
    let dir = scratch();
    let record = dir.path().join("record");
    let mut run = harness();
    run.args([
        "run",
        "-m",
        "replay",
        "-w",
        "paced${count=2000}",
        "--reps",
        "1",
        "--out",
    ]);
    let run = limited(run.arg(&record), Resource::RLIMIT_FSIZE, 40_000);
    let (code, _, stderr) = ended_within(300, run);
    assert_eq!(code, 1, "{stderr}");
    let rows = fs::read_to_string(record.join("summary.json")).unwrap_or_default();
    let all = stderr + &rows;
    assert!(all.contains("File too large"), "{all}");
    for bad in ["signal 25", "RUST_BACKTRACE", "panicked"] {
        assert!(!all.contains(bad), "{bad}: {all}");
    }
}

/// The same user has this one process, so that no thread can be had.
#[test]
#[ignore = "needs root"]
fn kind_17_no_thread_to_be_had_is_one_line() {
    let dir = scratch();
    let copy = copy_of_harness(dir.path());
    let user = 64_999;
    let alone = |args: &[&str]| {
        let mut command = Command::new(&copy);
        command
            .args(args)
            .arg(dir.path())
            .uid(user)
            .gid(user)
            .env("TMPDIR", dir.path());
        limited(&mut command, Resource::RLIMIT_NPROC, 1);
        ended(&mut command)
    };
    let said = alone(&["monitor", "null", "--dir"]);
    one_line(
        &said,
        1,
        &["a thread cannot be started", "raise the limit on processes"],
    );
    assert!(Path::new(&copy).exists());
}
