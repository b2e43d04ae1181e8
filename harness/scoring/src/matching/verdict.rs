//! What matching finds.

use contract::{Event, Kind};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// It is the report of a truth.
    Matched,
    /// It reports a truth that an earlier event has reported already.
    Duplicate,
    /// It is about a process of the workload, and there was no such event.
    FalsePositive,
    /// It is about a process that is not the workload's, and no fault.
    Unrelated,
}

/// How truths and events were sorted. matched + missed = truths, and
/// matched + duplicates + false positives + unrelated = events, whatever the input.
#[derive(Clone, Debug)]
pub struct Matching {
    pub(super) events_of_truths: Vec<u32>,
    pub(super) verdicts: Vec<Verdict>,
}

/// In place of an event: the truth was missed.
pub(super) const NO_EVENT: u32 = u32::MAX;

impl Matching {
    /// The event that reported truth number `truth`; `None` when it was missed.
    pub fn event_of(&self, truth: usize) -> Option<usize> {
        let event = self.events_of_truths[truth];
        (event != NO_EVENT).then_some(event as usize)
    }

    /// What became of each event.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// How many events of `kind` got `verdict`.
    pub fn count(&self, events: &[Event], kind: Kind, verdict: Verdict) -> u64 {
        let both = self.verdicts.iter().zip(events);
        both.filter(|(v, event)| **v == verdict && event.kind == kind)
            .count() as u64
    }
}
