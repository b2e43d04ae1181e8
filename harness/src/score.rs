//! From raw files to figures: decode, pair, count. Pure, so it can be redone on old records.
//!
//! One metric family per file. A cell whose files are damaged is a failed cell that names the
//! file; the others are scored all the same.

mod aggregate;
mod by_key;
mod case_outcome;
mod cell;
mod cost;
mod fields;
mod inputs;
mod latency;
mod loss;
mod noise_floor;
mod open_loop;
mod reported_loss;
mod runs_csv;
mod stall;
mod summary;

use std::path::Path;

use anyhow::Result;
use contract::{Claims, EventLog, Kind, Ledger, pair};

pub use aggregate::{Comparison, Extra, LatencyScore, Loss, Slowdown};
pub use by_key::{Key, Keyed};
pub use case_outcome::{CaseOutcome, CaseScore, EVERYTHING, Finding};
pub use cell::{Cell, KindScore};
pub use cost::CostScore;
pub use fields::FieldScore;
pub use inputs::{Sources, split_label};
pub use latency::{Interval, Intervals, Latency, LatencyHistogram};
pub use noise_floor::{Floor, NoiseFloor, Verdict};
pub use open_loop::{Pace, PaceScore};
pub use runs_csv::{runs, write_runs};
pub use stall::Stall;
pub use summary::Summary;

use crate::record::{CellRun, Record, Status, write_json};

/// A scored cell, with the detection latency of its events by kind to be pooled over repetitions.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The row.
    pub cell: Cell,
    /// By kind; `None` unless measured.
    pub latency: Option<[LatencyHistogram; 3]>,
}

/// Scores one measured cell from what was written down and what was said.
pub fn score(
    run: &CellRun,
    ledger: &Ledger,
    journal: &EventLog,
    claims: &Claims,
) -> Result<Scored> {
    let pairing = pair(ledger, &journal.events, claims.clock);
    let (mut kinds, unrelated) = loss::count(ledger, journal, &pairing, claims);
    let latency = latency::measure(ledger, journal, &pairing)?;
    for (&kind, score) in &mut kinds.0 {
        score.latency_us = latency::of(&latency, kind);
    }
    let mut cell = Cell::blank(run);
    cell.fields = fields::judge(ledger, journal, &pairing, claims);
    cell.silent_lost = reported_loss::silent(&kinds, &run.reported_lost);
    cell.kinds = kinds;
    cell.unrelated = unrelated;
    cell.pace = open_loop::measure(ledger)?;
    cell.cost = cost::per_event(run.cost.as_ref(), cell.events());
    Ok(Scored {
        cell,
        latency: Some(latency),
    })
}

/// Scores the cell in `dir`. Damaged files make it a failed cell; only a `cell.json` that cannot
/// be read is an error, because then nobody knows which cell it is.
pub fn cell(dir: &Path, sources: &Sources<'_>) -> Result<Scored> {
    let run: CellRun = crate::record::read_json(&dir.join("cell.json"))?;
    if run.status != Status::Ok {
        return Ok(Scored {
            cell: Cell::blank(&run),
            latency: None,
        });
    }
    let scored = inputs::inputs(dir, &run, sources)
        .and_then(|inputs| score(&run, &inputs.ledger, &inputs.journal, &inputs.claims));
    Ok(scored.unwrap_or_else(|error| Scored {
        cell: Cell::failed(&run, format!("{error:#}")),
        latency: None,
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
        latency: None,
    }
}

/// Kinds with something to say about them, in the order of every table.
pub fn offered(kinds: &Keyed<Kind, KindScore>) -> impl Iterator<Item = (Kind, &KindScore)> {
    let all = kinds.0.iter().map(|(kind, score)| (*kind, score));
    all.filter(|(_, score)| score.offered)
}
