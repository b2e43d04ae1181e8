//! What each configuration tells of an event, and how often that is true: fields by configurations.

use contract::Field;
use scoring::{Comparison, FieldScore, Summary};
use serde::Serialize;

use crate::counts;
use crate::format;
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
        let offers = |rows: &[&Comparison], fields: &[Field]| {
            fields.iter().any(|field| counts::offers(rows, *field))
        };
        let names = counts::configurations(summary).into_iter();
        let rows = names.map(|name| (name, counts::measured(summary, name).collect()));
        let mut all: Vec<(&str, Vec<&Comparison>)> = rows.collect();
        all.retain(|(_, rows)| offers(rows, &Field::ALL));
        let more = |(_, rows): &(&str, Vec<&Comparison>)| offers(rows, &Field::DETAILS);
        if !all.iter().any(more) {
            all.clear();
        }
        let row = |field: Field| Row {
            field: field.as_str(),
            cells: all
                .iter()
                .map(|(_, rows)| text(&format::field_together(field, rows)))
                .collect(),
        };
        let rows = match all.is_empty() {
            true => Vec::new(),
            false => Field::ALL.map(row).into(),
        };
        Self {
            configurations: all.into_iter().map(|(name, _)| name.to_owned()).collect(),
            rows,
        }
    }
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
