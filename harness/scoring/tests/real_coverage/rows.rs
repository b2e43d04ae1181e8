//! What each row of the table has to be.

// Half-widths that a planted overhead has to be told at in nine of ten runs.
use scoring::overhead::power::RESOLVABLE_HALF_WIDTHS;

use crate::stretches::{Share, Tally};

/// What ends its runs, and what was counted.
pub(crate) type Row = (String, Tally);

/// Whether a row of the table is as it has to be.
pub(crate) fn judge(name: &str, tally: &Tally) {
    assert!(tally.copy.all >= 1000, "{name}: {tally:?}");
    reaches(name, "intervals that hold the truth", tally.copy, 0.95);
    reaches(name, "nulls that are told as none", tally.quiet, 0.95);
    let what = format!("overheads of {RESOLVABLE_HALF_WIDTHS} half-widths, added, that are told");
    reaches(name, &what, tally.planted[0], tally.by_law());
    assert!(
        tally.planted[1..].is_sorted_by_key(|share| share.hits),
        "{name}: a larger overhead is told less often: {tally:?}"
    );
    let what = "intervals that hold the planted cost";
    reaches(name, what, tally.burning, 0.95);
}

/// The same where the names of nulls mean nothing.
pub(crate) fn judge_dealt(name: &str, tally: &Tally) {
    let what = "intervals wide enough for this machine's noise, whatever the names of nulls";
    reaches(name, what, tally.copy, 0.95);
}

/// Whether so large a share is possible.
fn reaches(name: &str, what: &str, share: Share, due: f64) {
    let (low, high) = share.bounds();
    assert!(
        high >= due,
        "{name}: too few {what}: {low} to {high} of {share:?}, {due} is due"
    );
}
