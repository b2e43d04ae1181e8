//! Nothing fails in silence: each kind of fault that field reports and attacks found, by its number in
//! the names of the tests.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

#[path = "../common/mod.rs"]
mod common;
mod files;
mod flags;
mod limits;
mod lock;
mod output;
mod records;
mod remedies;
mod terminal;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::within;

/// What a command said that has to end within 20 s, for it waits for nothing: a hang is a failure. `(exit
/// code, stdout, stderr)`, -1 for a signal.
#[track_caller]
pub(crate) fn ended(command: &mut Command) -> (i32, String, String) {
    ended_within(20, command)
}

/// The same of one that may have to wait for the lock of this machine.
#[track_caller]
pub(crate) fn ended_within(seconds: u64, command: &mut Command) -> (i32, String, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let read = |mut from: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            from.read_to_end(&mut text).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        })
    };
    let stdout = child.stdout.take().map(|out| read(Box::new(out)));
    let stderr = read(Box::new(child.stderr.take().unwrap()));
    let code = code(&mut child, seconds).unwrap_or_else(|| panic!("it hangs: {command:?}"));
    let stdout = stdout
        .map(|reader| reader.join().unwrap())
        .unwrap_or_default();
    (code, stdout, stderr.join().unwrap())
}

/// Its exit code, -1 for a signal; `None` of one that had to be killed after so long.
pub(crate) fn code(child: &mut Child, seconds: u64) -> Option<i32> {
    let mut status = None;
    let over = within(seconds, || {
        status = child.try_wait().unwrap();
        std::thread::sleep(Duration::from_millis(1));
        status.is_some()
    });
    if !over {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    status.map(|status| status.code().unwrap_or(-1))
}

/// One line, this exit code, and all of `names` in it.
#[track_caller]
pub(crate) fn one_line(said: &(i32, String, String), code: i32, names: &[&str]) {
    let (found, _, stderr) = said;
    assert_eq!(*found, code, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for name in names {
        assert!(stderr.contains(name), "{name}: {stderr}");
    }
}
