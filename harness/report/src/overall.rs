//! One configuration over all its workloads.

use contract::{Field, Kind};
use scoring::{Comparison, Slowdown, Summary};

use crate::counts::{self, Share};
use crate::format::{self, CellText};

/// From this share on, missed is not seen.
const UNSEEN: f64 = 0.99;

/// The slowdown over all workloads together; `None` where a workload lacks the configuration.
pub(crate) fn slowdown<'a>(summary: &'a Summary, configuration: &str) -> Option<&'a Slowdown> {
    let mut all = summary.overhead.iter();
    let found = all.find(|one| one.configuration == configuration)?;
    found.slowdown.as_ref()
}

/// Event loss over the rows that tell of it: where loss was tested, or something was missed. `None`
/// where none of them does.
pub(crate) fn lost(summary: &Summary, rows: &[&Comparison]) -> Option<Share> {
    let tells = rows
        .iter()
        .filter(|row| counts::tells_of_loss(summary, row));
    let shares = tells.filter_map(|row| counts::missed(summary, row, &Kind::ALL));
    Share::together(&shares.collect::<Vec<_>>())
}

/// "2 of 3 workloads not tested", where some are not.
pub(crate) fn untested(summary: &Summary, rows: &[&Comparison]) -> Option<String> {
    let silent = rows
        .iter()
        .filter(|row| !counts::tells_of_loss(summary, row));
    let silent = silent.count();
    (silent > 0).then(|| format!("{silent} of {} workloads not tested", rows.len()))
}

/// A field over all rows, as what is not correct.
pub(crate) fn field(summary: &Summary, rows: &[&Comparison], field: Field) -> Option<Share> {
    let shares = rows
        .iter()
        .filter_map(|row| counts::faults(summary, row, field));
    Share::together(&shares.collect::<Vec<_>>())
}

/// Workloads of which an event in a hundred is reported or less, of some kind that is offered; a family
/// of which that is so everywhere by its name.
pub(crate) fn unseen(rows: &[&Comparison]) -> Vec<String> {
    let is_unseen = |row: &Comparison| row.loss.0.values().any(|loss| loss.rate >= UNSEEN);
    let mut names: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| is_unseen(row)) {
        let family = family(&row.workload);
        let mut others = rows
            .iter()
            .filter(|other| self::family(&other.workload) == family);
        let name = match others.all(|other| is_unseen(other)) {
            true => family,
            false => &row.workload,
        };
        if !names.iter().any(|one| one == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// `short-lived` of `short-lived/vfork`. A command with arguments is alone.
pub(crate) fn family(workload: &str) -> &str {
    let head = workload.split(['/', '{']).next();
    head.filter(|head| !head.contains(' ')).unwrap_or(workload)
}

/// The row with the highest p99 of the detection latency.
pub(crate) fn latest<'a>(rows: &[&'a Comparison]) -> Option<&'a Comparison> {
    let late = rows
        .iter()
        .filter_map(|row| Some((*row, row.latency_us.all.as_ref()?.p99)));
    late.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(row, _)| row)
}

/// The detection latency of the row where it is highest.
pub(crate) fn latency(rows: &[&Comparison]) -> CellText {
    latest(rows).map_or_else(
        || CellText::unknown("no latency was measured"),
        |row| format::latency(&row.latency_us),
    )
}

/// The row with the highest CPU of the monitor itself.
pub(crate) fn dearest<'a>(rows: &[&'a Comparison]) -> Option<&'a Comparison> {
    let cpu = |row: &&&Comparison| row.own_cpu_us_per_event.map_or(0.0, |cpu| cpu.value);
    rows.iter()
        .max_by(|a, b| cpu(a).total_cmp(&cpu(b)))
        .copied()
}

/// The CPU of the monitor itself in the row where it is highest.
pub(crate) fn own_cpu(rows: &[&Comparison]) -> CellText {
    dearest(rows).map_or_else(|| CellText::unknown("not measured"), format::own_cpu)
}
