//! What a sweep found, as `sweep.json` has it: computed from the summary alone.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::search::{burst_tries, highest_passed, lowest_failed, next, rate_tries};
use super::trial::{Load, Trial, burst_rate};
use crate::comparison::Comparison;
use crate::latency::Latency;
use crate::record::{FORMAT, Status, read_json, write_json};
use crate::stats::{self, Estimate};
use crate::summary::Summary;

/// All that was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sweep {
    /// [`FORMAT`].
    pub format: u32,
    /// The generators, by the workload that was turned up.
    pub generators: BTreeMap<String, Generator>,
    /// The monitors on each workload, in the order of the record.
    pub found: Vec<SweepResult>,
}

/// What a workload can do unmonitored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Generator {
    /// Processes a second, back to back: what every rate is a share of.
    pub ceiling_per_s: Estimate,
    /// The highest rate it holds by a timetable.
    pub holds: Option<Point>,
    /// Every rate that was tried, lowest first: what the machine spends unmonitored.
    #[serde(default)]
    pub curve: Vec<Point>,
}

/// One monitor on one workload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SweepResult {
    /// What was turned up.
    pub workload: String,
    /// Under which monitor.
    pub configuration: String,
    /// Size of its buffer, as the record has it: see [`crate::record::MonitorInfo::buffer`].
    #[serde(default)]
    pub buffer: Option<u64>,
    /// Cells.
    pub trials: usize,
    /// Why there is nothing, or no more.
    pub errors: Vec<String>,
    /// The trial that would have come next; `None` when all was asked that a sweep asks.
    #[serde(default)]
    pub unfinished: Option<Load>,
    /// The highest rate at which nothing was missed and 95 % of the offer was reached, there and
    /// at every lower rate that was tried.
    pub holds: Option<Point>,
    /// Half of that.
    pub half: Option<Point>,
    /// The lowest rate at which it no longer did.
    pub gives: Option<Point>,
    /// The highest rate at which nothing was missed, reached or not.
    pub lossless: Option<Point>,
    /// The lowest rate at which something was.
    pub loses: Option<Point>,
    /// At the generator's ceiling.
    pub at_ceiling: Option<Point>,
    /// Every rate that was tried, lowest first.
    pub curve: Vec<Point>,
    /// The longest burst that was seen whole.
    pub burst: Option<Burst>,
    /// The shortest that was not.
    pub burst_lost: Option<Burst>,
}

/// One offered rate, all its trials together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Processes a second.
    pub offered_per_s: u32,
    /// The same as a share of the ceiling.
    pub of_ceiling: f64,
    /// Processes begun each second.
    pub achieved_per_s: Option<Estimate>,
    /// Trials.
    pub trials: usize,
    /// Trials that reached less than 95 % of the offer.
    pub unreached: usize,
    /// What was missed of what is offered.
    pub missed: Missed,
    /// LatencyHistogram from the time at which each process was due.
    pub latency_us: Option<Latency>,
    /// Waited for room in the kernel's queue, in milliseconds a trial, all processes together.
    pub queue_wait_ms: Option<f64>,
    /// CPU of the monitor itself, in microseconds.
    #[serde(default)]
    pub own_cpu_us_per_event: Option<Estimate>,
    /// CPU of the whole machine, the workload's own included, in microseconds.
    #[serde(default)]
    pub system_cpu_us_per_event: Option<Estimate>,
}

/// So many back to back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Burst {
    /// Processes.
    pub processes: u32,
    /// Seconds they take at the ceiling.
    pub seconds: f64,
    /// Trials.
    pub trials: usize,
    /// What was missed of what is offered.
    pub missed: Missed,
}

/// A share of events with its exact 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// How many.
    pub missed: u64,
    /// Of how many.
    pub truths: u64,
    /// Lower end of the share.
    pub low: f64,
    /// Upper end of the share.
    pub high: f64,
}

impl Sweep {
    /// From a summary of trials.
    pub fn new(summary: &Summary) -> Self {
        let mut sweep = Self {
            format: FORMAT,
            generators: BTreeMap::new(),
            found: Vec::new(),
        };
        let rows: Vec<Trials<'_>> = summary
            .comparison
            .iter()
            .filter_map(|one| Trials::new(summary, one))
            .collect();
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for row in &rows {
            let key = (row.base.as_str(), row.one.configuration.as_str());
            if seen.contains(&key) || row.one.configuration == "null" {
                continue;
            }
            seen.push(key);
            if !sweep.generators.contains_key(key.0) {
                let Some(generator) = generator(summary, &rows, key.0) else {
                    continue;
                };
                sweep.generators.insert(key.0.to_owned(), generator);
            }
            let ceiling = sweep.generators[key.0].ceiling_per_s.value;
            sweep.found.push(sweep_result(summary, &rows, key, ceiling));
        }
        let monitors = &summary.record.monitors;
        let place = |one: &SweepResult| {
            monitors
                .iter()
                .position(|info| info.name == one.configuration)
        };
        sweep.found.sort_by_key(place);
        sweep
    }

    /// Reads `DIR/sweep.json`; `None` when the record is no sweep.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join("sweep.json");
        path.exists().then(|| read_json(&path)).transpose()
    }

    /// Writes `DIR/sweep.json`.
    pub fn write(&self, dir: &Path) -> Result<()> {
        write_json(&dir.join("sweep.json"), self)
    }
}

/// A comparison that is a trial.
struct Trials<'a> {
    base: String,
    load: Load,
    one: &'a Comparison,
    machine_cpu: Option<Estimate>,
}

impl<'a> Trials<'a> {
    fn new(summary: &Summary, one: &'a Comparison) -> Option<Self> {
        let cells = one.repetitions + one.failed + one.unavailable;
        let (base, load) = Load::parse(&one.workload).filter(|_| cells > 0)?;
        let cells = summary.cells.iter().filter(|cell| {
            cell.status == Status::Ok
                && cell.configuration == one.configuration
                && cell.workload == one.workload
        });
        let spent: Vec<f64> = cells
            .filter_map(|cell| cell.cost.system_cpu_us_per_event)
            .collect();
        Some(Self {
            base,
            load,
            one,
            machine_cpu: stats::mean(&spent, summary.record.seed),
        })
    }
}

/// The ceiling is the mean of the longest back-to-back runs under `null`.
fn generator(summary: &Summary, rows: &[Trials<'_>], base: &str) -> Option<Generator> {
    let of = || {
        let rows = rows.iter();
        rows.filter(|row| row.base == base && row.one.configuration == "null")
    };
    let longest = of()
        .filter(|row| matches!(row.load, Load::Burst(_)))
        .max_by_key(|row| row.load)?;
    let cells = summary.cells.iter();
    let runs = cells.filter(|cell| {
        cell.configuration == "null"
            && cell.workload == longest.one.workload
            && cell.status == Status::Ok
    });
    let bursts: Vec<f64> = runs.filter_map(burst_rate).collect();
    let ceiling = stats::mean(&bursts, summary.record.seed)?;
    let tries = rate_tries(&trials(summary, base, "null"), Trial::holds);
    let rows: Vec<_> = of().collect();
    let point_at = |rate: u32| point(&rows, rate, ceiling.value);
    Some(Generator {
        ceiling_per_s: ceiling,
        holds: point_at(highest_passed(&tries)),
        curve: rates(&tries).into_iter().filter_map(point_at).collect(),
    })
}

/// Every sound cell of a monitor on a workload.
fn trials(summary: &Summary, base: &str, monitor: &str) -> Vec<Trial> {
    let cells = summary
        .cells
        .iter()
        .filter(|cell| cell.configuration == monitor);
    let loads = cells.filter_map(|cell| Some((cell, Load::parse(&cell.workload)?)));
    let ours = loads.filter(|(_, (found, _))| found == base);
    ours.filter_map(|(cell, (_, load))| Trial::of(load, cell))
        .collect()
}

fn sweep_result(
    summary: &Summary,
    rows: &[Trials<'_>],
    (base, monitor): (&str, &str),
    ceiling: f64,
) -> SweepResult {
    let rows: Vec<&Trials<'_>> = rows
        .iter()
        .filter(|row| row.base == base && row.one.configuration == monitor)
        .collect();
    let trials = trials(summary, base, monitor);
    let held = rate_tries(&trials, Trial::holds);
    let kept = rate_tries(&trials, Trial::lossless);
    let bursts = burst_tries(&trials);
    let point_at = |rate: u32| point(&rows, rate, ceiling);
    let burst_at = |length: u32| burst(&rows, length, ceiling);
    let rates = rates(&held);
    let mut errors: Vec<String> = rows.iter().flat_map(|row| row.one.errors.clone()).collect();
    errors.sort();
    errors.dedup();
    let unfinished = next(ceiling as u32, &trials, false);
    SweepResult {
        workload: base.to_owned(),
        configuration: monitor.to_owned(),
        buffer: summary.record.buffer_of(monitor),
        trials: trials.len(),
        unfinished: unfinished.filter(|_| errors.is_empty()),
        errors,
        holds: point_at(highest_passed(&held)),
        half: point_at(highest_passed(&held) / 2),
        gives: lowest_failed(&held).and_then(point_at),
        lossless: point_at(highest_passed(&kept)),
        loses: lowest_failed(&kept).and_then(point_at),
        at_ceiling: rates.last().copied().and_then(point_at),
        curve: rates.into_iter().filter_map(point_at).collect(),
        burst: burst_at(highest_passed(&bursts)),
        burst_lost: lowest_failed(&bursts).and_then(burst_at),
    }
}

/// What was tried, each rate once, lowest first.
fn rates(tries: &[(u32, bool)]) -> Vec<u32> {
    let mut rates: Vec<u32> = tries.iter().map(|one| one.0).collect();
    rates.sort_unstable();
    rates.dedup();
    rates
}

fn point(rows: &[&Trials<'_>], rate: u32, ceiling: f64) -> Option<Point> {
    let row = rows.iter().find(|row| row.load == Load::Rate(rate))?;
    let pace = row.one.pace.as_ref();
    Some(Point {
        offered_per_s: rate,
        of_ceiling: f64::from(rate) / ceiling,
        achieved_per_s: pace.map(|pace| pace.achieved_per_s),
        trials: row.one.repetitions,
        unreached: pace.map_or(0, |pace| pace.unreached),
        missed: missed(row.one),
        latency_us: row.one.latency_us.all.clone(),
        queue_wait_ms: row.one.stall.queue_wait_ms.map(|waits| waits.value),
        own_cpu_us_per_event: row.one.own_cpu_us_per_event,
        system_cpu_us_per_event: row.machine_cpu,
    })
}

fn burst(rows: &[&Trials<'_>], length: u32, ceiling: f64) -> Option<Burst> {
    let row = rows.iter().find(|row| row.load == Load::Burst(length))?;
    Some(Burst {
        processes: length,
        seconds: f64::from(length) / ceiling,
        trials: row.one.repetitions,
        missed: missed(row.one),
    })
}

fn missed(one: &Comparison) -> Missed {
    let (missed, truths) = one.loss.0.values().fold((0, 0), |sum, loss| {
        (sum.0 + loss.missed, sum.1 + loss.truths)
    });
    let (low, high) = stats::binomial(missed, truths);
    Missed {
        missed,
        truths,
        low,
        high,
    }
}
