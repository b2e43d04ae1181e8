//! What was matched, missed, repeated and false positives, by kind.

use crate::matching::{Matching, Verdict};
use contract::{Claims, EventLog, Kind, Ledger};

use crate::by_key::Keyed;
use crate::cell::KindScore;

/// Counts everything once; also the events that are outside, all kinds together.
pub(super) fn count(
    ledger: &Ledger,
    log: &EventLog,
    matching: &Matching,
    claims: &Claims,
) -> (Keyed<Kind, KindScore>, u64) {
    let mut verdicts = [[0_u64; 4]; 3];
    for (event, verdict) in log.events.iter().zip(matching.verdicts()) {
        verdicts[event.kind as usize][*verdict as usize] += 1;
    }
    let mut truths = [0_u64; 3];
    for truth in &ledger.truths {
        truths[truth.kind as usize] += 1;
    }
    let kinds = Keyed::each(|kind: Kind| {
        let of = |verdict: Verdict| verdicts[kind as usize][verdict as usize];
        KindScore {
            offered: claims.kind(kind),
            truths: truths[kind as usize],
            matched: of(Verdict::Matched),
            missed: truths[kind as usize] - of(Verdict::Matched),
            duplicates: of(Verdict::Duplicate),
            false_positives: of(Verdict::FalsePositive),
            latency_us: None,
        }
    });
    let unrelated = verdicts
        .iter()
        .map(|of| of[Verdict::Unrelated as usize])
        .sum();
    (kinds, unrelated)
}
