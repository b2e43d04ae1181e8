//! A watch that runs, and what it says and writes.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use contract::Kind;
use monitors::event_json::{self, EventLine};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::common::harness;

/// A watch that is ready, and the lines it writes to stderr from then on.
pub(crate) struct Watch {
    pub(crate) child: Child,
    pub(crate) stderr: Receiver<String>,
}

impl Watch {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::onto(args, Stdio::piped())
    }

    /// One that writes to `stdout`.
    pub(crate) fn onto(args: &[&str], stdout: Stdio) -> Self {
        Self::by(&mut harness(), args, stdout)
    }

    /// One that is started in a way of its own.
    pub(crate) fn by(command: &mut Command, args: &[&str], stdout: Stdio) -> Self {
        let mut child = command
            .arg("watch")
            .args(args)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = lines(child.stderr.take().unwrap());
        let mut before: Vec<String> = Vec::new();
        while !before.iter().any(|line| line.contains("watching with")) {
            match stderr.recv() {
                Ok(line) => before.push(line),
                Err(_) => panic!("harness watch {}: {before:?}", args.join(" ")),
            }
        }
        Self { child, stderr }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Its exit code and the rest of stderr.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let lines: Vec<_> = self.stderr.iter().collect();
        (status.code(), lines.join("\n"))
    }
}

fn lines(stderr: ChildStderr) -> Receiver<String> {
    let (sender, received) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    received
}

/// The events of a watch as they come.
pub(crate) fn events(stdout: impl Read + Send + 'static) -> Receiver<EventLine> {
    let (sender, events) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let event = event_json::read(&line).unwrap_or_else(|why| panic!("{why}: {line:?}"));
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    events
}

/// All events until each of `expected` has come, in whatever order: audit records a fork when the call
/// returns to the parent, and a child of vfork may have ended by then.
pub(crate) fn until(
    mut expected: HashSet<(Kind, u32)>,
    events: &Receiver<EventLine>,
) -> Vec<EventLine> {
    let mut all = Vec::new();
    while !expected.is_empty() {
        let next = events.recv_timeout(Duration::from_secs(20));
        let next = next.unwrap_or_else(|_| panic!("{expected:?} not among {all:#?}"));
        expected.remove(&(next.kind, next.pid));
        all.push(next);
    }
    all
}

/// An event of each of these kinds for each of these processes.
pub(crate) fn each(kinds: &[Kind], pids: &[u32]) -> HashSet<(Kind, u32)> {
    let of = |pid: &u32| kinds.iter().map(|kind| (*kind, *pid)).collect::<Vec<_>>();
    pids.iter().flat_map(of).collect()
}

/// Starts `count` programs one after the other; their pids.
pub(crate) fn programs(count: usize, env: &[(String, String)]) -> Vec<u32> {
    let one = |number: usize| {
        let mut command = Command::new("/bin/true");
        let mut child = command
            .args([number.to_string(), "a \"b\"\n\u{202e}".into()])
            .arg(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff\\"))
            .envs(env.iter().cloned())
            .spawn()
            .unwrap();
        child.wait().unwrap();
        child.id()
    };
    (0..count).map(one).collect()
}

/// These tests look at the whole machine, so they run one at a time.
pub(crate) fn serial() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}
