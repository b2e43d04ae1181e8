//! Against recorded bytes, and against the kernel.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use contract::{EventLog, Kind, split_argv};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proptest::prelude::*;

use super::Ptrace;
use crate::test_support::{
    self, Forked, of, on_machine_for, takes, wait_to_be_killed, waiting, watch,
};

const RECORDED: &str = "ptrace/sh.spool";

/// `(exit 5); exec /bin/echo 'a b'` in a shell that was there before.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Ptrace, RECORDED);
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        takes(&Ptrace, &bytes);
    }

    #[test]
    fn any_fields_are_taken_or_refused(kind in 0_u8..4, bytes in prop::collection::vec(0_u8..6, 0..60)) {
        takes(&Ptrace, &[&[kind, 1, 0, 0, 0], &bytes[..]].concat());
    }
}

/// A process to follow, and its parent, which ends as it does. Of our own children each wait of ours
/// would be told what the tracer shall be told.
struct Followed {
    parent: Child,
    pid: u32,
}

impl Followed {
    /// A shell that says `begun`.
    fn shell(text: &str) -> Self {
        let nested = ["-c", "/bin/sh -c \"$1\"; exit $?", "parent", text];
        let parent = waiting(Command::new("/bin/sh").args(nested));
        let path = format!("/proc/{0}/task/{0}/children", parent.id());
        let pid = fs::read_to_string(path).unwrap().trim().parse().unwrap();
        Self { parent, pid }
    }

    /// One that does this when its input ends.
    fn then(text: &str) -> Self {
        Self::shell(&format!("echo begun; read x; {text}"))
    }

    /// The value of a line of /proc/PID/status.
    fn status(&self, name: &str) -> String {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap().trim().to_owned()
    }

    #[track_caller]
    fn becomes(&self, name: &str, value: &str) {
        let begun = Instant::now();
        while !self.status(name).starts_with(value) {
            let is = self.status(name);
            assert!(begun.elapsed() < Duration::from_secs(10), "{name} {is}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid.cast_signed()), signal).unwrap();
    }

    fn end(&mut self) -> Option<i32> {
        drop(self.parent.stdin.take());
        self.parent.wait().unwrap().code()
    }

    fn watched<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (EventLog, T) {
        let pid = self.pid.to_string();
        let (journal, counters, _, result) = watch(&Ptrace, &[("pid", &pid)], || work(self));
        let notes = &counters.notes;
        assert_eq!((notes["refused"], notes["unstopped"]), (0, 0));
        assert!(counters.reported_lost.is_empty());
        (journal, result)
    }
}

#[test]
#[ignore = "needs root"]
fn a_family_is_told_with_all_its_fields_and_no_other_process() {
    on_machine_for!(Ptrace);
    let mut shell = Followed::then("(exit 5); /bin/sh -c 'kill -9 $$'; exec /bin/false 'a b'");
    let other = waiting(&mut test_support::shell("other"));
    let pid = shell.pid;
    let (journal, code) = shell.watched(Followed::end);
    test_support::end(other);
    assert_eq!(code, Some(1));
    let forks = journal.events.iter().filter(|one| one.kind == Kind::Fork);
    let forks: Vec<_> = forks.map(|one| one.pid).collect();
    assert_eq!(forks.len(), 2, "{}", test_support::lines(&journal));
    for (fork, ended) in forks.iter().zip([5 << 8, 9]) {
        assert_eq!(of(&journal, Kind::Fork, *fork)[0].ppid, Some(pid));
        assert_eq!(of(&journal, Kind::Exit, *fork)[0].status, Some(ended));
    }
    let execs = of(&journal, Kind::Exec, pid);
    let argv = split_argv(execs[0].argv.unwrap()).collect::<Vec<_>>();
    assert_eq!((execs.len(), argv), (1, vec![&b"/bin/false"[..], b"a b"]));
    let real = fs::canonicalize("/bin/false").unwrap().into_os_string();
    assert_eq!(execs[0].exe, Some(real.as_encoded_bytes()));
    assert_eq!(execs[0].ppid, Some(shell.parent.id()));
    assert_eq!(of(&journal, Kind::Exit, pid)[0].status, Some(1 << 8));
    assert_eq!(journal.events.len(), 7, "{}", test_support::lines(&journal));
}

#[test]
#[ignore = "needs root"]
fn descendants_that_are_there_already_are_followed() {
    on_machine_for!(Ptrace);
    let inner = "/bin/sh -c 'echo begun; read x; (exit 2); exit 3'; exit 4";
    let mut shell = Followed::shell(inner);
    let (journal, code) = shell.watched(Followed::end);
    assert_eq!(code, Some(4));
    let exits = journal.events.iter().filter(|one| one.kind == Kind::Exit);
    let ends: Vec<_> = exits.map(|one| one.fields.status.unwrap() >> 8).collect();
    assert_eq!(ends, [2, 3, 4]);
}

#[test]
#[ignore = "needs root"]
fn signals_arrive() {
    on_machine_for!(Ptrace);
    let wait = "while :; do /bin/sleep 0.01; done";
    let mut shell = Followed::shell(&format!("trap 'exit 7' TERM; echo begun; {wait}"));
    let pid = shell.pid;
    let (journal, code) = shell.watched(|shell| {
        shell.signal(Signal::SIGTERM);
        shell.end()
    });
    assert_eq!(code, Some(7));
    assert_eq!(of(&journal, Kind::Exit, pid)[0].status, Some(7 << 8));
}

#[test]
#[ignore = "needs root"]
fn a_stopped_process_stays_so_until_it_is_continued() {
    on_machine_for!(Ptrace);
    let mut shell = Followed::then("exit 8");
    shell.watched(|shell| {
        shell.signal(Signal::SIGSTOP);
        shell.becomes("State:", "t");
        shell.signal(Signal::SIGCONT);
        shell.becomes("State:", "S");
        shell.signal(Signal::SIGSTOP);
        shell.becomes("State:", "t");
    });
    // Let go, it is still stopped.
    shell.becomes("State:", "T");
    assert_eq!(shell.status("TracerPid:"), "0");
    shell.signal(Signal::SIGCONT);
    assert_eq!(shell.end(), Some(8));
}

#[test]
#[ignore = "needs root"]
fn a_followed_process_lives_on_when_it_is_let_go_and_when_the_tracer_is_killed() {
    on_machine_for!(Ptrace);
    let mut shell = Followed::then("/bin/true; exit 6");
    shell.watched(|shell| assert_ne!(shell.status("TracerPid:"), "0"));
    assert_eq!(shell.status("TracerPid:"), "0");

    let pid = shell.pid.to_string();
    let tracer = Forked::new(|begun| {
        watch(&Ptrace, &[("pid", &pid)], || {
            begun();
            wait_to_be_killed()
        });
    });
    assert_ne!(shell.status("TracerPid:"), "0");
    tracer.kill();
    shell.becomes("TracerPid:", "0");
    assert_eq!(shell.end(), Some(6));
}

#[test]
#[ignore = "needs root"]
fn what_is_recorded_decodes() {
    on_machine_for!(Ptrace);
    let mut shell = Followed::then("(exit 5); exec /bin/echo 'a b' >/dev/null");
    let pid = shell.pid.to_string();
    let (_, _, path, _) = watch(&Ptrace, &[("pid", &pid)], || shell.end());
    test_support::record(&Ptrace, RECORDED, &path, |frame| Some(frame.bytes.to_vec()));
}
