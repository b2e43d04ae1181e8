//! Events that came before one that says what their process, or its parent, is; kept until that comes:
//! techniques that gather from several CPUs or programs do not report in order.

use std::collections::{HashMap, VecDeque};

use contract::{EventLog, EventRef, Nanos, Pid};

/// Later than this no news is expected any more.
const PATIENCE: Nanos = 1_000_000_000;
/// So many are kept at most.
const MOST: usize = 16_384;

/// One event with its bytes.
pub(super) struct Owned(EventLog);

impl Owned {
    /// As it was reported.
    pub(super) fn report(&self) -> Option<EventRef<'_>> {
        self.0.events.first().map(|event| self.0.report(event))
    }
}

/// The events that wait.
#[derive(Default)]
pub(super) struct Held {
    of: HashMap<Pid, Vec<Owned>>,
    order: VecDeque<(Nanos, Pid)>,
}

impl Held {
    /// Keeps the event until there is news of `pid`.
    pub(super) fn keep(&mut self, pid: Pid, report: &EventRef<'_>) {
        let mut log = EventLog::default();
        log.push(*report);
        self.of.entry(pid).or_default().push(Owned(log));
        self.order.push_back((report.received, pid));
    }

    /// Whether an event waits for news of `pid`.
    pub(super) fn has(&self, pid: Pid) -> bool {
        self.of.contains_key(&pid)
    }

    /// The events that wait for news of `pid`, in the order in which they came.
    pub(super) fn release(&mut self, pid: Pid) -> Vec<Owned> {
        self.of.remove(&pid).unwrap_or_default()
    }

    /// A process of which there has been no news for too long; `None` when there is none by `now`.
    pub(super) fn overdue(&mut self, now: Nanos) -> Option<Pid> {
        loop {
            let &(since, pid) = self.order.front()?;
            if self.order.len() <= MOST && since.saturating_add(PATIENCE) >= now {
                return None;
            }
            self.order.pop_front();
            if self.has(pid) {
                return Some(pid);
            }
        }
    }
}
