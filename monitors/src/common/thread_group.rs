//! Which end of a thread is the end of its process.
//!
//! For techniques that tell the beginning and end of every thread: the process ends with the last of
//! them, or goes on when one of them has executed a program and so taken the first one's place. Of a
//! process whose threads began before the monitor did nothing is known, and the end of the first is
//! taken for its own. Events must be told in the order of time.

use std::collections::HashMap;

use contract::{Nanos, Pid};

/// Processes that have threads beside their first.
#[derive(Default)]
pub(crate) struct Threads(HashMap<Pid, Group>);

#[derive(Default)]
struct Group {
    /// How many there are beside the first.
    others: u32,
    /// How the first one ended, which the process has outlived.
    first: Option<Ended>,
}

/// An end as it was told.
#[derive(Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) happened: Nanos,
    pub(crate) received: Nanos,
    /// Where it is told.
    pub(crate) status: Option<i32>,
}

impl Threads {
    /// A thread that is not the first began.
    pub(crate) fn began(&mut self, process: Pid) {
        self.0.entry(process).or_default().others += 1;
    }

    /// The process's end, if its first thread's is that.
    pub(crate) fn first_ended(&mut self, process: Pid, ended: Ended) -> Option<Ended> {
        if let Some(group) = self.0.get_mut(&process).filter(|group| group.others > 0) {
            group.first = Some(ended);
            return None;
        }
        self.0.remove(&process);
        Some(ended)
    }

    /// The process's end, if that of a thread that is not the first is that.
    pub(crate) fn other_ended(&mut self, process: Pid, ended: Ended) -> Option<Ended> {
        let group = self.0.get_mut(&process)?;
        group.others = group.others.saturating_sub(1);
        if group.others > 0 {
            return None;
        }
        let first = self.0.remove(&process)?.first?;
        // A thread that ends the whole process gives all threads that are left the same status; a thread
        // that merely ends has 0, and then the first one's is the process's.
        let status = match ended.status {
            Some(0) => first.status,
            told => told,
        };
        Some(Ended { status, ..ended })
    }

    /// Of all threads the one that executed is left, and goes by the first one's id.
    pub(crate) fn executed(&mut self, process: Pid) {
        self.0.remove(&process);
    }

    /// The pid is another process's. If the last one's end was waited for in vain, this is it.
    pub(crate) fn forked(&mut self, process: Pid) -> Option<Ended> {
        self.0.remove(&process)?.first
    }

    /// Ends that are waited for in vain, by pid.
    pub(crate) fn finish(&mut self) -> Vec<(Pid, Ended)> {
        let left = self.0.drain();
        let mut left: Vec<_> = left
            .filter_map(|(pid, group)| Some((pid, group.first?)))
            .collect();
        left.sort_unstable_by_key(|(pid, _)| *pid);
        left
    }
}
