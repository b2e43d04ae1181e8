//! A workload of a record: its rows and its cells.

use std::collections::BTreeMap;

use scoring::Summary;
use scoring::record::{Record, WorkloadInfo};
use serde::Serialize;

use super::cell_row::{self, CellRow};
use crate::commands;
use crate::format::{self, Row};
use crate::numbers::count;
use crate::parts::Parts;

/// The anchor of the row of a workload and a configuration.
pub(super) type Ids = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Debug, Serialize)]
pub(super) struct Workload<'a> {
    id: String,
    name: &'a str,
    analysis: &'a str,
    /// "32,767 forks, 1 exec, 32,767 exits".
    made: String,
    measured: bool,
    /// "Noise floor: 6.9 % (40 null pairs)".
    floor: Option<String>,
    rows: Vec<Linked<'a>>,
    /// Of the baseline.
    cells: Vec<CellRow<'a>>,
}

/// A row and its anchor.
#[derive(Debug, Serialize)]
struct Linked<'a> {
    id: String,
    #[serde(flatten)]
    row: Row,
    /// The command that measures it alone, where the record's own is more.
    again: Option<String>,
    /// Those that its figures are from.
    cells_behind: Vec<CellRow<'a>>,
}

/// The anchors of a record whose anchors begin with `id`.
pub(super) fn ids(record: &Record, id: &str) -> Ids {
    let monitors = |w: usize| {
        let all = record.monitors.iter().enumerate();
        all.map(move |(m, one)| (one.name.clone(), format!("{id}-w{w}-m{m}")))
            .collect()
    };
    let all = record.workloads.iter().enumerate();
    all.map(|(w, one)| (one.name.clone(), monitors(w)))
        .collect()
}

/// All workloads of a record.
pub(super) fn all<'a>(parts: &'a Parts, ids: &Ids) -> Vec<Workload<'a>> {
    let (summary, id) = (&parts.load, &parts.id);
    let rows = format::rows(summary, &parts.tested);
    let link = |row: &Row| {
        let found = ids
            .get(&*row.workload)
            .and_then(|ids| ids.get(&*row.configuration));
        Linked {
            id: found.cloned().unwrap_or_default(),
            row: row.clone(),
            again: again(summary, row),
            cells_behind: Vec::new(),
        }
    };
    let all = summary.record.workloads.iter().enumerate();
    all.map(|(place, one)| {
        let of = rows.iter().filter(|row| row.workload == one.name);
        let mut rows: Vec<_> = of.map(link).collect();
        let mut cells = Vec::new();
        for cell in cell_row::of(summary, &parts.tested, &one.name) {
            let mut own = rows.iter_mut();
            match own.find(|linked| linked.row.configuration == cell.subject) {
                Some(linked) => linked.cells_behind.push(cell),
                None => cells.push(cell),
            }
        }
        Workload {
            id: format!("{id}-w{place}"),
            name: &one.name,
            analysis: &one.analysis,
            made: match one.is_command() {
                true => commands::made(summary, &one.name).unwrap_or_else(|| "not known".into()),
                false => made(one),
            },
            measured: rows.iter().any(|linked| linked.row.not_measured.is_none()),
            floor: floor(summary, &one.name),
            rows,
            cells,
        }
    })
    .collect()
}

/// "harness run -m 'ebpf' -w 'fork-bomb$'"; of a command that is not ours none.
fn again(summary: &Summary, row: &Row) -> Option<String> {
    let mut all = summary.record.workloads.iter();
    let own = |one: &&WorkloadInfo| one.name == row.workload && !one.is_command();
    let name = &all.find(own)?.name;
    // A folder of workloads may have the same name.
    let end = if name.contains(['/', '{']) { "" } else { "$" };
    let quoted = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
    let (monitor, workload) = (quoted(&row.configuration), quoted(&format!("{name}{end}")));
    Some(format!("harness run -m {monitor} -w {workload}"))
}

/// "32,767 forks, 1 exec, 32,767 exits".
fn made(one: &WorkloadInfo) -> String {
    let [fork, exec, exit] = one.expected;
    let words = [
        count(fork, "fork"),
        count(exec, "exec"),
        count(exit, "exit"),
    ];
    words.join(", ")
}

fn floor(summary: &Summary, workload: &str) -> Option<String> {
    let found = summary.noise_floor.workloads.get(workload)?;
    let share = (found.factor - 1.0) * 100.0;
    let pairs = count(found.pairs as u64, "null pair");
    Some(format!("Noise floor: {share:.1} % ({pairs})"))
}
