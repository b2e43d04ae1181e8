//! What a reader is told of a record that was thinned when it was kept.

use scoring::Summary;

use crate::numbers::thousands;

/// In words; `None` of a whole record.
pub fn thinned(summary: &Summary) -> Option<String> {
    let left_out = summary.thinned?;
    Some(format!(
        "thinned when it was kept: {} cells about cases that did not fail, and {} rows that compare them, are left out of \
         summary.json; what was seen of each case is whole",
        thousands(left_out.cells as u64),
        thousands(left_out.comparison as u64),
    ))
}
