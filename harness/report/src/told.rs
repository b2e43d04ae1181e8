//! What each configuration tells of an event, and how often that is true: fields by configurations.

use contract::Field;
use scoring::{Comparison, FieldScore, Summary};
use serde::Serialize;

use crate::numbers::{percent, thousands};

/// The table of a record; empty where only exe, argv, ppid and status are offered, of which the tables of
/// the workloads tell.
#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    configurations: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    field: &'static str,
    cells: Vec<String>,
}

impl Matrix {
    pub(crate) fn new(summary: &Summary) -> Self {
        let of = |name: &str| {
            let rows = summary.comparison.iter();
            rows.filter(|one| one.configuration == name).collect()
        };
        let mut all: Vec<(String, Vec<&Comparison>)> = Vec::new();
        for one in &summary.comparison {
            if all.iter().all(|(name, _)| *name != one.configuration) && offers(one, &Field::ALL) {
                all.push((one.configuration.clone(), of(&one.configuration)));
            }
        }
        let more = |(_, rows): &(String, Vec<&Comparison>)| {
            rows.iter().any(|one| offers(one, &Field::DETAILS))
        };
        if !all.iter().any(more) {
            all.clear();
        }
        let row = |field: Field| Row {
            field: field.as_str(),
            cells: all.iter().map(|(_, rows)| cell(field, rows)).collect(),
        };
        let rows = match all.is_empty() {
            true => Vec::new(),
            false => Field::ALL.map(row).into(),
        };
        Self {
            configurations: all.into_iter().map(|(name, _)| name).collect(),
            rows,
        }
    }
}

fn offers(one: &Comparison, fields: &[Field]) -> bool {
    let offered = |field: &Field| one.fields.get(*field).is_some_and(|score| score.offered);
    fields.iter().any(offered)
}

fn cell(field: Field, rows: &[&Comparison]) -> String {
    let scores = rows.iter().filter_map(|one| one.fields.get(field));
    text(&FieldScore::together(scores.filter(|score| score.offered)))
}

/// "all 800", or the correct share and what became of the others.
fn text(sum: &FieldScore) -> String {
    match sum.judged() {
        _ if !sum.offered => return "not offered".into(),
        0 => return "nothing to judge".into(),
        all if all == sum.correct => return format!("all {}", thousands(all)),
        _ => {}
    }
    let mut words = vec![percent(sum.correct as f64 / sum.judged() as f64)];
    let faults = [
        ("wrong", sum.wrong),
        ("stale", sum.stale),
        ("truncated", sum.truncated),
        ("missing", sum.missing),
    ];
    let found = faults.into_iter().filter(|(_, count)| *count > 0);
    words.extend(found.map(|(fault, count)| format!("{fault} {}", thousands(count))));
    words.join(", ")
}

#[cfg(test)]
mod tests;
