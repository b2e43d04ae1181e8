//! How much two runs of the same differ: `null` against `null`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::overhead;
use crate::slowdown::{OverheadFits, Slowdown, WorkloadFits};

/// What null against null shows: its intervals should hold 1 in 19 of 20.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NoiseFloor {
    /// All workloads together; `None` where one of them has fewer than two pairs.
    pub all: Option<Floor>,
    /// Workloads with at least two pairs.
    pub workloads: BTreeMap<String, Floor>,
    /// How the intervals of the workloads fared.
    pub null_pairs: NullPairs,
}

/// Intervals of `null` against `null` that exclude 1, of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NullPairs {
    /// One in twenty is to be expected.
    pub outside: usize,
    /// All.
    pub of: usize,
}

/// The noise of one workload.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Pairs of `null` it is from.
    pub pairs: usize,
    /// The second `null` against the first.
    pub ratio: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// As far as that interval reaches from 1: such a slowdown, or its inverse, may be noise.
    pub factor: f64,
    /// The same of the CPU of the machine for each event, in microseconds.
    pub system_cpu_us_per_event: f64,
    /// Residual standard deviation of the logarithms of wall times: 0.06 is about 6 %. Of all
    /// workloads together the greatest.
    pub residual_sd: Option<f64>,
    /// Cells left out because CPU time was stolen from them.
    pub left_out: usize,
}

impl Floor {
    fn new(wall: &Slowdown, system_cpu: Option<Slowdown>, base: f64) -> Option<Self> {
        let (low, high) = wall.low.zip(wall.high)?;
        let beyond = system_cpu.and_then(|cpu| Some(reach(cpu.low?, cpu.high?)));
        Some(Self {
            pairs: wall.pairs,
            ratio: wall.ratio,
            low,
            high,
            factor: reach(low, high),
            system_cpu_us_per_event: (beyond.unwrap_or(1.0) - 1.0) * base,
            residual_sd: None,
            left_out: 0,
        })
    }

    fn of_workload(fits: &WorkloadFits) -> Option<Self> {
        let base = fits.system_cpu.base.unwrap_or(0.0);
        let floor = Self::new(&fits.wall.of(0)?, fits.system_cpu.of(0), base)?;
        Some(Self {
            residual_sd: fits.wall.fit.residual_sd,
            left_out: fits.wall.fit.left_out,
            ..floor
        })
    }
}

fn reach(low: f64, high: f64) -> f64 {
    high.max(1.0 / low).max(1.0)
}

impl NoiseFloor {
    pub(super) fn new(fits: &OverheadFits) -> Self {
        let own = fits.workloads.iter();
        let own = own.filter_map(|(name, of)| Some((name.clone(), Floor::of_workload(of)?)));
        let workloads: BTreeMap<String, Floor> = own.collect();
        let pairs = overhead::null_pairs(fits.wall_fits());
        Self {
            all: all(fits, &workloads),
            workloads,
            null_pairs: NullPairs {
                outside: pairs.outside,
                of: pairs.of,
            },
        }
    }

    /// The floor for `workload`: its own, or that of all together.
    pub fn of(&self, workload: &str) -> Option<&Floor> {
        self.workloads.get(workload).or(self.all.as_ref())
    }
}

fn all(fits: &OverheadFits, workloads: &BTreeMap<String, Floor>) -> Option<Floor> {
    let wall = fits.together(0, |of| &of.wall)?;
    let bases = fits.workloads.values().filter_map(|of| of.system_cpu.base);
    let bases: Vec<f64> = bases.collect();
    let base = bases.iter().sum::<f64>() / bases.len().max(1) as f64;
    let floor = Floor::new(&wall, fits.together(0, |of| &of.system_cpu), base)?;
    let noisiest = workloads.values().filter_map(|one| one.residual_sd);
    Some(Floor {
        pairs: workloads.values().map(|one| one.pairs).sum(),
        residual_sd: noisiest.reduce(f64::max),
        left_out: workloads.values().map(|one| one.left_out).sum(),
        ..floor
    })
}
