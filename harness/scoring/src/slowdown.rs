//! What a monitor costs the workload and the machine: the two-way model of [`crate::overhead`] over
//! the overhead cells of a record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::overhead::{self, Effect, Fit, Observation, Stopping, Verdict};
use crate::per_process;
use crate::record::{Experiment, Record, Status};
use crate::scored::Scored;
use crate::stats::Estimate;

/// A ratio to the unmonitored baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slowdown {
    /// 2 is twice as long.
    pub ratio: f64,
    /// Lower end of its interval; `None` of a single block.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// From how many blocks that hold both; 0 for a figure over workloads.
    pub pairs: usize,
    /// Whether the interval lies above or below 1.
    pub verdict: Verdict,
}

/// What is spent beyond the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// The difference and its interval: the ratio, in units of the baseline's mean.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// The ratio that it is from.
    pub ratio: f64,
    /// Lower end of the ratio's interval; `None` of a single block.
    pub ratio_low: Option<f64>,
    /// Upper end.
    pub ratio_high: Option<f64>,
    /// Whether it is more or less than nothing.
    pub verdict: Verdict,
}

/// One configuration over all workloads whose overhead was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    /// Label of the monitor.
    pub configuration: String,
    /// How many workloads; each counts the same.
    pub workloads: usize,
    /// Wall time; `None` where a workload lacks the configuration.
    pub slowdown: Option<Slowdown>,
    /// CPU of the whole machine per event.
    pub system_cpu: Option<Slowdown>,
}

impl Slowdown {
    fn new(ratio: Option<f64>, effect: Option<&Effect>) -> Option<Self> {
        let interval = effect.map(|effect| effect.interval);
        Some(Self {
            ratio: interval.map(|one| one.ratio).or(ratio)?,
            low: interval.map(|one| one.low),
            high: interval.map(|one| one.high),
            pairs: effect.map_or(1, |effect| effect.blocks),
            verdict: Verdict::of(interval.as_ref()),
        })
    }

    /// The same in units of `base`.
    pub(super) fn beyond(&self, base: f64) -> Extra {
        let extra = |ratio: f64| (ratio - 1.0) * base;
        Extra {
            estimate: Estimate {
                value: extra(self.ratio),
                low: self.low.map(extra),
                high: self.high.map(extra),
                n: self.pairs,
            },
            ratio: self.ratio,
            ratio_low: self.low,
            ratio_high: self.high,
            verdict: self.verdict,
        }
    }
}

/// One figure of all cells of a workload, fitted.
#[derive(Clone, Debug, Default)]
pub(super) struct Fitted {
    pub(super) fit: Fit,
    /// Geometric mean under `null`.
    pub(super) base: Option<f64>,
}

impl Fitted {
    /// Of the configuration in that place; `null` is its second copy against its first.
    pub(super) fn of(&self, place: usize) -> Option<Slowdown> {
        if place == 0 {
            return Slowdown::new(None, self.fit.null_pair.as_ref());
        }
        let ratio = *self.fit.ratios.get(place)?;
        Slowdown::new(ratio, self.effect(place).as_ref())
    }

    pub(super) fn extra(&self, place: usize) -> Option<Extra> {
        Some(self.of(place)?.beyond(self.base?))
    }

    fn effect(&self, place: usize) -> Option<Effect> {
        match place {
            0 => self.fit.null_pair,
            _ => *self.fit.effects.get(place)?,
        }
    }
}

/// A workload's wall time and CPU of the machine.
#[derive(Clone, Debug, Default)]
pub(super) struct WorkloadFits {
    pub(super) wall: Fitted,
    pub(super) system_cpu: Fitted,
    /// Of a command whose cells make differing numbers of processes: [`per_process`].
    pub(super) wall_per_process: Option<Fitted>,
}

/// All workloads of a record that have overhead cells.
pub(super) struct OverheadFits {
    /// `null` first.
    configurations: Vec<String>,
    pub(super) workloads: BTreeMap<String, WorkloadFits>,
    stopping: Stopping,
}

impl OverheadFits {
    pub(super) fn new(record: &Record, scored: &[Scored]) -> Self {
        let sound = scored.iter().map(|scored| &scored.cell).filter(|cell| {
            let costs = [Experiment::Overhead, Experiment::Foreign];
            costs.contains(&cell.experiment) && cell.status == Status::Ok
        });
        let sound: Vec<&Cell> = sound.collect();
        let mut configurations = vec!["null".to_owned()];
        for cell in &sound {
            if !configurations.contains(&cell.configuration) {
                configurations.push(cell.configuration.clone());
            }
        }
        let stopping = match record.precision {
            Some(_) => Stopping::Precision,
            None => Stopping::Fixed,
        };
        let cpus = record.machine.cpus;
        let mut by_workload: BTreeMap<String, Vec<&Cell>> = BTreeMap::new();
        for cell in sound {
            by_workload
                .entry(cell.workload.clone())
                .or_default()
                .push(cell);
        }
        let fits = |cells: Vec<&Cell>| {
            let fitted = |figure: fn(&Cell) -> Option<f64>| {
                fitted(&cells, &configurations, figure, cpus, stopping)
            };
            WorkloadFits {
                wall: fitted(|cell| cell.cost.wall_ms),
                system_cpu: fitted(|cell| cell.cost.system_cpu_us_per_event),
                wall_per_process: per_process::differ(&cells).then(|| fitted(per_process::wall_ms)),
            }
        };
        let workloads = by_workload.into_iter();
        Self {
            workloads: workloads.map(|(name, cells)| (name, fits(cells))).collect(),
            configurations,
            stopping,
        }
    }

    /// The fits of a workload and the place of a configuration in them.
    pub(super) fn of(&self, workload: &str, configuration: &str) -> Option<(&WorkloadFits, usize)> {
        let mut configurations = self.configurations.iter();
        let place = configurations.position(|one| one == configuration)?;
        Some((self.workloads.get(workload)?, place))
    }

    /// One figure of one configuration over all workloads, in the place `place`.
    pub(super) fn together(
        &self,
        place: usize,
        figure: fn(&WorkloadFits) -> &Fitted,
    ) -> Option<Slowdown> {
        let effects = self.workloads.values().map(|of| figure(of).effect(place));
        let effects: Vec<Option<Effect>> = effects.collect();
        Slowdown::new(None, overhead::pooled(&effects, self.stopping).as_ref())
    }

    /// Every configuration over all workloads.
    pub(super) fn overall(&self) -> Vec<Overall> {
        let configurations = self.configurations.iter().enumerate();
        let overall = configurations.filter(|_| !self.workloads.is_empty());
        let overall = overall.map(|(place, configuration)| Overall {
            configuration: configuration.clone(),
            workloads: self.workloads.len(),
            slowdown: self.together(place, |of| &of.wall),
            system_cpu: self.together(place, |of| &of.system_cpu),
        });
        overall.collect()
    }

    pub(super) fn wall_fits(&self) -> impl Iterator<Item = &Fit> {
        self.workloads.values().map(|of| &of.wall.fit)
    }
}

fn fitted(
    cells: &[&Cell],
    configurations: &[String],
    figure: fn(&Cell) -> Option<f64>,
    cpus: u32,
    stopping: Stopping,
) -> Fitted {
    let observation = |cell: &&Cell| {
        let configuration = configurations
            .iter()
            .position(|one| *one == cell.configuration)?;
        Some(Observation {
            block: cell.repetition,
            configuration,
            copy: u8::from(configuration == 0 && !cell.baseline),
            order: cell.order,
            value: figure(cell)?,
            stolen: is_stolen(cell, cpus),
        })
    };
    let observations: Vec<Observation> = cells.iter().filter_map(observation).collect();
    let nulls = observations.iter().filter(|one| one.configuration == 0);
    let logs = nulls
        .map(|one| one.value.ln())
        .filter(|log| log.is_finite());
    let logs: Vec<f64> = logs.collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    Fitted {
        fit: overhead::fit(&observations, configurations.len(), stopping),
        base: (!logs.is_empty()).then(|| mean.exp()),
    }
}

/// A share of the time of all CPUs; more than that was stolen, not merely throttled by a quota,
/// which falls on the monitor's own work as well.
const STOLEN: f64 = 0.02;

fn is_stolen(cell: &Cell, cpus: u32) -> bool {
    let stolen_ms = cell.noise.steal_ticks as f64 * 10.0;
    let all_ms = cell.cost.wall_ms.unwrap_or(0.0) * f64::from(cpus.max(1));
    cell.noise.stolen && stolen_ms > STOLEN * all_ms
}
