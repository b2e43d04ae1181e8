//! The loss nobody would have told you about.

use std::collections::BTreeMap;

use contract::Kind;

use super::cell::KindScore;
use super::keyed::Keyed;

/// Missed beyond what was admitted, over all offered kinds; never below 0, because an admitted
/// loss may have been of somebody else's moment.
pub(super) fn unaccounted(kinds: &Keyed<Kind, KindScore>, admitted: &BTreeMap<String, u64>) -> u64 {
    let offered = kinds.0.values().filter(|kind| kind.offered);
    let missed: u64 = offered.map(|kind| kind.missed).sum();
    let admitted = admitted
        .values()
        .fold(0_u64, |sum, &n| sum.saturating_add(n));
    missed.saturating_sub(admitted)
}
