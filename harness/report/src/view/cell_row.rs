//! A cell of a record in a line.

use contract::Kind;
use scoring::record::{Experiment, Noise, Status};
use scoring::{Cell, Summary};
use serde::Serialize;

use crate::fold::Tested;
use crate::numbers::{few, micros, thousands};

#[derive(Debug, Serialize)]
pub(super) struct CellRow<'a> {
    /// Whose figures it is behind.
    pub(super) subject: &'a str,
    configuration: String,
    experiment: &'static str,
    repetition: u32,
    /// Why there are no figures.
    why: Option<&'a str>,
    figures: Vec<String>,
}

pub(super) const HEAD: [&str; 19] = [
    "configuration",
    "experiment",
    "repetition",
    "fork missed",
    "exec missed",
    "exit missed",
    "duplicates",
    "false positives",
    "silent loss",
    "fork latency p99",
    "exec latency p99",
    "exit latency p99",
    "events/s",
    "wall ms",
    "own CPU us/event",
    "system CPU us/event",
    "peak MiB",
    "steal ticks",
    "load",
];

/// The cells of a workload, by configuration in the order of the record. Those of monitors that
/// cannot run here at all say nothing that is not said elsewhere.
pub(super) fn of<'a>(summary: &'a Summary, tested: &Tested, workload: &str) -> Vec<CellRow<'a>> {
    let of = |cell: &&Cell| cell.workload == workload && cell.status != Status::Unavailable;
    let mut cells: Vec<_> = summary.cells.iter().filter(of).collect();
    let place = |name: &str| {
        let mut monitors = summary.record.monitors.iter();
        monitors.position(|one| one.name == name)
    };
    cells.sort_by_key(|cell| (place(&cell.configuration), cell.repetition, cell.order));
    cells.into_iter().map(|cell| row(cell, tested)).collect()
}

fn row<'a>(cell: &'a Cell, tested: &Tested) -> CellRow<'a> {
    let place = (cell.workload.clone(), cell.configuration.clone());
    let smaller = tested.get(&place);
    let smaller = smaller.filter(|_| cell.experiment == Experiment::Loss);
    let smaller = smaller.map_or(String::new(), |with| format!(" with {with}"));
    let why = (cell.status != Status::Ok).then(|| cell.error.as_deref().unwrap_or("failed"));
    CellRow {
        subject: cell.subject(),
        configuration: format!("{}{smaller}", cell.configuration),
        experiment: experiment(cell.experiment),
        repetition: cell.repetition,
        why,
        figures: figures(cell),
    }
}

fn figures(cell: &Cell) -> Vec<String> {
    let kinds = || Kind::ALL.into_iter().map(|kind| cell.kinds.get(kind));
    let missed = kinds().map(|score| match score.filter(|score| score.offered) {
        Some(score) => format!("{} of {}", score.missed, score.truths),
        None => "-".into(),
    });
    let latency = kinds().map(|score| {
        let latency = score.and_then(|score| score.latency_us.as_ref());
        latency.map_or("-".into(), |latency| micros(latency.p99))
    });
    let (duplicates, false_positives) = kinds().flatten().fold((0, 0), |sum, score| {
        (sum.0 + score.duplicates, sum.1 + score.false_positives)
    });
    let figure = |value: Option<f64>| value.map_or("-".into(), few);
    let cost = &cell.cost;
    let memory = cost.peak_rss_bytes.map(|bytes| bytes >> 20);
    let counts = [duplicates, false_positives, cell.silent_lost].map(thousands);
    let costs = [
        cost.events_per_s,
        cost.wall_ms,
        cost.own_cpu_us_per_event,
        cost.system_cpu_us_per_event,
    ];
    let last = [
        memory.map_or("-".into(), |memory| memory.to_string()),
        stolen(&cell.noise),
        format!("{:.2}", cell.noise.load),
    ];
    let figures = missed.chain(counts).chain(latency);
    figures.chain(costs.map(figure)).chain(last).collect()
}

fn experiment(of: Experiment) -> &'static str {
    match of {
        Experiment::Loss => "loss",
        Experiment::Overhead => "overhead",
        Experiment::Case => "case",
        Experiment::Sweep => "sweep",
        Experiment::Foreign => "foreign",
        Experiment::Argv => "argv",
        Experiment::Order => "order",
        Experiment::Blind => "blind",
        Experiment::Tamper => "tamper",
    }
}

/// CPU time that the cell did not get: "3", or "3, 1,250 ms throttled, too much".
fn stolen(noise: &Noise) -> String {
    let throttled = noise.throttled_us.map_or(0, |us| us / 1000);
    let mut text = noise.steal_ticks.to_string();
    if throttled > 0 {
        text += &format!(", {} ms throttled", thousands(throttled));
    }
    if noise.stolen || noise.throttled {
        text += ", too much";
    }
    text
}
