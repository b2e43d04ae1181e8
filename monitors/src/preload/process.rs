//! What the decoder knows of one process, and what of it is still held back.

use contract::{Cut, EventLog, EventRef, Kind, Nanos, Pid};

use super::layout::{ARGV, ARGV_CUT, EXE, EXE_CUT, Record};

/// What a record said beside its kind, without borrowing from the frame.
#[derive(Clone, Debug)]
pub(super) struct HookRecord {
    pub(super) tid: u32,
    pub(super) happened: Nanos,
    pub(super) received: Nanos,
    pub(super) ppid: u32,
    pub(super) flags: u8,
    pub(super) exe_bytes: usize,
    pub(super) data: Vec<u8>,
}

impl HookRecord {
    pub(super) fn new(record: &Record<'_>, received: Nanos) -> Self {
        Self {
            tid: record.tid,
            happened: record.happened,
            received,
            ppid: record.ppid,
            flags: record.flags,
            exe_bytes: record.exe_bytes.into(),
            data: record.data.to_vec(),
        }
    }

    pub(super) fn exe(&self) -> Option<&[u8]> {
        let exe = &self.data[..self.exe_bytes.min(self.data.len())];
        (self.flags & EXE != 0).then_some(exe)
    }

    pub(super) fn argv(&self) -> Option<&[u8]> {
        let argv = &self.data[self.exe_bytes.min(self.data.len())..];
        (self.flags & ARGV != 0).then_some(argv)
    }
}

/// What is known of a process's fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Born {
    /// It did something, so it was forked; no record of that has come yet.
    Unsaid,
    /// Reported, because no record of it came in time.
    Inferred,
    /// Reported as its parent wrote it down.
    Written,
}

/// One process from its fork to its end.
#[derive(Debug)]
pub(super) struct Process {
    /// The earliest stamp that anything of it has.
    pub(super) since: Nanos,
    /// When the first record of it was received.
    pub(super) noticed: Nanos,
    pub(super) born: Born,
    pub(super) ppid: u32,
    /// An exec of it was reported.
    pub(super) executed: bool,
    /// Execs that have neither failed nor shown an image; one for each thread that tries.
    pub(super) attempts: Vec<HookRecord>,
    /// An image that was not announced, while the fork is unsaid: a spawn may yet explain both.
    pub(super) image: Option<HookRecord>,
    /// The last exec reported, while its image is still to come.
    pub(super) awaited: Option<HookRecord>,
    /// When it ended.
    pub(super) ended: Option<Nanos>,
    /// What is known of it and of its children, and told once its own fork is told.
    pub(super) waiting: Vec<Told>,
    /// The parent among whose `waiting` its fork is.
    pub(super) behind: Option<Pid>,
}

/// An event that waits.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) pid: Pid,
    kind: Kind,
    pub(super) happened: Nanos,
    ppid: Option<Pid>,
    status: Option<i32>,
    exe: Option<Vec<u8>>,
    argv: Option<Vec<u8>>,
    cut: Cut,
}

impl Told {
    pub(super) fn new(event: &EventRef<'_>) -> Self {
        Self {
            pid: event.pid,
            kind: event.kind,
            happened: event.happened,
            ppid: event.ppid,
            status: event.status,
            exe: event.exe.map(<[u8]>::to_vec),
            argv: event.argv.map(<[u8]>::to_vec),
            cut: event.cut,
        }
    }

    /// Told now.
    pub(super) fn event(&self, received: Nanos) -> EventRef<'_> {
        EventRef {
            happened: self.happened,
            ppid: self.ppid,
            status: self.status,
            exe: self.exe.as_deref(),
            argv: self.argv.as_deref(),
            cut: self.cut,
            ..EventRef::new(self.kind, self.pid, received)
        }
    }

    /// Of the fork of a child: that child.
    pub(super) fn child(&self) -> Option<Pid> {
        (self.kind == Kind::Fork).then_some(self.pid)
    }
}

impl Process {
    pub(super) fn new(told: &HookRecord, born: Born) -> Self {
        Self {
            since: told.happened,
            noticed: told.received,
            born,
            ppid: told.ppid,
            executed: false,
            attempts: Vec::new(),
            image: None,
            awaited: None,
            ended: None,
            waiting: Vec::new(),
            behind: None,
        }
    }

    /// Tells an event of it, or of a child, at once or once its own fork is told.
    pub(super) fn tell(&mut self, event: EventRef<'_>, out: &mut EventLog) {
        tell(self.born, &mut self.waiting, event, out);
    }

    /// Whether something is held back: what a fork decides, and an exec.
    pub(super) fn open(&self) -> [bool; 2] {
        [self.born == Born::Unsaid, !self.attempts.is_empty()]
    }
}

/// The same, where another part of the process is in use.
pub(super) fn tell(born: Born, waiting: &mut Vec<Told>, event: EventRef<'_>, out: &mut EventLog) {
    match born {
        Born::Unsaid => waiting.push(Told::new(&event)),
        Born::Inferred | Born::Written => out.push(event),
    }
}

/// Whether what came at `since` has been held back for long enough.
pub(super) fn over(since: Nanos, hold: Nanos, now: Nanos) -> bool {
    since.saturating_add(hold) <= now
}

/// Whether the image can be what was attempted.
pub(super) fn same(attempt: &HookRecord, image: &HookRecord) -> bool {
    match (attempt.exe(), image.exe()) {
        (Some(tried), Some(runs)) => tried == runs,
        _ => true,
    }
}

/// 0 stands for a parent outside of the pid namespace, or for one that was not asked for.
pub(super) fn known(ppid: u32) -> Option<Pid> {
    (ppid > 0).then_some(ppid)
}

/// The parent of a process, by its own record. Init may only have inherited it: then it is not known.
pub(super) fn foster(ppid: u32) -> Option<Pid> {
    (ppid > 1).then_some(ppid)
}

/// One exec. The attempt knows the arguments as they were passed (a program that was started
/// through its loader is given fewer), but not those of a script, and the image the file that runs.
pub(super) fn joined<'a>(
    pid: Pid,
    attempt: &'a HookRecord,
    image: Option<&'a HookRecord>,
    received: Nanos,
) -> EventRef<'a> {
    let image = image.unwrap_or(attempt);
    let exe = if image.exe().is_some() {
        image
    } else {
        attempt
    };
    let argv = if attempt.argv().is_some() {
        attempt
    } else {
        image
    };
    let cut = Cut {
        exe: exe.flags & EXE_CUT != 0,
        argv: argv.flags & ARGV_CUT != 0,
    };
    EventRef {
        happened: attempt.happened,
        ppid: known(attempt.ppid),
        exe: exe.exe(),
        argv: argv.argv(),
        cut,
        ..EventRef::new(Kind::Exec, pid, received)
    }
}
