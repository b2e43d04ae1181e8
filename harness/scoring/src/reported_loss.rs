//! Silent loss: what was missed beyond what the monitor reported as lost.

use std::collections::BTreeMap;

use contract::Kind;

use crate::by_key::Keyed;
use crate::cell::KindScore;

/// Over all offered kinds; never below 0, because a reported loss may have been of another process's
/// event.
pub(super) fn silent(kinds: &Keyed<Kind, KindScore>, reported_lost: &BTreeMap<String, u64>) -> u64 {
    let offered = kinds.0.values().filter(|kind| kind.offered);
    let missed: u64 = offered.map(|kind| kind.missed).sum();
    let reported_lost = reported_lost
        .values()
        .fold(0_u64, |sum, &n| sum.saturating_add(n));
    missed.saturating_sub(reported_lost)
}
