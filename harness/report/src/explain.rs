//! Which events went wrong, when, what was counted in that cell, and the likely cause in words.

mod answer;
mod cause;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use scoring::{Cell, Group, MissedEvents, MissedOfCell, Summary, What};

use self::answer::{Counted, ExplainedGroup, One};
pub use answer::{Explained, ExplainedCell};
pub use text::{not_asked, text};

/// What is asked for.
pub struct Wanted<'a> {
    /// What went wrong; everything where none is named.
    pub what: &'a [What],
    /// Whether a workload is asked for.
    pub workload: &'a dyn Fn(&str) -> bool,
    /// Whether a configuration is asked for.
    pub configuration: &'a dyn Fn(&str) -> bool,
}

/// Explains the record in `dir`, from its `missed.json` and `summary.json` alone.
pub fn explain(dir: &Path, wanted: &Wanted<'_>) -> Result<Explained> {
    let missed = MissedEvents::read(dir)?;
    let summary = Summary::read(dir)?;
    let mut cells = Vec::new();
    let mut not_asked = BTreeMap::new();
    for found in &missed.cells {
        if !(wanted.workload)(&found.workload) || !(wanted.configuration)(&found.configuration) {
            continue;
        }
        let asked = |group: &&Group| wanted.what.is_empty() || wanted.what.contains(&group.what);
        let (groups, others): (Vec<_>, Vec<_>) = found.groups.iter().partition(asked);
        for other in others {
            *not_asked.entry(other.what.as_str()).or_default() += other.total;
        }
        if !groups.is_empty() {
            cells.push(one(own(&summary, found, dir)?, found, &groups));
        }
    }
    Ok(Explained { cells, not_asked })
}

/// The cell of the summary that is meant.
fn own<'a>(summary: &'a Summary, found: &MissedOfCell, dir: &Path) -> Result<&'a Cell> {
    let mut all = summary.cells.iter();
    let same = |cell: &&Cell| {
        cell.order == found.order
            && cell.workload == found.workload
            && cell.configuration == found.configuration
            && cell.repetition == found.repetition
    };
    match all.find(same) {
        Some(cell) => Ok(cell),
        None => bail!(
            "{}: tells of a cell that summary.json does not have: harness score the record",
            dir.join(scoring::MISSED).display()
        ),
    }
}

fn one(cell: &Cell, found: &MissedOfCell, groups: &[&Group]) -> ExplainedCell {
    let group = |group: &&Group| ExplainedGroup {
        what: group.what,
        kind: group.kind.clone(),
        field: group.field.clone(),
        fault: group.fault.clone(),
        process_seen: group.process_seen,
        total: group.total,
        likely_cause: cause::of(cell, group),
        events: group
            .events
            .iter()
            .map(|&(pid, at_us)| One { pid, at_us })
            .collect(),
    };
    ExplainedCell {
        workload: found.workload.clone(),
        configuration: found.configuration.clone(),
        repetition: found.repetition,
        experiment: found.experiment,
        counted: Counted {
            reported_lost: cell.reported_lost.clone(),
            silent_lost: cell.silent_lost,
            drained: cell.drained,
            buffer: cell.buffer.clone(),
            notes: cell.notes.clone(),
        },
        groups: groups.iter().map(group).collect(),
    }
}
