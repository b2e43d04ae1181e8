//! One configuration on one workload, as a row of every table.

use contract::Kind;
use scoring::{Comparison, Summary};
use serde::Serialize;

use super::cell_text::CellText;
use super::{buffer, cost, fields, latency, loss, notes};
use crate::counts;
use crate::fold::Tested;

/// The head of a table of rows in full.
pub(crate) const HEAD: [&str; 15] = [
    "configuration",
    "fork missed",
    "exec missed",
    "exit missed",
    "reported loss, silent loss",
    "buffer",
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

/// The same as parts of anchors, the configuration left out.
pub(crate) const KEYS: [&str; 14] = [
    "fork-missed",
    "exec-missed",
    "exit-missed",
    "reported",
    "buffer",
    "fields",
    "duplicates",
    "false-positives",
    "latency",
    "slowdown",
    "stall",
    "own-cpu",
    "system-cpu",
    "memory",
];

/// The head of a table of rows in short.
pub(crate) const SHORT_HEAD: [&str; 10] = [
    "configuration",
    "fork missed, %",
    "exec missed, %",
    "exit missed, %",
    "buffer filled",
    "fields correct, %",
    "latency p50 / p99, ms",
    "overhead, %",
    "own CPU, us/event",
    "system CPU, us/event",
];

/// Which of [`KEYS`] each is, the configuration left out.
pub(crate) const SHORT_KEYS: [&str; 9] = [
    KEYS[0], KEYS[1], KEYS[2], KEYS[4], KEYS[5], KEYS[8], KEYS[9], KEYS[11], KEYS[12],
];

/// A row of the matrix.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) configuration: String,
    /// Why there are no figures.
    pub(crate) not_measured: Option<String>,
    /// It cannot run on this machine at all, whatever the workload.
    pub(crate) unavailable: bool,
    /// In the order of [`HEAD`], the configuration left out.
    cells: Vec<CellText>,
    /// In the order of [`SHORT_HEAD`], the configuration left out.
    short: Vec<CellText>,
    /// What a reader must know beside the figures.
    pub(crate) notes: Vec<String>,
    /// Cells that went wrong.
    trouble: Vec<String>,
}

/// The rows of the matrix, workload by workload; `null` is not one of them.
pub(crate) fn rows(summary: &Summary, tested: &Tested) -> Vec<Row> {
    let all = summary.comparison.iter();
    let shown = all.filter(|one| one.configuration != "null");
    shown.map(|one| row(summary, one, tested)).collect()
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

fn row(summary: &Summary, one: &Comparison, tested: &Tested) -> Row {
    let untested = counts::untested(summary, one);
    let missed = Kind::ALL.map(|kind| loss::missed(one, kind, &untested));
    let place = (one.workload.clone(), one.configuration.clone());
    let buffer = buffer::buffer(one, tested.get(&place));
    let fields = fields::fields(&[one]);
    let latency = latency::latency(&one.latency_us);
    let slowdown = cost::slowdown(one.slowdown.as_ref());
    let (own_cpu, system_cpu) = (cost::own_cpu(one), cost::system_cpu(one));
    let memory = one.peak_rss_bytes.map(|bytes| bytes >> 20);
    let memory = memory.map_or("-".into(), |mib| format!("{mib} MiB"));
    let plain = |text: String| CellText::plain(text);
    let middle = [
        plain(loss::reported(one)),
        buffer.clone(),
        fields.clone(),
        plain(one.duplicates.to_string()),
        plain(one.false_positives.to_string()),
        latency.clone(),
        slowdown.clone(),
        plain(cost::stall(one)),
        own_cpu.clone(),
        system_cpu.clone(),
        plain(memory),
    ];
    let short = [buffer, fields, latency, slowdown, own_cpu, system_cpu];
    Row {
        workload: one.workload.clone(),
        configuration: one.configuration.clone(),
        not_measured: not_measured(one),
        unavailable: one.repetitions == 0 && one.failed == 0,
        cells: missed.iter().cloned().chain(middle).collect(),
        short: missed.into_iter().chain(short).collect(),
        notes: notes::notes(one),
        trouble: notes::trouble(&[one]),
    }
}
