use std::num::NonZeroU64;

use crate::arena::Arena;
use crate::details::Details;
use crate::fields::{Cut, Fields};
use crate::kind::{Kind, Pid};
use crate::nanos::Nanos;

/// How a monitor came to know of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// The technique told it when it happened.
    #[default]
    Live,
    /// It is about a process that ran before the technique watched: what a look at the process found. Such
    /// events are scored apart.
    Snapshot,
}

/// One event as a monitor reported it.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When the technique itself says that it happened, where it says so.
    pub happened: Option<NonZeroU64>,
    /// When the monitor's process had it in hand.
    pub received: Nanos,
    /// What the technique told beside.
    pub fields: Fields,
    /// See [`EventRef::euid`].
    pub euid: Option<u32>,
    /// The process.
    pub pid: Pid,
    /// What happened to it.
    pub kind: Kind,
    /// See [`EventRef::origin`].
    pub origin: Origin,
}

/// What a decoder says of one event, its bytes still borrowed from the frame.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
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
    /// Effective user of the process at that event, by its number in the initial user namespace, if
    /// told. Filters ask for it; what is scored is among the details.
    pub euid: Option<u32>,
    /// The other fields that are told.
    pub details: Details<'a>,
    /// Whether it happened while the monitor watched. Of a snapshot `happened` is when the process began,
    /// `kind` is `exec` where it runs a program, and `fork` of a kernel thread.
    pub origin: Origin,
}

impl<'a> EventRef<'a> {
    /// An event of which nothing but kind, pid and arrival is known.
    pub fn new(kind: Kind, pid: Pid, received: Nanos) -> EventRef<'a> {
        let cut = Cut::default();
        let (happened, ppid, status, exe, argv, euid) = (0, None, None, None, None, None);
        EventRef {
            kind,
            pid,
            happened,
            received,
            ppid,
            status,
            exe,
            argv,
            cut,
            euid,
            details: Details::default(),
            origin: Origin::Live,
        }
    }
}

/// Everything a monitor reported in one cell, in the order in which it said it.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    /// The events.
    pub events: Vec<Event>,
    /// The bytes of their fields.
    pub arena: Arena,
}

impl EventLog {
    /// Empty, with room for what a capture of so many bytes tells: no event has less than 64 of its own.
    /// Room that is not used takes no memory.
    pub fn with_room(bytes: usize) -> Self {
        let mut log = Self::default();
        // No need of it: without room the log grows as it is filled.
        let _ = log.events.try_reserve(bytes / 64);
        log
    }

    /// Takes a report down.
    pub fn push(&mut self, report: EventRef<'_>) {
        let EventRef {
            kind,
            pid,
            happened,
            received,
            ppid,
            status,
            exe,
            argv,
            cut,
            euid,
            details,
            origin,
        } = report;
        let exe = exe.map(|bytes| self.arena.push(bytes));
        let argv = argv.map(|bytes| self.arena.push(bytes));
        let fields = Fields {
            ppid,
            status,
            exe,
            argv,
            cut,
            details: self.arena.push_details(details),
        };
        self.events.push(Event {
            happened: NonZeroU64::new(happened),
            received,
            fields,
            euid,
            pid,
            kind,
            origin,
        });
    }

    /// An event with its bytes, the reverse of [`EventLog::push`].
    pub fn report(&self, event: &Event) -> EventRef<'_> {
        let Event {
            happened,
            received,
            fields,
            euid,
            pid,
            kind,
            origin,
        } = *event;
        EventRef {
            kind,
            pid,
            happened: happened.map_or(0, NonZeroU64::get),
            received,
            ppid: fields.ppid,
            status: fields.status,
            exe: fields.exe.map(|span| self.arena.get(span)),
            argv: fields.argv.map(|span| self.arena.get(span)),
            cut: fields.cut,
            euid,
            details: self.arena.details(fields.details),
            origin,
        }
    }

    /// The details of an event.
    pub fn details(&self, event: &Event) -> Details<'_> {
        self.arena.details(event.fields.details)
    }

    /// Forgets all events; what a live reader does after it has shown them.
    pub fn clear(&mut self) {
        self.events.clear();
        self.arena.clear();
    }
}
