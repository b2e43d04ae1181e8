//! How much two runs of the same differ: what is smaller says nothing.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::baselines::Baselines;
use crate::record::Status;
use crate::scored::Scored;
use crate::stats::Estimate;

/// What null against null shows (A/A): figures inside these bounds are noise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NoiseFloor {
    /// All workloads together; `None` when there are fewer than two A/A pairs.
    pub all: Option<Floor>,
    /// Workloads with at least two A/A pairs of their own.
    pub workloads: BTreeMap<String, Floor>,
}

/// The noise of one workload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// A/A pairs it is from.
    pub pairs: usize,
    /// A slowdown between 1 / factor and factor is noise.
    pub factor: f64,
    /// So is so much more or less CPU of the machine for each event, in microseconds.
    pub system_cpu_us_per_event: f64,
}

/// Whether a paired figure stands out of the noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// More than the baseline.
    More,
    /// Less than the baseline.
    Less,
    /// Its interval holds "no difference", or it is below the noise floor.
    None,
    /// A single pair and no noise floor: it cannot be told.
    Unknown,
}

impl Verdict {
    /// `same` is the figure that means no difference, `noise` the bounds of the noise.
    pub(super) fn of(found: &Estimate, same: f64, noise: Option<(f64, f64)>) -> Self {
        let inside = |(low, high)| low <= found.value && found.value <= high;
        if found.covers(same) || noise.is_some_and(inside) {
            Self::None
        } else if found.low.is_none() {
            Self::Unknown
        } else if found.value > same {
            Self::More
        } else {
            Self::Less
        }
    }
}

/// A paired difference.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Extra {
    /// The mean difference and its bootstrap interval.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Whether it stands out of the noise.
    pub verdict: Verdict,
}

impl Extra {
    /// `noise`: differences that are none.
    pub(super) fn of(found: Option<Estimate>, noise: Option<(f64, f64)>) -> Option<Self> {
        found.map(|estimate| Self {
            estimate,
            verdict: Verdict::of(&estimate, 0.0, noise),
        })
    }
}

impl Floor {
    /// Ratios that are noise.
    pub(super) fn ratios(&self) -> (f64, f64) {
        (1.0 / self.factor, self.factor)
    }

    /// Differences that are noise.
    pub(super) fn differences(&self) -> (f64, f64) {
        let most = self.system_cpu_us_per_event;
        (-most, most)
    }

    /// From A/A pairs: as far as their interval reaches from "no difference".
    fn from(cells: &[&Scored], baselines: &Baselines<'_>, seed: u64) -> Option<Self> {
        let reach = |found: &Estimate| Some((found.low?, found.high?));
        let ratio = baselines.slowdown(cells, seed)?;
        let (low, high) = reach(&ratio)?;
        let (least, most) = baselines
            .extra_cpu(cells, seed)
            .and_then(|extra| reach(&extra))
            .unwrap_or_default();
        Some(Self {
            pairs: ratio.n,
            factor: high.max(1.0 / low).max(1.0),
            system_cpu_us_per_event: most.abs().max(least.abs()),
        })
    }
}

impl NoiseFloor {
    pub(super) fn new(scored: &[Scored], baselines: &Baselines<'_>, seed: u64) -> Self {
        // Only cells paired with a baseline of the same monitor are runs of the same thing.
        let controls = scored.iter().filter(|scored| {
            let cell = &scored.cell;
            cell.status == Status::Ok && cell.configuration == "null" && !cell.baseline
        });
        let controls: Vec<&Scored> = controls.collect();
        let mut by_workload: HashMap<&str, Vec<&Scored>> = HashMap::new();
        for scored in &controls {
            let workload = scored.cell.workload.as_str();
            by_workload.entry(workload).or_default().push(scored);
        }
        let own = by_workload.iter().filter_map(|(workload, cells)| {
            Some((workload.to_string(), Floor::from(cells, baselines, seed)?))
        });
        Self {
            all: Floor::from(&controls, baselines, seed),
            workloads: own.collect(),
        }
    }

    /// The floor for `workload`: its own, or that of all together.
    pub fn of(&self, workload: &str) -> Option<&Floor> {
        self.workloads.get(workload).or(self.all.as_ref())
    }
}
