//! What all repetitions of one workload under one monitor say together.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::Field;

use crate::buffer::BufferScore;
use crate::by_key::{Key, Keyed};
use crate::cell::{Cell, offered};
use crate::comparison::{Comparison, Share};
use crate::fields::FieldScore;
use crate::latency_score::LatencyScore;
use crate::lineage::Lineage;
use crate::record::{Experiment, Status};
use crate::scored::Scored;
use crate::slowdown::OverheadFits;
use crate::stall::Stall;
use crate::stationary::Stationarity;
use crate::stats::{self, Estimate};
use crate::{ambiguous, loss_rate, open_loop};

/// The sound cells of one workload under one monitor.
struct Cells<'a> {
    all: Vec<&'a Scored>,
    /// Those that show whether the reader keeps up.
    loss: Vec<&'a Scored>,
    /// Those that show what it costs, and how late events are.
    cost: Vec<&'a Scored>,
}

impl<'a> Cells<'a> {
    /// `workload` are all cells of the workload, whatever the monitor: which of them count is the
    /// same for all monitors, also where one of them has none.
    fn new(own: &[&'a Scored], workload: &[&Scored]) -> Self {
        let all = own.iter().filter(|one| one.cell.status == Status::Ok);
        let all: Vec<&Scored> = all.copied().collect();
        let of = |experiment: Experiment| {
            let is = |one: &&Scored| one.cell.experiment == experiment;
            let planned = workload.iter().any(is);
            let chosen = all.iter().filter(|one| !planned || is(one));
            chosen.copied().collect()
        };
        Self {
            loss: under_its_own_buffer(of(Experiment::Loss)),
            // Where execs are held, everything takes longer.
            cost: of(Experiment::Overhead)
                .into_iter()
                .filter(|one| one.cell.experiment != Experiment::Argv)
                .collect(),
            all,
        }
    }
}

/// A sustained cell with a smaller buffer that lost something was run again under the buffer that the
/// configuration has: then that one counts. No loss under a smaller buffer holds for a larger one.
fn under_its_own_buffer(mut loss: Vec<&Scored>) -> Vec<&Scored> {
    let own = |one: &&Scored| one.cell.stands_for.is_none();
    if loss.iter().any(own) {
        loss.retain(own);
    }
    loss
}

/// Puts the cells of one workload under one monitor together; `workload` are those of the workload
/// under any.
pub(super) fn compare(
    (name, monitor): (&str, &str),
    own: &[&Scored],
    workload: &[&Scored],
    overhead: &OverheadFits,
    seed: u64,
) -> Result<Comparison> {
    let ended = |status| own.iter().filter(|one| one.cell.status == status).count();
    let Cells { all, loss, cost } = Cells::new(own, workload);
    let cells = || all.iter().map(|one| &one.cell);
    let loss_cells = || loss.iter().map(|one| &one.cell);
    let sum = |figure: fn(&Cell) -> u64| cells().map(figure).sum::<u64>();
    let missed = |cells: &[&Scored]| cells.iter().map(|one| missed(&one.cell)).sum::<u64>();
    let fits = overhead.of(name, monitor);
    let latencies: Vec<_> = cost.iter().filter_map(|one| one.latency.as_ref()).collect();
    Ok(Comparison {
        workload: name.to_owned(),
        configuration: monitor.to_owned(),
        repetitions: all.len(),
        failed: ended(Status::Failed),
        unavailable: ended(Status::Unavailable),
        errors: errors(own),
        blind: cells().find_map(|cell| cell.blind.clone()),
        loss: loss_rate::by_kind(&loss),
        ambiguous: ambiguous::together(loss_cells().map(|cell| &cell.ambiguous)),
        truth_source: cells().find_map(|cell| cell.truth_source.clone()),
        loss_configuration: loss_cells()
            .find(|cell| cell.stands_for.is_some())
            .map(|cell| cell.configuration.clone()),
        loss_tested: !loss.is_empty() && loss_cells().all(|cell| cell.loss_tested),
        missed_elsewhere: missed(&all) - missed(&loss),
        buffer: BufferScore::of(cells()),
        stationary: Stationarity::together(cells().filter_map(|cell| cell.stationary.as_ref())),
        fields: fields(&all),
        correct: correct(&all),
        lineage: Lineage::together(cells().filter_map(|cell| cell.lineage.as_ref())),
        duplicates: sum(|cell| cell.kinds.0.values().map(|kind| kind.duplicates).sum()),
        false_positives: sum(|cell| cell.kinds.0.values().map(|kind| kind.false_positives).sum()),
        unrelated: sum(|cell| cell.unrelated),
        unverified: sum(|cell| cell.unverified),
        reported_lost: reported_lost(&loss),
        silent_lost: loss_cells().map(|cell| cell.silent_lost).sum(),
        undrained: cells().filter(|cell| !cell.drained).count(),
        stolen: cells()
            .filter(|cell| cell.noise.stolen || cell.noise.throttled)
            .count(),
        latency_us: LatencyScore::of(&latencies)?,
        pace: open_loop::pool(cells().filter_map(|cell| cell.pace.as_ref()), seed),
        stall: Stall::of(cells(), fits.map(|(fits, place)| (&fits.wall, place)), seed),
        slowdown: fits.and_then(|(fits, place)| fits.wall.of(place)),
        slowdown_per_process: fits
            .and_then(|(fits, place)| fits.wall_per_process.as_ref()?.of(place)),
        own_cpu_us_per_event: figures(&cost, |c| c.cost.own_cpu_us_per_event, seed),
        system_cpu_us_per_event: fits.and_then(|(fits, place)| fits.system_cpu.extra(place)),
        events_per_s: figures(&cost, |c| c.cost.events_per_s, seed).map(|mean| mean.value),
        peak_rss_bytes: cells().filter_map(|cell| cell.cost.peak_rss_bytes).max(),
    })
}

fn missed(cell: &Cell) -> u64 {
    offered(&cell.kinds).map(|(_, score)| score.missed).sum()
}

fn errors(cells: &[&Scored]) -> Vec<String> {
    let mut errors: Vec<_> = cells.iter().filter_map(|s| s.cell.error.clone()).collect();
    errors.sort();
    errors.dedup();
    errors
}

fn fields(cells: &[&Scored]) -> Keyed<Field, FieldScore> {
    if cells.is_empty() {
        return Keyed::default();
    }
    FieldScore::each(|field| {
        FieldScore::together(cells.iter().filter_map(|one| one.cell.fields.get(field)))
    })
}

fn reported_lost(cells: &[&Scored]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (cause, n) in cells.iter().flat_map(|scored| &scored.cell.reported_lost) {
        let sum = sums.entry(cause.clone()).or_insert(0_u64);
        *sum = sum.saturating_add(*n);
    }
    sums
}

/// Shares of repetitions with anything to judge.
fn correct(cells: &[&Scored]) -> Keyed<Field, Share> {
    let share = |field: Field| {
        let scores = cells.iter().filter_map(|one| one.cell.fields.get(field));
        let counts = scores.map(|score| (score.correct, score.judged()));
        let counts: Vec<(u64, u64)> = counts.filter(|count| count.1 > 0).collect();
        let (correct, judged) = stats::pool(&counts);
        let (low, high) = stats::share(&counts);
        (judged > 0).then(|| {
            let share = correct as f64 / judged as f64;
            (field, Share { share, low, high })
        })
    };
    Keyed(
        Field::EVERY
            .iter()
            .filter_map(|&field| share(field))
            .collect(),
    )
}

fn figures(
    cells: &[&Scored],
    figure: impl Fn(&Cell) -> Option<f64>,
    seed: u64,
) -> Option<Estimate> {
    let values: Vec<f64> = cells.iter().filter_map(|s| figure(&s.cell)).collect();
    stats::mean(&values, seed)
}

#[cfg(test)]
mod tests;
