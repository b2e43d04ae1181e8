//! A capture to test, a program with things to see, and what of it must be seen.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{PipeWriter, pipe};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use contract::{Counters, EventLog, Kind, Monitor, Options, Session, Spool, SpoolReader};

use super::super::wire::{Control, Status};
use super::super::{Audit, OPTIONS, rules, wire};
use crate::test_support::{recording, testdata};

pub(super) fn options(given: &[(&'static str, &'static str)]) -> Options {
    Options::new("audit", OPTIONS, given.iter().copied()).unwrap()
}

/// Everything that must be as it was; counters are not.
pub(super) fn state() -> (Status, Vec<rules::Rule>) {
    let mut control = Control::open().unwrap();
    let mut status = control.status().unwrap();
    (status.lost, status.backlog, status.backlog_wait_time_actual) = (0, 0, 0);
    (status, control.rules().unwrap())
}

/// A capture in a thread of this process.
pub(super) struct Running {
    stop: PipeWriter,
    pub(super) thread: JoinHandle<contract::Result<Counters>>,
    spool: PathBuf,
}

pub(super) fn start(dir: &Path, options: Options) -> Running {
    let (ready, wait) = mpsc::channel();
    let (stopped, stop) = pipe().unwrap();
    let spool = dir.join("spool");
    let (path, dir) = (spool.clone(), dir.to_owned());
    let thread = std::thread::spawn(move || {
        let spool = Spool::new(File::create(path).unwrap()).unwrap();
        let mut session = Session {
            options: &options,
            dir: &dir,
            stop: stopped.as_fd(),
            spool,
            ready: &mut |_| Ok(ready.send(())?),
        };
        Audit.capture(&mut session)
    });
    wait.recv().expect("capture ends before it is ready");
    Running {
        stop,
        thread,
        spool,
    }
}

impl Running {
    pub(super) fn stop(self) -> (Counters, EventLog) {
        drop(self.stop);
        let counters = self.thread.join().unwrap().unwrap();
        (counters, decode(&self.spool))
    }

    /// What ends it before it is stopped.
    pub(super) fn error(self) -> String {
        let ended = self.thread.join().unwrap();
        drop(self.stop);
        ended.unwrap_err().to_string()
    }
}

pub(super) fn decode(spool: &Path) -> EventLog {
    let mut reader = SpoolReader::new(File::open(spool).unwrap());
    let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    decoder.finish(&mut journal);
    assert_eq!(reader.rest(), 0);
    journal
}

pub(super) fn compile(dir: &Path) -> PathBuf {
    let program = dir.join("forkers");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/audit/forkers.c");
    let mut cc = Command::new("cc");
    cc.arg("-O1").arg("-pthread").arg(source);
    let done = cc.arg("-o").arg(&program).status().unwrap();
    assert!(done.success());
    program
}

/// Runs the program; the lines it prints, and its own pid.
pub(super) fn events(program: &Path, words: &[&str]) -> (u32, Vec<(String, u32, u32)>) {
    let mut command = Command::new(program);
    command.args(words).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (pid, lines(std::str::from_utf8(&output.stdout).unwrap()))
}

/// Kind, pid, and parent or status.
pub(super) fn lines(text: &str) -> Vec<(String, u32, u32)> {
    let line = |line: &str| {
        let mut words = line.split(' ');
        let kind = words.next().unwrap().to_owned();
        let mut number = || words.next().map_or(0, |word| word.parse().unwrap());
        (kind, number(), number())
    };
    text.lines().map(line).collect()
}

/// Each line was reported once, and nothing about the program's processes or threads besides.
pub(super) fn agree(journal: &EventLog, root: u32, lines: &[(String, u32, u32)]) {
    let mut due: HashMap<(Kind, u32, u32), i32> = HashMap::new();
    let mut pids = vec![];
    for (kind, pid, number) in lines {
        pids.push(*pid);
        if let Ok(kind) = kind.parse() {
            *due.entry((kind, *pid, *number)).or_default() += 1;
        }
    }
    for event in &journal.events {
        let about = pids.contains(&event.pid) || event.fields.ppid == Some(root);
        let number = match event.kind {
            Kind::Fork => event.fields.ppid.unwrap_or_default(),
            // Where the status cannot be known the program says 0.
            Kind::Exit => event.fields.status.unwrap_or_default() as u32,
            Kind::Exec => continue,
        };
        if about && event.pid != root {
            *due.entry((event.kind, event.pid, number)).or_default() -= 1;
        }
    }
    due.retain(|_, count| *count != 0);
    assert!(
        due.is_empty(),
        "missed (above 0) or false positives: {due:?}"
    );
}

/// One exec, as the text file beside recorded bytes has it.
pub(super) fn exec_line(pid: u32, exe: &[u8], argv: &[u8]) -> String {
    format!(
        "exec {pid} {} {}\n",
        exe.escape_ascii(),
        argv.escape_ascii()
    )
}

/// Where recorded bytes are written anew: keeps what the kernel said of these processes, and beside
/// it the truth, for the tests that need no root.
pub(super) fn keep(name: &str, from: &Path, pids: &HashSet<u32>, truth: &str) {
    if !recording() {
        return;
    }
    let to = testdata("audit").join(name);
    std::fs::write(to.with_extension("txt"), truth).unwrap();
    let mut spool = Spool::new(File::create(to.with_extension("spool")).unwrap()).unwrap();
    let mut reader = SpoolReader::new(File::open(from.join("spool")).unwrap());
    let mut serials = HashSet::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        let (kind, payload) = wire::split(frame.bytes).unwrap();
        let ours = match (kind, super::super::record::split(payload)) {
            (1300, Ok((head, text))) => {
                let call = super::super::record::syscall(text).unwrap();
                pids.contains(&call.pid) && serials.insert(head.serial)
            }
            (1309, Ok((head, _))) => serials.contains(&head.serial),
            (1701, Ok((_, text))) => {
                let pid = super::super::record::fields(text).find(|(name, _)| *name == b"pid");
                let pid = std::str::from_utf8(pid.unwrap().1).unwrap();
                pids.contains(&pid.parse().unwrap())
            }
            (kind, _) => kind == super::super::wire::OFFSET,
        };
        if ours {
            spool.write(frame.received, frame.bytes).unwrap();
        }
    }
    spool.flush().unwrap();
}
