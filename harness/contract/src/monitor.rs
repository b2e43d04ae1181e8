use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::Path;

use crate::claims::Claims;
use crate::error::{Result, Unavailable};
use crate::event::EventLog;
use crate::options::{OptionSpec, Options};
use crate::spool::{Frame, Malformed, Spool};

/// What a monitor's process keeps of the privileges it was started with. Nothing runs as root
/// that need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// None: it runs as the workload's user.
    None,
    /// Root, because the kernel asks for it.
    Root,
}

/// What a monitor itself knows to have gone wrong, and what else it counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Events it or its kernel side says were lost, by cause. Only these are "reported as lost".
    pub reported_lost: BTreeMap<String, u64>,
    /// Everything else worth keeping with the cell, with the unit in its name
    /// (`backlog_wait_ms`, `recursion_misses`).
    pub notes: BTreeMap<String, u64>,
    /// The highest fill of the buffer that [`Monitor::buffer`] names, in its unit. Sampled at each
    /// read, so a lower bound. `None` where there is no such buffer or its fill cannot be read.
    pub buffer_peak: Option<u64>,
}

/// What was found to have been left by a killed harness.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// What was put back, a line each.
    pub done: Vec<String>,
    /// What could not be put back: each line says why, and what to do.
    pub left: Vec<String>,
}

impl Recovered {
    /// All of it was put back.
    pub fn done(done: Vec<String>) -> Self {
        Self {
            done,
            left: Vec::new(),
        }
    }

    /// Adds what `other` found.
    pub fn extend(&mut self, other: Self) {
        self.done.extend(other.done);
        self.left.extend(other.left);
    }
}

/// What holds events between the kernel, or the program that made them, and the monitor's reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffer {
    /// None that events could fill: the source waits for the reader, or keeps everything.
    Unbounded,
    /// There may be one, and how large it is cannot be told.
    Unknown,
    /// One that loses events once it is full.
    Bounded {
        /// How much it holds, in `unit`.
        capacity: u64,
        /// What `capacity`, `least_per_event` and [`Counters::buffer_peak`] count: `bytes`,
        /// `records` or `messages`.
        unit: &'static str,
        /// The least that one event of a workload takes in it, so that
        /// `capacity / least_per_event` is the most events that it can hold.
        least_per_event: u64,
    },
}

/// Says that a monitor is ready, and with which environment a workload must be run for it.
pub type Ready<'a> = dyn FnMut(&[(String, String)]) -> Result<()> + 'a;

/// One capture, from inside the monitor's own process.
pub struct Session<'a> {
    /// Options as given.
    pub options: &'a Options,
    /// A folder of the cell's own, writable; the spool is in it.
    pub dir: &'a Path,
    /// Becomes readable when it is time to stop. Poll it beside the source.
    pub stop: BorrowedFd<'a>,
    /// Where frames go.
    pub spool: Spool,
    /// Call it once, when everything that happens from now on will be seen, with the environment
    /// that the workload must have for it.
    pub ready: &'a mut Ready<'a>,
}

/// Turns the frames of one capture into events: pure, so that it is tested and repaired from
/// recorded bytes. It must accept any bytes: what is not a frame of its own is [`Malformed`].
pub trait Decode {
    /// Takes the next frame; what it completes goes to `out`.
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed>;

    /// No more frames will come: whatever waited for one goes to `out` now.
    fn finish(&mut self, _out: &mut EventLog) {}
}

/// A technique of watching processes.
pub trait Monitor: Sync {
    /// One lower-case word.
    fn name(&self) -> &'static str;

    /// Its source, in one line.
    fn about(&self) -> &'static str;

    /// The options it understands.
    fn options(&self) -> &'static [OptionSpec] {
        &[]
    }

    /// The kinds and fields it offers when run with `options`.
    fn claims(&self, options: &Options) -> Claims;

    /// The buffer between events and its reader when run with `options`. Which of several bounds
    /// the loss is the monitor's to say; see [`Buffer`].
    fn buffer(&self, _options: &Options) -> Buffer {
        Buffer::Unknown
    }

    /// What it keeps of root.
    fn privilege(&self) -> Privilege {
        Privilege::Root
    }

    /// Whether it does not watch at all but examines the scorer: it is handed the ledger, in
    /// `truths.bin` ([`crate::truth::Ledger::encode`]) in the cell's folder, before it is told to stop.
    /// Such a monitor is part of a run only when it is named.
    fn fault_injector(&self) -> bool {
        false
    }

    /// Whether the default comparison has it. The others take part when a pattern chooses them.
    fn usual(&self) -> bool {
        true
    }

    /// The text it was read from, where it is a third-party tool: a record keeps it, or what
    /// the tool said could not be decoded again.
    fn definition(&self) -> Option<&'static str> {
        None
    }

    /// What a third-party tool says of its version.
    fn version(&self) -> Option<String> {
        None
    }

    /// Everything that is missing here for it to run; nothing when it can. Changes nothing.
    fn missing(&self, options: &Options) -> Vec<Unavailable>;

    /// Why it sees nothing here although it runs; asked while it does. What it then misses is
    /// counted like any other loss, but no readiness probe is waited for.
    fn blind(&self, _options: &Options) -> Result<Option<String>> {
        Ok(None)
    }

    /// Watches until told to stop, spools what is still to be had, and leaves the system as it
    /// was. Stamps and spools only.
    fn capture(&self, session: &mut Session<'_>) -> Result<Counters>;

    /// A decoder for what `capture` spooled.
    fn decoder(&self) -> Box<dyn Decode>;

    /// Puts back what an earlier capture could not because it was killed, and says what that was.
    /// What this process has no right to look at, or what another namespace has, holds nothing of
    /// ours: no error. An error is something that is ours, is on, and cannot be switched off.
    fn recover(&self) -> Result<Recovered> {
        Ok(Recovered::default())
    }
}
