//! What a reader must know beside the figures of a row.

use scoring::{Comparison, Drift};

use super::loss::pooled;
use crate::numbers::{count, few, micros, percent, thousands};

/// Blindness, drift, and what cannot be verified.
pub(super) fn notes(one: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(one.blind.iter().map(|why| format!("blind: {why}")));
    if one.missed_elsewhere > 0 && pooled(one).0 == 0 {
        let missed = thousands(one.missed_elsewhere);
        notes.push(format!("{missed} missed in cells of other experiments"));
    }
    if one.unverified > 0 {
        notes.push(format!(
            "{} may never have happened: there is no record of all processes of the machine",
            count(one.unverified, "unrelated event")
        ));
    }
    notes.extend(drift(one));
    notes
}

/// Figures that are not the same in the first and in the second half of a cell.
fn drift(one: &Comparison) -> Option<String> {
    let drifting = one.stationary.as_ref().filter(|found| !found.stationary)?;
    let words = drifting.what.iter().map(in_words);
    Some(format!(
        "not stationary: {}",
        words.collect::<Vec<_>>().join(", ")
    ))
}

fn in_words(drift: &Drift) -> String {
    let (what, figure): (&str, fn(f64) -> String) = match &*drift.what {
        "latency_us" => ("median detection latency", micros),
        "own_cpu_us_per_event" => ("own CPU per event", |us| format!("{} us", few(us))),
        share => (share, percent),
    };
    format!(
        "{what} {} in the first half, {} in the second",
        figure(drift.first),
        figure(drift.second)
    )
}

/// Cells of these rows that went wrong, by how.
pub(crate) fn trouble(rows: &[&Comparison]) -> Vec<String> {
    let sum = |of: fn(&Comparison) -> usize| rows.iter().map(|row| of(row)).sum::<usize>();
    let cells = [
        (sum(|row| row.failed), "failed"),
        (sum(|row| row.undrained), "had not drained in time"),
        (
            sum(|row| row.stolen),
            "lost much CPU time to other guests or to a quota",
        ),
    ];
    let some = cells.into_iter().filter(|(n, _)| *n > 0);
    some.map(|(n, how)| format!("{} {how}", count(n as u64, "cell")))
        .collect()
}
