use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use super::verdict::{Matching, NO_EVENT, Verdict};

/// A matching in the making: several threads write down what they find, each truth and each event
/// by one of them.
pub(super) struct Results {
    events_of_truths: Vec<AtomicU32>,
    verdicts: Vec<AtomicU8>,
}

impl Results {
    /// All truths missed, all events unrelated.
    pub(super) fn new(truths: usize, events: usize) -> Self {
        let unrelated = Verdict::Unrelated as u8;
        Self {
            events_of_truths: (0..truths).map(|_| AtomicU32::new(NO_EVENT)).collect(),
            verdicts: (0..events).map(|_| AtomicU8::new(unrelated)).collect(),
        }
    }

    pub(super) fn matched(&self, truth: u32, event: u32) {
        self.events_of_truths[truth as usize].store(event, Relaxed);
        self.set(event, Verdict::Matched);
    }

    pub(super) fn set(&self, event: u32, verdict: Verdict) {
        self.verdicts[event as usize].store(verdict as u8, Relaxed);
    }

    /// What was found. Both tables keep their memory.
    pub(super) fn into_matching(self) -> Matching {
        let events = self.events_of_truths.into_iter();
        let verdicts = self.verdicts.into_iter();
        Matching {
            events_of_truths: events.map(AtomicU32::into_inner).collect(),
            verdicts: verdicts.map(|one| verdict(one.into_inner())).collect(),
        }
    }
}

fn verdict(number: u8) -> Verdict {
    const ALL: [Verdict; 4] = [
        Verdict::Matched,
        Verdict::Duplicate,
        Verdict::FalsePositive,
        Verdict::Unrelated,
    ];
    ALL[usize::from(number)]
}
