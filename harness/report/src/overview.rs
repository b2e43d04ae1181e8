//! Each configuration on each family of workloads.

use scoring::{Comparison, Summary};
use serde::Serialize;

use crate::counts;
use crate::each_once::each_once;
use crate::format::{self, CellText, Tone};
use crate::overall::{self, family};

/// A table with a column group for each family.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    /// Workloads whose names begin alike.
    families: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    configuration: String,
    families: Vec<Figures>,
}

/// A configuration on a family: event loss of all its workloads, CPU and slowdown of the worst.
#[derive(Debug, Serialize)]
struct Figures {
    missed: CellText,
    cpu: CellText,
    slowdown: CellText,
}

impl Overview {
    pub(crate) fn new(summary: &Summary) -> Self {
        let workloads = summary.record.workloads.iter();
        let families = each_once(workloads.map(|one| family(&one.name).to_owned()));
        let row = |name: &str| Row {
            configuration: name.to_owned(),
            families: families
                .iter()
                .map(|family| figures(summary, family, name))
                .collect(),
        };
        let names = counts::configurations(summary).into_iter();
        let rows = names.map(row).collect();
        Self { rows, families }
    }
}

fn figures(summary: &Summary, name: &str, configuration: &str) -> Figures {
    let rows = counts::measured(summary, configuration);
    let rows: Vec<_> = rows.filter(|row| family(&row.workload) == name).collect();
    let worst = |figure: &dyn Fn(&Comparison) -> Option<f64>| {
        let found = rows.iter().filter_map(|one| Some((*one, figure(one)?)));
        found.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(one, _)| one)
    };
    let slowest = worst(&|one| Some(one.slowdown?.ratio));
    let dearest = worst(&|one| Some(one.system_cpu_us_per_event?.estimate.value));
    Figures {
        missed: missed(summary, &rows),
        cpu: dearest.map_or_else(CellText::none, format::system_cpu),
        slowdown: slowest.map_or_else(CellText::none, |one| {
            format::slowdown(one.slowdown.as_ref())
        }),
    }
}

/// Of the kinds that are offered; which these are, unless it is all three.
fn missed(summary: &Summary, rows: &[&Comparison]) -> CellText {
    let Some(first) = rows.first() else {
        return CellText::none();
    };
    let lost = overall::lost(summary, rows);
    let found = lost.map_or_else(
        || CellText::new("loss not tested", format::NOT_TESTED, Tone::Unknown),
        |share| format::together(&share),
    );
    match format::offered_only(first) {
        Some(kinds) => CellText {
            short: format!("{} ({kinds} only)", found.short),
            ..found
        },
        None => found,
    }
}
