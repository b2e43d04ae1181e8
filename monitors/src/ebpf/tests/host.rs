//! A small host for one capture, and the actor that has things happen.

use std::fs::File;
use std::io::{PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use contract::{
    Counters, Decode, EventLog, EventRef, Kind, Options, Result, Session, Spool, SpoolReader,
};
use nix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

use super::super::{AttachMode, OPTIONS, capture, decode::Decoder, requirements};
use crate::test_support::skipped;

/// The modes this machine has, one by one; with a word about what it has not.
pub(super) fn modes() -> Vec<&'static [AttachMode]> {
    let mut modes: Vec<&'static [AttachMode]> = vec![&[AttachMode::BtfAnyThread]];
    if requirements::tells_the_last() {
        modes.push(&[AttachMode::BtfLastThread]);
        if Path::new("/sys/kernel/tracing/events").exists() {
            modes.push(&[AttachMode::Perf]);
        } else {
            skipped("by mode of perf: mount -t tracefs tracefs /sys/kernel/tracing");
        }
    }
    modes
}

/// A running capture.
pub(super) struct Watch {
    stop: PipeWriter,
    thread: JoinHandle<Result<Counters>>,
    dir: TempDir,
}

impl Watch {
    /// Starts one and waits until it is ready.
    pub(super) fn start(ring: &str, modes: &'static [AttachMode]) -> Self {
        Self::with(&[("ring", ring)], modes)
    }

    /// The same with these options.
    pub(super) fn with(given: &[(&str, &str)], modes: &'static [AttachMode]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (stopped, stop) = std::io::pipe().unwrap();
        let (say, ready) = mpsc::channel();
        let options = Options::new("ebpf", OPTIONS, given.iter().copied()).unwrap();
        let path = dir.path().to_owned();
        let thread = std::thread::spawn(move || {
            let cpu = || clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from);
            let mut begun = Duration::ZERO;
            let mut session = Session {
                options: &options,
                dir: &path,
                stop: stopped.as_fd(),
                spool: Spool::new(File::create(path.join("spool"))?)?,
                ready: &mut |_| {
                    begun = cpu()?;
                    Ok(say.send(())?)
                },
            };
            let mut counters = capture(&mut session, modes)?;
            session.spool.flush()?;
            let spent = (cpu()? - begun).as_nanos() as u64;
            counters.notes.insert("reader_cpu_ns".into(), spent);
            Ok(counters)
        });
        if ready.recv().is_err() {
            panic!("{}", thread.join().unwrap().unwrap_err());
        }
        Self { stop, thread, dir }
    }

    /// Stops it; the spool, and what it counted.
    pub(super) fn stop(self) -> (Vec<u8>, Counters) {
        drop(self.stop);
        let counters = self.thread.join().unwrap().unwrap();
        (
            std::fs::read(self.dir.path().join("spool")).unwrap(),
            counters,
        )
    }
}

impl Watch {
    /// Stops it; why it failed.
    pub(super) fn failed(self) -> String {
        drop(self.stop);
        self.thread.join().unwrap().unwrap_err().to_string()
    }
}

/// The events of a spool.
pub(super) fn decode(spool: &[u8]) -> EventLog {
    let mut journal = EventLog::default();
    let mut reader = SpoolReader::new(spool);
    let mut decoder = Decoder::default();
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    assert_eq!(reader.rest(), 0, "the spool is cut off");
    journal
}

/// What is held of `pid`: its events by kind.
pub(super) fn about(journal: &EventLog, pid: u32, kind: Kind) -> Vec<EventRef<'_>> {
    let events = journal.events.iter();
    events
        .filter(|event| event.pid == pid && event.kind == kind)
        .map(|event| journal.report(event))
        .collect()
}

/// Runs `body` under a capture; the events.
pub(super) fn watched<T>(
    modes: &'static [AttachMode],
    body: impl FnOnce() -> T,
) -> (T, EventLog, Counters) {
    let watch = Watch::start("16M", modes);
    let made = body();
    let (spool, counters) = watch.stop();
    (made, decode(&spool), counters)
}

/// One process of the actor's that is over.
pub(super) struct Ran {
    pub(super) pid: u32,
    pub(super) status: i32,
    /// The ids it printed.
    pub(super) ids: Vec<u32>,
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command) -> Ran {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let ids = text.lines().map(|line| line.parse().unwrap()).collect();
    Ran {
        pid,
        status: output.status.into_raw(),
        ids,
    }
}

/// Runs `actor wait` (as made by `command`), and says what /proc named it while it lived.
pub(super) fn named(command: &mut Command, before_exit: impl FnOnce()) -> (u32, PathBuf) {
    let mut name = PathBuf::new();
    let pid = alive(command, |pid| {
        name = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
        before_exit();
    });
    (pid, name)
}

/// Runs `actor wait` (as made by `command`), and looks at it while it lives.
pub(super) fn alive(command: &mut Command, look: impl FnOnce(u32)) -> u32 {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = [0; 6];
    let heard = child.stdout.take().unwrap().read_exact(&mut said);
    assert!(heard.is_ok(), "{command:?} ended: {:?}", child.wait());
    look(child.id());
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
    child.id()
}

/// `actor WHAT`, with a short argv[0].
pub(super) fn act(actor: &Path, what: &str) -> Command {
    let mut command = Command::new(actor);
    command.arg0("a").arg(what);
    command
}
