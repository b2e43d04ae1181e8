//! Events that came before the fork of their process, kept until that comes: techniques that gather
//! from several CPUs or programs do not report in order.

use std::collections::{HashMap, VecDeque};

use contract::{EventLog, EventRef, Nanos, Pid};

/// Later than this no fork is expected any more.
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
    /// Keeps the event.
    pub(super) fn keep(&mut self, report: &EventRef<'_>) {
        let mut log = EventLog::default();
        log.push(*report);
        self.of.entry(report.pid).or_default().push(Owned(log));
        self.order.push_back((report.received, report.pid));
    }

    /// Whether an event of this process waits.
    pub(super) fn has(&self, pid: Pid) -> bool {
        self.of.contains_key(&pid)
    }

    /// The events of `pid` in the order in which they came.
    pub(super) fn release(&mut self, pid: Pid) -> Vec<Owned> {
        self.of.remove(&pid).unwrap_or_default()
    }

    /// The events of a process that have waited in vain; `None` when there is none by `now`.
    pub(super) fn overdue(&mut self, now: Nanos) -> Option<Vec<Owned>> {
        loop {
            let &(since, pid) = self.order.front()?;
            if self.order.len() <= MOST && since.saturating_add(PATIENCE) >= now {
                return None;
            }
            self.order.pop_front();
            let events = self.release(pid);
            if !events.is_empty() {
                return Some(events);
            }
        }
    }
}
