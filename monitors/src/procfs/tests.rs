//! Against recorded bytes, and against /proc.

use std::process::{Child, Command};

use contract::{Kind, split_argv};
use proptest::prelude::*;

use super::Procfs;
use super::scan::Scan;
use crate::test_support::{self, of, takes, waiting};

const RECORDED: &str = "procfs/sh.spool";

#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Procfs, RECORDED);
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(0_u8..8, 0..200)) {
        takes(&Procfs, &bytes);
    }
}

/// Looks when it is told to.
struct Looks {
    look: Scan,
    spool: contract::Spool,
    path: std::path::PathBuf,
    _dir: tempfile::TempDir,
}

impl Looks {
    fn begin() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let spool = contract::Spool::new(std::fs::File::create(&path).unwrap()).unwrap();
        Self {
            look: Scan::first(false).unwrap(),
            spool,
            path,
            _dir: dir,
        }
    }

    fn again(&mut self) {
        self.look.again(&mut self.spool).unwrap();
        self.spool.flush().unwrap();
    }

    fn journal(&self) -> contract::EventLog {
        test_support::decoded(&Procfs, std::fs::File::open(&self.path).unwrap())
    }
}

/// A shell that executes itself once more with the same arguments, as often as it is told to.
fn again_and_again() -> Child {
    let script = "echo begun; read x || exit 3; exec /bin/sh -c \"$0\" \"$0\"";
    waiting(Command::new("/bin/sh").args(["-c", script, script]))
}

/// Lets it execute itself, and waits until it has.
fn once_more(child: &mut Child) {
    use std::io::{BufRead, BufReader, Write};
    writeln!(child.stdin.as_mut().unwrap(), "go").unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.as_mut().unwrap());
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "begun\n");
}

#[test]
fn what_lives_from_look_to_look_is_told_once_each() {
    let mut looks = Looks::begin();
    let mut child = again_and_again();
    let pid = child.id();
    looks.again();
    looks.again();
    once_more(&mut child);
    looks.again();
    drop(child.stdin.take());
    let pid_of = nix::unistd::Pid::from_raw(pid.cast_signed());
    let ended = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
    nix::sys::wait::waitid(nix::sys::wait::Id::Pid(pid_of), ended).unwrap();
    looks.again();
    child.wait().unwrap();
    looks.again();
    let journal = looks.journal();
    let told = Kind::ALL.map(|kind| of(&journal, kind, pid));
    assert_eq!(
        told.each_ref().map(Vec::len),
        [1, 2, 1],
        "{}",
        test_support::lines(&journal)
    );
    assert_eq!(told[0][0].ppid, Some(std::process::id()));
    for exec in &told[1] {
        assert_eq!(split_argv(exec.argv.unwrap()).count(), 4);
        assert!(exec.exe.is_some());
    }
}

#[test]
fn what_comes_and_goes_between_two_looks_is_not_seen() {
    let mut looks = Looks::begin();
    let mut child = Command::new("/bin/true").spawn().unwrap();
    child.wait().unwrap();
    looks.again();
    let journal = looks.journal();
    assert!(!journal.events.iter().any(|event| event.pid == child.id()));
}

#[test]
fn what_only_waits_to_be_waited_for_has_ended() {
    let mut looks = Looks::begin();
    let mut child = Command::new("/bin/true").spawn().unwrap();
    let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let ended = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
    nix::sys::wait::waitid(nix::sys::wait::Id::Pid(pid), ended).unwrap();
    looks.again();
    let journal = looks.journal();
    let told = Kind::ALL.map(|kind| of(&journal, kind, child.id()));
    child.wait().unwrap();
    assert_eq!(told.each_ref().map(Vec::len), [1, 1, 1]);
    // Its memory is gone.
    assert_eq!((told[1][0].exe, told[1][0].argv), (None, None));
}

#[test]
fn what_is_recorded_decodes() {
    let mut looks = Looks::begin();
    let mut child = again_and_again();
    looks.again();
    once_more(&mut child);
    looks.again();
    let pid = child.id();
    drop(child.stdin.take());
    child.wait().unwrap();
    looks.again();
    test_support::record(&Procfs, RECORDED, &looks.path, |frame| {
        let own = frame.bytes[1..5] == pid.to_le_bytes();
        own.then(|| frame.bytes.to_vec())
    });
}
