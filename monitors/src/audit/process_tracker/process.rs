//! What is known of one process, and of one call that may have made one.

use contract::Nanos;

/// Entries kept at most of anything; twice that in maps.
pub(super) const ROOM: usize = 1 << 18;

/// The caller and the time of a call.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct Caller {
    pub(in crate::audit) pid: u32,
    pub(in crate::audit) ppid: u32,
    /// Effective user; not told where a signal killed it.
    pub(in crate::audit) euid: Option<u32>,
    /// The record's own time, milliseconds of the wall clock.
    pub(in crate::audit) millis: u64,
    /// The same on CLOCK_MONOTONIC, nanoseconds.
    pub(in crate::audit) happened: Nanos,
    pub(in crate::audit) received: Nanos,
}

/// An exit that may have been the process's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) by: Caller,
    pub(super) status: Option<i32>,
}

/// One process, as far as its threads and its end are concerned.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Process {
    /// Number of its program image: another after every exec.
    pub(super) image: u64,
    /// Its parent as its first record told.
    pub(super) ppid: u32,
    /// Time of its first record, or of its birth.
    pub(super) first: u64,
    pub(super) born: bool,
    /// `threads` is all there are beside the first.
    pub(super) known: bool,
    pub(super) threads: u32,
    /// clone3 calls of which it is not known what they made.
    pub(super) unsure: u32,
    pub(super) exits: u32,
    pub(super) ending: Option<Ending>,
    /// When its exit was reported.
    pub(super) gone: Option<u64>,
}

impl Process {
    /// Whether `ending` was its last thread's, as far as is known.
    pub(super) const fn over(&self) -> bool {
        self.known && self.unsure == 0 && self.exits == self.threads + 1
    }

    pub(super) const fn single(&self) -> bool {
        self.threads == 0 && self.unsure == 0
    }
}

/// What a clone3 returned while that may be a thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    pub(super) by: Caller,
    pub(super) image: u64,
    /// A record named it, long enough after for the id to have come round.
    pub(super) shown: Option<(u64, u32)>,
}
