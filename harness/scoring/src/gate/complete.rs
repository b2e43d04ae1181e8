//! Whether a baseline promises something for everything it is about: a gate that looks at nothing
//! holds for ever. Each error says what is missing; the caller names the file.

use std::collections::HashSet;

use anyhow::{Result, bail};
use contract::Kind;

use super::baseline::{Baseline, CostLine, LossLine, costs, measured};
use crate::comparison::Comparison;
use crate::record::Machine;
use crate::summary::Summary;

/// The remedy of every error here.
const AGAIN: &str = "make it again with harness gate --update";

/// The costs that a line may be about.
const METRICS: [&str; 3] = ["slowdown", "own_cpu_us_per_event", "late_p99_us"];

impl Baseline {
    /// What `summary` says, as a promise. An error says why none can be made of it: a cell of it
    /// failed, or something that was planned was not measured.
    pub fn accept(summary: &Summary) -> Result<Self> {
        let whole = "a baseline is made of a whole record";
        for one in summary
            .comparison
            .iter()
            .filter(|one| planned(summary, one))
        {
            let (monitor, workload) = (&one.configuration, &one.workload);
            if one.failed > 0 {
                bail!(
                    "{} of the cells of {monitor} on {workload} failed: {whole}, measure again",
                    one.failed
                );
            }
            if one.repetitions == 0 {
                bail!(
                    "{monitor} was not measured on {workload}: {whole}, choose with -m and -w what can run here"
                );
            }
        }
        let found = Self::of(summary);
        found.check()?;
        found.covers(summary)?;
        Ok(found)
    }

    /// Whether it can be judged by: every line is possible, and there is one for each of its
    /// workloads under each of its monitors.
    pub fn check(&self) -> Result<()> {
        if self.repetitions == 0 || self.scale <= 0.0 {
            bail!("has no repetitions or no scale: {AGAIN}");
        }
        let workloads: Vec<_> = self.workloads.iter().map(|one| &*one.0).collect();
        let monitors: Vec<_> = self.monitors.iter().map(|one| &**one).collect();
        distinct("workloads", &workloads)?;
        distinct("monitors", &monitors)?;
        let mut seen = HashSet::new();
        for line in &self.losses {
            let place = (&*line.workload, &*line.configuration, &*line.kind);
            self.knows(place.0, place.1)?;
            possible(line)?;
            if !seen.insert(place) {
                bail!("has two lines for {}: {AGAIN}", name(place));
            }
        }
        for line in &self.costs {
            self.knows(&line.workload, &line.configuration)?;
            credible(line)?;
        }
        for workload in &workloads {
            for monitor in &monitors {
                let is = |line: &LossLine| {
                    line.workload == **workload && line.configuration == **monitor
                };
                if !self.losses.iter().any(is) {
                    bail!("promises nothing about {monitor} on {workload}: {AGAIN}");
                }
            }
        }
        Ok(())
    }

    /// Whether it has a line for each of these kinds, which `monitor` offers, on every workload.
    pub fn promises(&self, monitor: &str, kinds: &[Kind]) -> Result<()> {
        for (workload, _) in &self.workloads {
            for kind in kinds {
                self.promise(workload, monitor, *kind)?;
            }
        }
        Ok(())
    }

    fn promise(&self, workload: &str, monitor: &str, kind: Kind) -> Result<()> {
        let place = (workload, monitor, kind.as_str());
        let is = |line: &LossLine| (&*line.workload, &*line.configuration, &*line.kind) == place;
        if !self.losses.iter().any(is) {
            bail!(
                "promises nothing about {}, which the monitor offers: {AGAIN}",
                name(place)
            );
        }
        Ok(())
    }

    /// Whether it promises something for all that `summary` has: each monitor, each kind.
    pub(super) fn covers(&self, summary: &Summary) -> Result<()> {
        for one in summary.comparison.iter().filter(measured) {
            if !self.monitors.contains(&one.configuration) {
                bail!(
                    "the baseline has no monitor {}, which the record has: measure another set, or accept this one with harness gate --update",
                    one.configuration
                );
            }
            for kind in one.loss.0.keys() {
                self.promise(&one.workload, &one.configuration, *kind)?;
            }
        }
        Ok(())
    }

    /// Whether costs measured on `machine` can be judged by it: the same CPU, and an interval with
    /// every figure.
    pub fn judges_costs(&self, machine: &Machine) -> Result<()> {
        if self.machine.cpu != machine.cpu {
            bail!(
                "is of another CPU ({}, and this is {}), so costs cannot be judged: leave --costs out, or {AGAIN}",
                self.machine.cpu,
                machine.cpu
            );
        }
        if self.costs.is_empty() {
            bail!("promises nothing about costs: leave --costs out, or {AGAIN}");
        }
        match self.costs.iter().find(|line| line.high.is_none()) {
            Some(line) => bail!(
                "has no interval for {}: leave --costs out, or {AGAIN} and more --reps",
                name((&line.workload, &line.configuration, &line.metric))
            ),
            None => Ok(()),
        }
    }

    /// Whether it has a line for each cost that `summary` has.
    pub fn covers_costs(&self, summary: &Summary) -> Result<()> {
        self.judges_costs(&summary.record.machine)?;
        let all = summary.comparison.iter().filter(measured);
        for line in all.flat_map(|one| costs(summary, one)) {
            let place = |line: &CostLine| {
                let (workload, monitor) = (line.workload.clone(), line.configuration.clone());
                (workload, monitor, line.metric.clone())
            };
            if !self.costs.iter().any(|old| place(old) == place(&line)) {
                bail!(
                    "promises nothing about {}: leave --costs out, or {AGAIN}",
                    name((&line.workload, &line.configuration, &line.metric))
                );
            }
        }
        Ok(())
    }

    fn knows(&self, workload: &str, monitor: &str) -> Result<()> {
        if !self.workloads.iter().any(|one| one.0 == workload) {
            bail!("has a line for {workload}, which is none of its workloads: {AGAIN}");
        }
        if !self.monitors.iter().any(|one| one == monitor) {
            bail!("has a line for {monitor}, which is none of its monitors: {AGAIN}");
        }
        Ok(())
    }
}

/// Whether it was to be watched, and the monitor could.
fn planned(summary: &Summary, one: &Comparison) -> bool {
    if one.configuration == "null" {
        return one.failed > 0;
    }
    let mut monitors = summary.record.monitors.iter();
    !monitors.any(|other| other.name == one.configuration && other.unavailable.is_some())
}

fn name((workload, monitor, what): (&str, &str, &str)) -> String {
    format!("{what} of {monitor} on {workload}")
}

fn distinct(what: &str, all: &[&str]) -> Result<()> {
    if all.is_empty() {
        bail!("has no {what}: {AGAIN}");
    }
    let mut seen = HashSet::new();
    match all.iter().find(|one| !seen.insert(**one)) {
        Some(twice) => bail!("has {twice} twice among its {what}: {AGAIN}"),
        None => Ok(()),
    }
}

/// A loss that can be, and an allowance that is a rate.
fn possible(line: &LossLine) -> Result<()> {
    let place = name((&line.workload, &line.configuration, &line.kind));
    if line.kind.parse::<Kind>().is_err() {
        bail!("{place}: no kind is called {}: {AGAIN}", line.kind);
    }
    if line.missed > line.truths {
        bail!(
            "{place}: {} of {} are missed, more than there were: {AGAIN}",
            line.missed,
            line.truths
        );
    }
    if !(0.0..=1.0).contains(&line.allowance) {
        bail!(
            "{place}: allowance {}: use a rate from 0 to 1, or {AGAIN}",
            line.allowance
        );
    }
    Ok(())
}

/// A figure within its interval, and a factor that is one.
fn credible(line: &CostLine) -> Result<()> {
    let place = name((&line.workload, &line.configuration, &line.metric));
    if !METRICS.contains(&&*line.metric) {
        bail!("{place}: the metrics are {}: {AGAIN}", METRICS.join(", "));
    }
    if line.noise < 1.0 {
        bail!(
            "{place}: noise {}: a factor is 1 or more, {AGAIN}",
            line.noise
        );
    }
    // The percentile is of all events together, its interval of the repetitions: it may lie outside.
    let high = line.high.filter(|_| line.metric != METRICS[2]);
    match high {
        Some(high) if high < line.value => bail!(
            "{place}: {} lies above its interval, which ends at {high}: {AGAIN}",
            line.value
        ),
        _ => Ok(()),
    }
}
