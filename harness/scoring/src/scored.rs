//! One cell: from true and reported events to its row.

use anyhow::Result;
use contract::{Claims, EventLog, Ledger};

use crate::cell::Cell;
use crate::latency::{self, LatencyHistogram};
use crate::matching::pair;
use crate::record::CellRun;
use crate::{cost, fields, loss, open_loop, reported_loss};

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
