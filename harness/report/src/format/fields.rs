//! Fields: what was reported of matched events, and whether it is correct.

use contract::Field;
use scoring::{Comparison, FieldScore};

use super::cell_text::{CellText, Tone};
use crate::numbers::{percent, whole_percent};

/// From so many judged on, all correct is shown to be good.
const SHOWN: u64 = 100;

/// A field over those of these rows that offer it.
pub(crate) fn together(field: Field, rows: &[&Comparison]) -> FieldScore {
    let scores = rows.iter().filter_map(|row| row.fields.get(field));
    FieldScore::together(scores.filter(|score| score.offered))
}

/// The fields that are offered and of which there is something to judge, over these rows.
pub(super) fn judged(rows: &[&Comparison]) -> Vec<(Field, FieldScore)> {
    let sum = |field: Field| {
        let sum = together(field, rows);
        (sum.judged() > 0).then_some((field, sum))
    };
    Field::ALL.into_iter().filter_map(sum).collect()
}

/// "exe missing 12 %, argv truncated 3 %", or that all are correct.
pub(crate) fn fields(rows: &[&Comparison]) -> CellText {
    let all = judged(rows);
    if all.is_empty() {
        return CellText::unknown("nothing to judge");
    }
    let faults = all.iter().flat_map(|(field, score)| faults(*field, score));
    let faults: Vec<_> = faults.collect();
    if !faults.is_empty() {
        return CellText::new(faults.join(", "), correct_shares(&all), Tone::Bad);
    }
    let fewest = all.iter().map(|(_, score)| score.judged()).min();
    let tone = match fewest {
        Some(n) if n >= SHOWN => Tone::Good,
        _ => Tone::Unknown,
    };
    CellText::new("all correct", "100", tone)
}

/// What is wrong with a field, and how often.
pub(super) fn faults(field: Field, score: &FieldScore) -> Vec<String> {
    let faults = [
        ("wrong", score.wrong),
        ("truncated", score.truncated),
        ("stale", score.stale),
        ("missing", score.missing),
    ];
    let share = |count: u64| percent(count as f64 / score.judged() as f64);
    let found = faults.into_iter().filter(|(_, count)| *count > 0);
    found
        .map(|(fault, count)| format!("{} {fault} {}", field.as_str(), share(count)))
        .collect()
}

/// "38 for exe, argv; 88 for ppid": the correct share of the fields that are not all correct.
fn correct_shares(all: &[(Field, FieldScore)]) -> String {
    let mut shares: Vec<(String, Vec<&str>)> = Vec::new();
    for (field, score) in all {
        if score.correct == score.judged() {
            continue;
        }
        let share = whole_percent(score.correct as f64 / score.judged() as f64);
        match shares.iter_mut().find(|(found, _)| *found == share) {
            Some((_, fields)) => fields.push(field.as_str()),
            None => shares.push((share, vec![field.as_str()])),
        }
    }
    let words = shares
        .iter()
        .map(|(share, fields)| format!("{share} for {}", fields.join(", ")));
    words.collect::<Vec<_>>().join("; ")
}
