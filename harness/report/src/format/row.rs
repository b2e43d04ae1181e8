//! One configuration on one workload, as a row of every table.

use contract::Kind;
use scoring::{Comparison, Summary};
use serde::Serialize;

use super::cell_text::CellText;
use super::{cost, fields, latency, loss, notes};

/// The head of a table of rows in full.
pub(crate) const HEAD: [&str; 14] = [
    "configuration",
    "fork missed",
    "exec missed",
    "exit missed",
    "reported loss, silent loss",
    "fields",
    "duplicates",
    "false positives",
    "detection latency",
    "slowdown",
    "stall",
    "own CPU per event",
    "system CPU per event",
    "peak memory",
];

/// The head of a table of rows in short.
pub(crate) const SHORT_HEAD: [&str; 9] = [
    "configuration",
    "fork missed",
    "exec missed",
    "exit missed",
    "fields correct",
    "latency p50/p99",
    "slowdown",
    "own CPU",
    "system CPU",
];

/// A row of the matrix.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) configuration: String,
    pub(crate) repetitions: usize,
    /// Why there are no figures.
    pub(crate) not_measured: Option<String>,
    /// It cannot run on this machine at all, whatever the workload.
    pub(crate) unavailable: bool,
    /// By kind.
    pub(crate) missed: [CellText; 3],
    pub(crate) stall: String,
    pub(crate) fields: CellText,
    pub(crate) duplicates: u64,
    pub(crate) false_positives: u64,
    pub(crate) latency: CellText,
    pub(crate) slowdown: CellText,
    pub(crate) own_cpu: CellText,
    pub(crate) system_cpu: CellText,
    pub(crate) memory: String,
    pub(crate) reported_loss: String,
    /// What a reader must know beside the figures.
    pub(crate) notes: Vec<String>,
    /// One event in a hundred or more was missed of some kind that is offered.
    pub(crate) blind: bool,
}

/// The rows of the matrix, workload by workload; `null` is not one of them.
pub(crate) fn rows(summary: &Summary) -> Vec<Row> {
    let all = summary.comparison.iter();
    let shown = all.filter(|one| one.configuration != "null");
    shown.map(row).collect()
}

/// What a row says that holds no measured cell.
fn not_measured(one: &Comparison) -> Option<String> {
    let why = one.errors.join("; ");
    match (one.repetitions, one.failed) {
        (0, 0) => Some(format!("cannot run here: {why}")),
        (0, _) => Some(format!("failed: {why}")),
        _ => None,
    }
}

fn row(one: &Comparison) -> Row {
    let memory = one.peak_rss_bytes.map(|bytes| bytes >> 20);
    Row {
        workload: one.workload.clone(),
        configuration: one.configuration.clone(),
        repetitions: one.repetitions,
        not_measured: not_measured(one),
        unavailable: one.repetitions == 0 && one.failed == 0,
        missed: Kind::ALL.map(|kind| loss::missed(one.loss.get(kind))),
        stall: cost::stall(one),
        fields: fields::fields(one),
        duplicates: one.duplicates,
        false_positives: one.false_positives,
        latency: latency::latency(one.latency_us.all.as_ref()),
        slowdown: cost::slowdown(one),
        own_cpu: cost::own_cpu(one),
        system_cpu: cost::system_cpu(one),
        memory: memory.map_or("-".into(), |mib| format!("{mib} MiB")),
        reported_loss: loss::reported(one),
        notes: notes::notes(one),
        blind: loss::losses(one).any(|loss| loss.rate >= 0.01),
    }
}
