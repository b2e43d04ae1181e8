//! Processes that ended, the oldest end first: each is known for a while longer, for what comes late of it. One
//! for every pid that there ever was would be millions on a machine whose kernel.pid_max says so.

use std::collections::VecDeque;

use contract::{Nanos, Pid};

use super::process::over;

/// Later than this nothing is expected any more.
pub(super) const PATIENCE: Nanos = 10_000_000_000;

/// When the end of which process was received, and when it happened.
#[derive(Default)]
pub(super) struct Ended(VecDeque<(Nanos, Pid, Nanos)>);

impl Ended {
    /// The next end, which `received` says when it was heard of.
    pub(super) fn push(&mut self, received: Nanos, pid: Pid, happened: Nanos) {
        self.0.push_back((received, pid, happened));
    }

    /// One that nothing more is expected of, and when it ended; it is taken out.
    pub(super) fn overdue(&mut self, now: Nanos) -> Option<(Pid, Nanos)> {
        let &(received, pid, happened) = self.0.front()?;
        over(received, PATIENCE, now).then(|| self.0.pop_front())?;
        Some((pid, happened))
    }
}
