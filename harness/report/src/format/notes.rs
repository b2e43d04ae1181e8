//! What a reader must know beside the figures of a row.

use scoring::Comparison;

use super::cost::unreached;
use super::fields::judged;
use super::loss::{pooled, reported};
use crate::numbers::{count, percent, thousands};

/// Blindness, loss, false events, wrong fields and cells that went wrong.
pub(super) fn notes(one: &Comparison) -> Vec<String> {
    let (missed, _) = pooled(one);
    let mut notes = Vec::new();
    notes.extend(one.blind.iter().map(|why| format!("blind: {why}")));
    if missed > 0 {
        notes.push(format!("{} missed: {}", thousands(missed), reported(one)));
    }
    notes.extend(unreached(one));
    notes.extend(false_events(one));
    let wrong = judged(one).filter(|(_, score, _)| score.wrong > 0);
    notes.extend(wrong.map(|(field, score, n)| {
        let share = percent(score.wrong as f64 / n);
        format!("{} wrong {share}", field.as_str())
    }));
    notes.extend(cells(one));
    notes
}

fn false_events(one: &Comparison) -> Option<String> {
    let (duplicates, false_positives) = (one.duplicates, one.false_positives);
    (duplicates + false_positives > 0)
        .then(|| format!("{duplicates} duplicates, {false_positives} false positives"))
}

/// Cells that went wrong, by how.
fn cells(one: &Comparison) -> impl Iterator<Item = String> {
    let cells = [
        (one.failed, "failed"),
        (one.undrained, "had not drained in time"),
        (
            one.stolen,
            "lost much CPU time to other guests or to a quota",
        ),
    ];
    let some = cells.into_iter().filter(|(n, _)| *n > 0);
    some.map(|(n, how)| format!("{} {how}", count(n as u64, "cell")))
}
