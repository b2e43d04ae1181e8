use std::path::Path;

use anyhow::{Context, Result, bail};
use contract::Kind;
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::comparison::Comparison;
use crate::record::{FORMAT, Machine, Status, read_json};
use crate::stats;
use crate::summary::Summary;

/// The chance that an allowance is too small for the rate it was taken from, over all of a
/// baseline's lines together.
const DOUBT: f64 = 1e-4;

/// What a project promises about the loss of its monitors: a file to commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Baseline {
    /// [`FORMAT`].
    pub format: u32,
    /// The record it was made from.
    pub record: String,
    /// When that began.
    pub started: String,
    /// Where it was measured.
    pub machine: Machine,
    /// Factor on the number of processes.
    pub scale: f64,
    /// Repetitions of every cell.
    pub repetitions: u32,
    /// The workloads and how many events of each kind they make.
    pub workloads: Vec<(String, [u64; 3])>,
    /// The monitors.
    pub monitors: Vec<String>,
    /// What was lost, and what may be.
    pub losses: Vec<LossLine>,
    /// What it cost.
    pub costs: Vec<CostLine>,
}

/// The loss of one kind of event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossLine {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// `fork`, `exec` or `exit`.
    pub kind: String,
    /// How many were missed.
    pub missed: u64,
    /// Of how many.
    pub truths: u64,
    /// The rate up to which loss is accepted. 0 is a promise: a single loss breaks it. It may be
    /// raised by hand.
    pub allowance: f64,
}

/// Costs of one monitor on one workload: a value, and its interval where there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// `slowdown`, `own_cpu_us_per_event` or `late_p99_us`.
    pub metric: String,
    /// The figure.
    pub value: f64,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// A figure within this factor is noise.
    pub noise: f64,
}

impl Baseline {
    /// What `summary` says, as a promise.
    pub fn of(summary: &Summary) -> Self {
        let record = &summary.record;
        let comparisons: Vec<_> = summary.comparison.iter().filter(measured).collect();
        let lines: usize = comparisons.iter().map(|one| one.loss.0.len()).sum();
        let doubt = DOUBT / lines.max(1) as f64;
        let losses = comparisons
            .iter()
            .flat_map(|one| losses(summary, one, doubt));
        let mut monitors: Vec<_> = comparisons
            .iter()
            .map(|one| one.configuration.clone())
            .collect();
        monitors.sort();
        monitors.dedup();
        Self {
            format: FORMAT,
            record: record.record.clone(),
            started: record.started.clone(),
            machine: record.machine.clone(),
            scale: record.scale,
            repetitions: record.repetitions,
            workloads: sizes(summary),
            monitors,
            losses: losses.collect(),
            costs: comparisons
                .iter()
                .flat_map(|one| costs(summary, one))
                .collect(),
        }
    }

    /// Reads one that can be judged by; an error names the file and what to do.
    pub fn read(path: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let update = "make it again with harness gate --update";
        let bad = |error: anyhow::Error| anyhow::anyhow!("{error:#}: {update}");
        let Head { format } = read_json(path).map_err(bad)?;
        if format != FORMAT {
            let path = path.display();
            bail!("{path}: is of format {format}, this harness reads {FORMAT}: {update}");
        }
        let found: Self = read_json(path).map_err(bad)?;
        found.check().with_context(|| path.display().to_string())?;
        Ok(found)
    }

    /// Whether `summary` can be held against this at all: the same workloads, the same monitors, a
    /// machine that is alike. An error says what differs.
    pub fn fits(&self, summary: &Summary) -> Result<()> {
        self.fits_machine(&summary.record.machine)?;
        let sizes = sizes(summary);
        if let Some((name, _)) = self.workloads.iter().find(|one| !sizes.contains(one)) {
            bail!(
                "the record has no workload {name} of the baseline's size: measure with the workloads and the scale of the baseline"
            );
        }
        if let Some((name, _)) = sizes.iter().find(|one| !self.workloads.contains(one)) {
            bail!(
                "the baseline has no workload {name}: measure another set, or accept this one with harness gate --update"
            );
        }
        let has = |name: &&String| summary.record.monitors.iter().any(|one| one.name == **name);
        if let Some(name) = self.monitors.iter().find(|name| !has(name)) {
            bail!("the record has no monitor {name}, which the baseline has: measure it too");
        }
        self.covers(summary)
    }

    /// Whether figures of `machine` compare with these: the same architecture, number of CPUs,
    /// series of kernels, and both emulated or neither.
    pub fn fits_machine(&self, machine: &Machine) -> Result<()> {
        let like = |machine: &Machine| {
            let kernel: Vec<_> = machine.kernel.split(['.', '-']).take(2).collect();
            let emulated = if machine.correctness_only {
                ", emulated"
            } else {
                ""
            };
            let (arch, cpus) = (&machine.arch, machine.cpus);
            format!(
                "{arch} with {cpus} CPUs{emulated} and Linux {}",
                kernel.join(".")
            )
        };
        let (ours, theirs) = (like(&self.machine), like(machine));
        if ours != theirs {
            bail!(
                "the baseline is of an unlike machine, {ours}, and this is {theirs}: use a baseline made here (harness gate --update)"
            );
        }
        Ok(())
    }
}

/// Whether a baseline promises something about it: it was watched.
pub(super) fn measured(one: &&Comparison) -> bool {
    one.configuration != "null" && one.repetitions > 0
}

fn sizes(summary: &Summary) -> Vec<(String, [u64; 3])> {
    let workloads = summary.record.workloads.iter();
    workloads
        .map(|one| (one.name.clone(), one.expected))
        .collect()
}

/// Missed and truths of each repetition.
pub(super) fn counts(
    summary: &Summary,
    workload: &str,
    monitor: &str,
    kind: Kind,
) -> Vec<(u64, u64)> {
    let of = |cell: &&Cell| {
        cell.workload == workload && cell.configuration == monitor && cell.status == Status::Ok
    };
    let kinds = summary
        .cells
        .iter()
        .filter(of)
        .filter_map(|cell| cell.kinds.get(kind));
    let counts = kinds.map(|score| (score.missed, score.truths));
    counts.collect()
}

fn losses(summary: &Summary, one: &Comparison, doubt: f64) -> Vec<LossLine> {
    let line = |(&kind, _): (&Kind, _)| {
        let counts = counts(summary, &one.workload, &one.configuration, kind);
        let (missed, truths) = stats::pool(&counts);
        LossLine {
            workload: one.workload.clone(),
            configuration: one.configuration.clone(),
            kind: kind.as_str().into(),
            missed,
            truths,
            allowance: allowance(&counts, doubt),
        }
    };
    one.loss.0.iter().map(line).collect()
}

/// What may be lost where so much was. Nothing may where nothing was. Otherwise the exact upper
/// bound of all repetitions together, and no less than twice the worst of them: losses come in
/// bursts, and a handful of repetitions cannot say how much these differ.
fn allowance(counts: &[(u64, u64)], doubt: f64) -> f64 {
    let (missed, truths) = stats::pool(counts);
    if missed == 0 {
        return 0.0;
    }
    let rates = counts.iter().filter(|one| one.1 > 0);
    let worst = rates.map(|&(k, n)| k as f64 / n as f64).fold(0.0, f64::max);
    stats::at_most(missed, truths, doubt)
        .max(2.0 * worst)
        .min(1.0)
}

/// The costs of one comparison.
pub(super) fn costs(summary: &Summary, one: &Comparison) -> Vec<CostLine> {
    let floor = summary.noise_floor.of(&one.workload);
    let noise = floor.map_or(1.0, |floor| floor.factor);
    let line = |metric: &str, value: f64, high: Option<f64>| CostLine {
        workload: one.workload.clone(),
        configuration: one.configuration.clone(),
        metric: metric.into(),
        value,
        high,
        noise,
    };
    let slowdown = one
        .slowdown
        .map(|slow| line("slowdown", slow.ratio, slow.high));
    let cpu = one.own_cpu_us_per_event;
    let cpu = cpu.map(|cpu| line("own_cpu_us_per_event", cpu.value, cpu.high));
    let late = one.latency_us.all.as_ref().zip(one.latency_us.all_interval);
    let late = late.map(|(all, within)| line("late_p99_us", all.p99, within.p99.high));
    [slowdown, cpu, late].into_iter().flatten().collect()
}

/// The lower end of the interval of the cost in `line`, as `one` has it.
pub(super) fn least(one: &Comparison, metric: &str) -> Option<f64> {
    match metric {
        "slowdown" => one.slowdown?.low,
        "own_cpu_us_per_event" => one.own_cpu_us_per_event?.low,
        _ => Some(one.latency_us.all_interval?.p99.low),
    }
}
