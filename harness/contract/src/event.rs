use std::num::NonZeroU64;

use crate::{Arena, Cut, Facts, Kind, Nanos, Pid};

/// One moment as a monitor reported it.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When the technique itself says that it happened, where it says so.
    pub happened: Option<NonZeroU64>,
    /// When the monitor's process had it in hand.
    pub received: Nanos,
    /// What the technique told beside.
    pub facts: Facts,
    /// The process.
    pub pid: Pid,
    /// What happened to it.
    pub kind: Kind,
}

/// What a decoder says of one moment, its bytes still borrowed from the frame.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What happened.
    pub kind: Kind,
    /// To whom: a thread group id.
    pub pid: Pid,
    /// The technique's own time on CLOCK_MONOTONIC; 0 where it gives none.
    pub happened: Nanos,
    /// The stamp of the frame.
    pub received: Nanos,
    /// Parent, if told.
    pub ppid: Option<Pid>,
    /// Wait status, if told.
    pub status: Option<i32>,
    /// Path, if told.
    pub exe: Option<&'a [u8]>,
    /// Arguments in the form of [`crate::argv_bytes`], if told.
    pub argv: Option<&'a [u8]>,
    /// Which of them the technique had to cut.
    pub cut: Cut,
}

impl<'a> Report<'a> {
    /// A moment of which nothing but kind, pid and arrival is known.
    pub fn new(kind: Kind, pid: Pid, received: Nanos) -> Report<'a> {
        let cut = Cut::default();
        let (happened, ppid, status, exe, argv) = (0, None, None, None, None);
        Report {
            kind,
            pid,
            happened,
            received,
            ppid,
            status,
            exe,
            argv,
            cut,
        }
    }
}

/// Everything a monitor reported in one cell, in the order in which it said it.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The events.
    pub events: Vec<Event>,
    /// The bytes of their facts.
    pub arena: Arena,
}

impl Journal {
    /// Takes a report down.
    pub fn push(&mut self, report: Report<'_>) {
        let Report {
            kind,
            pid,
            happened,
            received,
            ppid,
            status,
            exe,
            argv,
            cut,
        } = report;
        let exe = exe.map(|bytes| self.arena.push(bytes));
        let argv = argv.map(|bytes| self.arena.push(bytes));
        let facts = Facts {
            ppid,
            status,
            exe,
            argv,
            cut,
        };
        self.events.push(Event {
            happened: NonZeroU64::new(happened),
            received,
            facts,
            pid,
            kind,
        });
    }

    /// An event with its bytes, the reverse of [`Journal::push`].
    pub fn report(&self, event: &Event) -> Report<'_> {
        let Event {
            happened,
            received,
            facts,
            pid,
            kind,
        } = *event;
        Report {
            kind,
            pid,
            happened: happened.map_or(0, NonZeroU64::get),
            received,
            ppid: facts.ppid,
            status: facts.status,
            exe: facts.exe.map(|span| self.arena.get(span)),
            argv: facts.argv.map(|span| self.arena.get(span)),
            cut: facts.cut,
        }
    }

    /// Forgets all events; what a live reader does after it has shown them.
    pub fn clear(&mut self) {
        self.events.clear();
        self.arena.clear();
    }
}
