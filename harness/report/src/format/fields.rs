//! Fields: what was told of matched events, and whether it was correct.

use contract::Field;
use scoring::{Comparison, FieldScore};

use super::cell_text::{CellText, Tone};
use crate::numbers::{percent, whole_percent};

/// The fields that are offered and of which there is something to judge.
pub(super) fn judged(one: &Comparison) -> impl Iterator<Item = (Field, &FieldScore, f64)> {
    let all = Field::ALL.into_iter();
    all.filter_map(|field| {
        let score = one.fields.get(field).filter(|score| score.offered)?;
        let n = score.correct + score.wrong + score.truncated + score.missing;
        (n > 0).then_some((field, score, n as f64))
    })
}

/// "exe missing 12 %, argv cut 3 %", or that all are correct.
pub(super) fn fields(one: &Comparison) -> CellText {
    if judged(one).next().is_none() {
        return CellText::none();
    }
    let faults = judged(one).flat_map(|(field, score, n)| faults(field, score, n));
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() {
        return CellText::new("all correct", "all", Tone::Good);
    }
    CellText::new(faults.join(", "), correct_shares(one), Tone::Bad)
}

fn faults(field: Field, score: &FieldScore, n: f64) -> Vec<String> {
    let faults = [
        ("wrong", score.wrong),
        ("truncated", score.truncated),
        ("missing", score.missing),
    ];
    let found = faults.into_iter().filter(|(_, count)| *count > 0);
    found
        .map(|(fault, count)| format!("{} {fault} {}", field.as_str(), percent(count as f64 / n)))
        .collect()
}

/// "exe,argv 38% ppid 88%": the correct share of the fields that are not all correct.
fn correct_shares(one: &Comparison) -> String {
    let mut shares: Vec<(String, Vec<&str>)> = Vec::new();
    for (field, score, n) in judged(one).filter(|(_, score, n)| score.correct < *n as u64) {
        let share = format!("{}%", whole_percent(score.correct as f64 / n));
        match shares.iter_mut().find(|(found, _)| *found == share) {
            Some((_, fields)) => fields.push(field.as_str()),
            None => shares.push((share, vec![field.as_str()])),
        }
    }
    let words = shares
        .iter()
        .map(|(share, fields)| format!("{} {share}", fields.join(",")));
    words.collect::<Vec<_>>().join(" ")
}
