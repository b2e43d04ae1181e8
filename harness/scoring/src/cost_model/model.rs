//! The shape of a model.

use serde::{Deserialize, Serialize};

use crate::stats::Estimate;

/// What one configuration costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostModel {
    /// Its label.
    pub configuration: String,
    /// CPU of the monitor itself; `None` where the cells tell nothing.
    pub own: Option<Fit>,
    /// CPU of the whole system beyond the baseline's, for the same events.
    pub system: Option<Fit>,
    /// The models held against commands that are not ours, which they are not fitted to.
    #[serde(default)]
    pub predictions: Vec<Prediction>,
}

/// Which CPU time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cpu {
    /// Of the monitor itself.
    Own,
    /// Of the whole system beyond the baseline.
    System,
}

/// A model held against one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Label of the command.
    pub workload: String,
    /// Of what.
    pub cpu: Cpu,
    /// Forks a second under the configuration.
    pub forks_per_s: f64,
    /// Execs a second.
    pub execs_per_s: f64,
    /// CPUs.
    pub measured: Estimate,
    /// What the model says; `None` where it cannot.
    pub predicted: Option<Estimate>,
    /// Within 20 % of what was measured, or one within the interval of the other.
    pub agrees: Option<bool>,
    /// Share of the events that the monitor saw.
    pub seen: Option<f64>,
}

/// CPU = `base_cpus` + forks a second x `fork_us` + execs a second x `exec_us`. None is below 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// At no events; 1 is one CPU. `None` where the rates do not tell it from the rest.
    pub base_cpus: Option<Estimate>,
    /// Microseconds for each fork, its exit included.
    pub fork_us: Option<Estimate>,
    /// Microseconds for each exec; `None` where there were none, or as many for each fork everywhere.
    pub exec_us: Option<Estimate>,
    /// Then so many execs are in `fork_us`.
    pub execs_per_fork: Option<f64>,
    /// Cells that it is fitted to.
    pub cells: usize,
    /// How many times further than their errors the workloads lie from the model; 1 where they do not.
    pub misfit: f64,
    /// The three terms where they may be below 0: what intervals are around.
    pub free: [f64; 3],
    /// Of these, row by row; 0 for a term that is not known.
    pub covariance: [[f64; 3]; 3],
    /// So many standard errors an interval reaches to either side.
    pub quantile: f64,
    /// What was measured: a point for each workload.
    pub points: Vec<FitPoint>,
}

/// The cells of one workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitPoint {
    /// Its label.
    pub workload: String,
    /// Forks a second.
    pub forks_per_s: f64,
    /// Execs a second.
    pub execs_per_s: f64,
    /// CPU, as a share of one.
    pub cpus: Estimate,
}
