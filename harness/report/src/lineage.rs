//! Who started whom, and in which order it was told: a table.

use scoring::{Comparison, Lineage, Summary};
use serde::Serialize;

use crate::numbers::{few, percent, thousands};

/// What stands over the columns.
pub(crate) const HEAD: [&str; 9] = [
    "configuration",
    "processes",
    "parents correct",
    "wrong",
    "orphans",
    "missing",
    "told in whole",
    "exec before its fork / exit before its exec",
    "inversions per 1,000 events (longest)",
];

/// The table of a record; empty where no cell has it.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    head: &'static [&'static str],
    groups: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct Group {
    workload: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(summary: &Summary) -> Self {
        let group = |workload: &str| {
            let of = summary
                .comparison
                .iter()
                .filter(|one| one.workload == workload);
            let rows: Vec<_> = of.filter_map(row).collect();
            let workload = workload.to_owned();
            (!rows.is_empty()).then_some(Group { workload, rows })
        };
        let workloads = summary.record.workloads.iter();
        Self {
            head: &HEAD,
            groups: workloads.filter_map(|one| group(&one.name)).collect(),
        }
    }
}

fn row(one: &Comparison) -> Option<Vec<String>> {
    let found = one.lineage.filter(|found| found.lives > 0)?;
    let count = |number: u64| thousands(number);
    let share = |part: u64| percent(part as f64 / found.lives as f64);
    let named = |text: String| match found.parents {
        true => text,
        false => "not offered".into(),
    };
    Some(vec![
        one.configuration.clone(),
        count(found.lives),
        named(share(found.correct)),
        named(count(found.wrong)),
        named(count(found.orphans)),
        named(count(found.missing)),
        found.complete.map_or_else(|| "not offered".into(), share),
        format!(
            "{} / {}",
            count(found.exec_before_fork),
            count(found.exit_before_exec)
        ),
        inversions(&found),
    ])
}

fn inversions(found: &Lineage) -> String {
    if found.inversions == 0 {
        return "0".into();
    }
    let per_thousand = found.inversions as f64 * 1000.0 / found.events.max(1) as f64;
    format!(
        "{} ({} ms)",
        few(per_thousand),
        few(found.longest_inversion_ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_told_by_the_thousand() {
        let found = |inversions| Lineage {
            events: 2000,
            inversions,
            longest_inversion_ms: 1.5,
            ..Lineage::default()
        };
        assert_eq!(inversions(&found(0)), "0");
        assert_eq!(inversions(&found(4)), "2.0 (1.5 ms)");
    }
}
