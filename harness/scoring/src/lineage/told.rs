use contract::{EventLog, Ledger};

use crate::lives::LedgerLife;
use crate::matching::Matching;

/// Where a truth has no event.
pub(super) const UNTOLD: u32 = u32::MAX;

/// What is looked at.
pub(super) struct Told<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) log: &'a EventLog,
    pub(super) lives: Vec<LedgerLife>,
    pub(super) matching: &'a Matching,
}

impl Told<'_> {
    /// The place of the event that reported a truth in the order of delivery.
    pub(super) fn delivered(&self, truth: u32) -> Option<usize> {
        self.matching.event_of(truth as usize)
    }

    /// The truth of each event, [`UNTOLD`] of one that is no report of any.
    pub(super) fn truths_in_order(&self) -> Vec<u32> {
        let mut truths = vec![UNTOLD; self.log.events.len()];
        for truth in 0..self.ledger.truths.len() as u32 {
            if let Some(event) = self.delivered(truth) {
                truths[event] = truth;
            }
        }
        truths
    }
}
