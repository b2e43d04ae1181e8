//! What is due of a timetable: it follows from the ledger, whatever is planted.

use contract::{Kind, Ledger};

use super::expectation::Due;
use super::intervals;
use super::latency::Sorted;

struct Table {
    offered: f64,
    achieved: f64,
    late: Sorted,
}

fn table(ledger: &Ledger) -> Option<Table> {
    let forks = ledger
        .truths
        .iter()
        .filter(|truth| truth.kind == Kind::Fork);
    let begun: Vec<(u64, u64)> = forks
        .filter_map(|one| Some((one.due?, one.after)))
        .collect();
    let first = begun.iter().map(|one| one.0).min()?;
    let per_s = |last: Option<u64>| Some((begun.len() - 1) as f64 * 1e9 / (last? - first) as f64);
    Some(Table {
        offered: per_s(begun.iter().map(|one| one.0).max())?,
        achieved: per_s(begun.iter().map(|one| one.1).max())?,
        late: Sorted::new(begun.iter().map(|(due, after)| after.saturating_sub(*due))),
    })
}

/// Of one cell.
pub(super) fn cell(ledger: &Ledger) -> Option<Due> {
    let table = table(ledger)?;
    Some(Due::map([
        ("offered_per_s", Due::Near(table.offered)),
        ("achieved_per_s", Due::Near(table.achieved)),
        ("reached", Due::just(table.achieved >= 0.95 * table.offered)),
        ("start_late_us", Due::maybe(table.late.percentiles())),
    ]))
}

/// Of two repetitions of the same.
pub(super) fn both(ledger: &Ledger) -> Option<Due> {
    let table = table(ledger)?;
    let unreached = if table.achieved < 0.95 * table.offered {
        2
    } else {
        0
    };
    Some(Due::map([
        ("offered_per_s", Due::Near(table.offered)),
        (
            "achieved_per_s",
            Due::map(intervals::mean([table.achieved; 2])),
        ),
        ("unreached", Due::just(unreached)),
    ]))
}
