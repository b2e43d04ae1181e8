//! What each row of the table has to be.

// Half-widths that a planted overhead has to be told at in nine of ten runs.
use scoring::overhead::power::RESOLVABLE_HALF_WIDTHS;

use crate::stretches::Tally;

/// Whether a row of the table is as it has to be.
pub(crate) fn judge(name: &str, tally: &Tally) {
    assert!(tally.copy.all >= 1000, "{name}: {tally:?}");
    let (_, high) = tally.copy.bounds();
    assert!(
        high >= 0.95,
        "{name}: holds the truth too seldom: {tally:?}"
    );
    let (_, high) = tally.quiet.bounds();
    assert!(high >= 0.95, "{name}: none is told as some: {tally:?}");
    let (_, high) = tally.planted[0].bounds();
    assert!(
        high >= tally.by_law(),
        "{name}: an overhead of {RESOLVABLE_HALF_WIDTHS} half-widths, added, is told too seldom: {tally:?}"
    );
    assert!(
        tally.planted[1..].is_sorted_by_key(|share| share.hits),
        "{name}: a larger overhead is told less often: {tally:?}"
    );
    let (_, high) = tally.burning.bounds();
    assert!(
        high >= 0.95,
        "{name}: holds the planted cost too seldom: {tally:?}"
    );
}
