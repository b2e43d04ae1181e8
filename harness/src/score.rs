//! From raw files to figures: decode, pair, count. Pure, so it can be redone on old records.
//!
//! One metric family per file. A cell whose files are damaged is a failed cell that names the
//! file; the others are scored all the same.

mod admitted;
mod cell;
mod compare;
mod cost;
mod facts;
mod keyed;
mod latency;
mod load;
mod loss;
mod noise;
mod pace;
mod runs;
mod sight;
mod stall;
mod summary;

use std::path::Path;

use anyhow::Result;
use contract::{Claims, Journal, Kind, Ledger, pair};

pub use cell::{Cell, KindScore};
pub use compare::{Comparison, Extra, LatencyScore, Loss, Slowdown};
pub use cost::CostScore;
pub use facts::FactScore;
pub use keyed::{Key, Keyed};
pub use latency::{Interval, Intervals, Latency, Lateness};
pub use load::{Sources, split_label};
pub use noise::{Floor, NoiseFloor, Verdict};
pub use pace::{Pace, PaceScore};
pub use runs::{runs, write_runs};
pub use sight::{CaseScore, EVERYTHING, Finding, Sight};
pub use stall::Stall;
pub use summary::Summary;

use crate::record::{CellRun, Record, Status, write_json};

/// A scored cell, with the lateness of its moments by kind to be pooled over repetitions.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The row.
    pub cell: Cell,
    /// By kind; `None` unless measured.
    pub lateness: Option<[Lateness; 3]>,
}

/// Scores one measured cell from what was written down and what was said.
pub fn score(run: &CellRun, ledger: &Ledger, journal: &Journal, claims: &Claims) -> Result<Scored> {
    let pairing = pair(ledger, &journal.events, claims.clock);
    let (mut kinds, outside) = loss::count(ledger, journal, &pairing, claims);
    let lateness = latency::measure(ledger, journal, &pairing)?;
    for (&kind, score) in &mut kinds.0 {
        score.latency_us = latency::of(&lateness, kind);
    }
    let mut cell = Cell::blank(run);
    cell.facts = facts::judge(ledger, journal, &pairing, claims);
    cell.unaccounted_lost = admitted::unaccounted(&kinds, &run.admitted);
    cell.kinds = kinds;
    cell.outside = outside;
    cell.pace = pace::measure(ledger)?;
    cell.cost = cost::per_moment(run.cost.as_ref(), cell.moments());
    Ok(Scored {
        cell,
        lateness: Some(lateness),
    })
}

/// Scores the cell in `dir`. Damaged files make it a failed cell; only a `cell.json` that cannot
/// be read is an error, because then nobody knows which cell it is.
pub fn cell(dir: &Path, sources: &Sources<'_>) -> Result<Scored> {
    let run: CellRun = crate::record::read_json(&dir.join("cell.json"))?;
    if run.status != Status::Ok {
        return Ok(Scored {
            cell: Cell::blank(&run),
            lateness: None,
        });
    }
    let scored = load::inputs(dir, &run, sources)
        .and_then(|inputs| score(&run, &inputs.ledger, &inputs.journal, &inputs.claims));
    Ok(scored.unwrap_or_else(|error| Scored {
        cell: Cell::failed(&run, format!("{error:#}")),
        lateness: None,
    }))
}

/// Scores all cells of the record in `dir` and writes its `runs.csv` and `summary.json`.
pub fn record(dir: &Path, sources: &Sources<'_>) -> Result<Summary> {
    let record = Record::read(dir)?;
    let sources = Sources {
        emulated: record.machine.correctness_only,
        ..*sources
    };
    let mut scored = Vec::new();
    for path in Record::cells(dir)? {
        scored.push(cell(&path, &sources).unwrap_or_else(|error| lost(&path, &error)));
    }
    write(dir, Summary::new(record, scored)?)
}

/// Writes `runs.csv` and `summary.json` into the record in `dir`.
pub fn write(dir: &Path, summary: Summary) -> Result<Summary> {
    write_runs(&dir.join("runs.csv"), &summary)?;
    write_json(&dir.join("summary.json"), &summary)?;
    Ok(summary)
}

/// The row of a cell whose own description is unreadable: all that is known is its folder.
fn lost(dir: &Path, error: &anyhow::Error) -> Scored {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let run = CellRun {
        order: u32::MAX,
        status: Status::Failed,
        ..CellRun::nothing(&name, "unknown")
    };
    Scored {
        cell: Cell::failed(&run, format!("{error:#}")),
        lateness: None,
    }
}

/// Kinds with something to say about them, in the order of every table.
pub fn offered(kinds: &Keyed<Kind, KindScore>) -> impl Iterator<Item = (Kind, &KindScore)> {
    let all = kinds.0.iter().map(|(kind, score)| (*kind, score));
    all.filter(|(_, score)| score.offered)
}
