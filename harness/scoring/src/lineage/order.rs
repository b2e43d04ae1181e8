//! Events that were delivered after others which certainly happened later.

use contract::Nanos;

use super::counts::Lineage;
use super::told::Told;

/// Counts them. One event happened certainly later than another when its window begins after the
/// other's has ended.
pub(super) fn count(told: &Told<'_>, truths: &[u32], found: &mut Lineage) {
    let mut latest: Nanos = 0;
    let mut longest: Nanos = 0;
    for &truth in truths {
        let Some(truth) = told.ledger.truths.get(truth as usize) else {
            continue;
        };
        found.events += 1;
        let behind = latest.saturating_sub(truth.before.max(truth.after));
        found.inversions += u64::from(behind > 0);
        longest = longest.max(behind);
        latest = latest.max(truth.after);
    }
    found.longest_inversion_ms = longest as f64 / 1e6;
}
