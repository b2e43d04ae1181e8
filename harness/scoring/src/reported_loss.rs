//! The loss nobody would have told you about.

use std::collections::BTreeMap;

use contract::Kind;

use crate::by_key::Keyed;
use crate::cell::KindScore;

/// Missed beyond what was reported as lost, over all offered kinds; never below 0, because an reported as lost
/// loss may have been of somebody else's event.
pub(super) fn silent(kinds: &Keyed<Kind, KindScore>, reported_lost: &BTreeMap<String, u64>) -> u64 {
    let offered = kinds.0.values().filter(|kind| kind.offered);
    let missed: u64 = offered.map(|kind| kind.missed).sum();
    let reported_lost = reported_lost
        .values()
        .fold(0_u64, |sum, &n| sum.saturating_add(n));
    missed.saturating_sub(reported_lost)
}
