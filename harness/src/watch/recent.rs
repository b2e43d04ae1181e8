//! Processes that ended a short while ago: an event about one, or about its child, may come late.

use std::collections::{HashMap, VecDeque};

use contract::{Nanos, Pid};

use super::process_table::Process;

/// Later than this no event is expected any more.
const PATIENCE: Nanos = 10_000_000_000;
/// So many are kept at most.
const MOST: usize = 16_384;

/// An end, and what ended.
struct End {
    /// When it happened, by the technique's own time; 0 where it gives none.
    happened: Nanos,
    /// When it was received.
    received: Nanos,
    process: Process,
}

/// The last ends, the oldest first.
#[derive(Default)]
pub(super) struct Recent {
    ends: HashMap<Pid, End>,
    order: VecDeque<(Nanos, Pid)>,
}

impl Recent {
    /// Takes in the end of `process`.
    pub(super) fn ended(
        &mut self,
        pid: Pid,
        process: Process,
        (happened, received): (Nanos, Nanos),
    ) {
        self.forget(received);
        let end = End {
            happened,
            received,
            process,
        };
        self.ends.insert(pid, end);
        self.order.push_back((received, pid));
    }

    /// The process that had `pid` last, where its end is not long ago.
    pub(super) fn of(&self, pid: Pid) -> Option<&Process> {
        self.ends.get(&pid).map(|end| &end.process)
    }

    /// Whether `pid` had ended again by the time at which this fork of it happened: it is told late.
    /// Without a time of the technique's own that cannot be told, and order is taken for time.
    pub(super) fn after(&self, pid: Pid, fork: Nanos) -> bool {
        let end = self.ends.get(&pid).map_or(0, |end| end.happened);
        fork != 0 && fork <= end
    }

    fn forget(&mut self, now: Nanos) {
        while let Some(&(received, pid)) = self.order.front() {
            if self.order.len() < MOST && received.saturating_add(PATIENCE) >= now {
                break;
            }
            self.order.pop_front();
            // The pid may have ended once more since.
            if self
                .ends
                .get(&pid)
                .is_some_and(|end| end.received == received)
            {
                self.ends.remove(&pid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_forgotten_by_age_and_by_number() {
        let mut recent = Recent::default();
        for pid in 1..=30_000 {
            recent.ended(pid, Process::default(), (0, u64::from(pid)));
        }
        assert!(recent.ends.len() <= MOST && recent.order.len() <= MOST);
        assert!(recent.of(30_000).is_some() && recent.of(1).is_none());
        recent.ended(7, Process::default(), (0, 2 * PATIENCE));
        assert_eq!((recent.ends.len(), recent.order.len()), (1, 1));
    }

    #[test]
    fn a_fork_is_late_by_the_techniques_own_time_only() {
        let mut recent = Recent::default();
        recent.ended(7, Process::default(), (100, 150));
        assert!(recent.after(7, 90) && !recent.after(7, 110));
        assert!(!recent.after(7, 0) && !recent.after(8, 90));
    }
}
