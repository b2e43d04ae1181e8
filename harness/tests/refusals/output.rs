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
