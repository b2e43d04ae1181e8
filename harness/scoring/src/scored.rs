//! One cell: from true and reported events to its row.

use anyhow::Result;
use contract::{Claims, EventLog, Kind, Ledger, Life};

use crate::cell::Cell;
use crate::latency::{self, LatencyHistogram};
use crate::matching::match_events;
use crate::missed::{Collect, MissedOfCell};
use crate::parallel::both;
use crate::record::{CellRun, Experiment};
use crate::slices::{Count, Slices};
use crate::stationary::Stationarity;
use crate::{ambiguous, buffer, cost, fields, lineage, loss, open_loop, reported_loss, snapshot};

/// A scored cell, with what is to be pooled over repetitions.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The row.
    pub cell: Cell,
    /// Which events went wrong; `None` unless measured.
    pub missed: Option<MissedOfCell>,
    /// Detection latency by kind; `None` unless measured.
    pub latency: Option<[LatencyHistogram; 3]>,
    /// What a sustained cell missed by kind, slice by slice.
    pub(crate) sliced_loss: Option<Vec<[Count; Kind::ALL.len()]>>,
}

impl Scored {
    /// A row that was measured with this detection latency, if any.
    pub fn new(cell: Cell, latency: Option<[LatencyHistogram; 3]>) -> Self {
        Self {
            cell,
            missed: None,
            latency,
            sliced_loss: None,
        }
    }
}

/// Scores one measured cell from what was written down and what was said.
///
/// `others` are all processes of the machine that are not the workload's, those of the readiness
/// probes among them, over the whole time of which `log` speaks; `None` where they are not known.
pub fn score(
    run: &CellRun,
    ledger: &Ledger,
    log: &EventLog,
    claims: &Claims,
    others: Option<&[Life]>,
) -> Result<Scored> {
    let live = snapshot::live(log);
    let log = live.as_ref();
    let matching = match_events(ledger, &log.events, claims.clock, others);
    let mut slices = match run.experiment {
        Experiment::Loss => Slices::new(ledger, log, &matching),
        _ => None,
    };
    let mut missed = Collect::new(ledger);
    missed.unmatched(ledger, log, &matching, claims);
    let judge_fields = || {
        let fields = fields::judge(ledger, log, &matching, claims, |truth, field, found| {
            if let Some(slices) = &mut slices {
                slices.judged(truth, field, found.fault().is_none());
            }
            if let Some(fault) = found.fault() {
                missed.wrong(truth.kind, field, fault, truth.pid, truth.after);
            }
        });
        (fields, lineage::of(ledger, log, &matching, claims))
    };
    let count_events = || {
        let latency = latency::measure(ledger, log, &matching)?;
        let pace = open_loop::measure(ledger)?;
        let (kinds, unrelated) = loss::count(ledger, log, &matching, claims);
        anyhow::Ok((kinds, unrelated, latency, pace))
    };
    let ((fields, lineage), counted) = both(ledger.truths.len(), judge_fields, count_events);
    let (mut kinds, unrelated, latency, pace) = counted?;
    for (&kind, score) in &mut kinds.0 {
        score.latency_us = latency::of(&latency, kind);
    }
    let mut cell = Cell::blank(run);
    cell.ambiguous = ambiguous::set_apart(&mut kinds, ledger.ambiguous);
    cell.fields = fields;
    cell.lineage = lineage;
    let stationary = |slices: &Slices| Stationarity::of(slices, claims, &run.own_cpu_samples);
    cell.stationary = slices.as_ref().map(stationary);
    cell.silent_lost = reported_loss::silent(&kinds, &run.reported_lost);
    cell.loss_tested = buffer::is_tested(run, &kinds);
    cell.kinds = kinds;
    cell.unrelated = unrelated;
    cell.unverified = if others.is_none() { unrelated } else { 0 };
    cell.pace = pace;
    cell.cost = cost::per_event(run.cost.as_ref(), cell.events());
    Ok(Scored {
        cell,
        missed: Some(missed.finish(run)),
        latency: Some(latency),
        sliced_loss: slices.as_ref().map(Slices::missed),
    })
}
