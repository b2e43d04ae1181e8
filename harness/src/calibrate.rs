//! How long a workload has to be on this machine: a block has to fit into the few seconds over which
//! the machine's noise is correlated, so its cells are short.

use std::fs;
use std::time::Duration;

use anyhow::{Result, bail};
use workloads::Definition;

use crate::cell::{Cell, Stage};
use crate::select::Configuration;
use scoring::record::{CellRun, Experiment, Status};

/// How long an unmonitored overhead cell takes. What disturbs the machine changes within tenths of a second, so
/// the shorter cells are the more of it cancels within a block; the start of a monitor does not become shorter.
pub(crate) const LENGTH: Duration = Duration::from_millis(200);

/// The first probe is so much of the definition's own length.
const FIRST: f64 = 0.02;

/// How often a probe is made of the scale that the last one suggests.
const ROUNDS: u32 = 2;

/// A workload with the scale at which an unmonitored cell takes [`LENGTH`].
#[derive(Clone, Debug)]
pub(crate) struct Calibrated {
    /// The workload.
    pub(crate) workload: Definition,
    /// The factor.
    pub(crate) scale: f64,
    /// How long an unmonitored cell takes at it.
    pub(crate) wall: Duration,
}

impl Calibrated {
    /// The workload as it is defined, times `scale`. How long that takes is not known yet.
    pub(crate) fn own(workload: &Definition, scale: f64) -> Self {
        Self {
            workload: workload.clone(),
            scale,
            wall: LENGTH,
        }
    }
}

/// Whether its length is a matter of its scale alone: one that keeps a timetable, or that runs a
/// program of others, has a length of its own.
pub(crate) fn is_closed_loop(workload: &Definition) -> bool {
    ["bomb", "launch", "pipeline"].contains(&workload.model())
}

/// Probes how fast the machine is at `workload`, unmonitored.
pub(crate) fn calibrate(
    stage: &Stage,
    workload: &Definition,
    null: &Configuration,
) -> Result<Calibrated> {
    let mut found = Calibrated {
        workload: workload.clone(),
        scale: FIRST,
        wall: probe(stage, workload, null, FIRST)?,
    };
    for _ in 0..ROUNDS {
        found.scale *= LENGTH.as_secs_f64() / found.wall.as_secs_f64();
        found.wall = probe(stage, workload, null, found.scale)?;
    }
    Ok(found)
}

/// The wall time of one unmonitored cell, of which nothing else is kept.
fn probe(
    stage: &Stage,
    workload: &Definition,
    configuration: &Configuration,
    scale: f64,
) -> Result<Duration> {
    let cell = Cell {
        stage,
        experiment: Experiment::Overhead,
        workload,
        scale,
        configuration,
        stands_for: None,
        repetition: 0,
        baseline: false,
        accounted: false,
        order: 0,
    };
    let row = cell.run()?;
    fs::remove_dir_all(cell.dir())?;
    match row {
        CellRun {
            status: Status::Ok,
            cost: Some(cost),
            ..
        } => Ok(Duration::from_nanos(cost.wall_ns.max(1))),
        row => bail!(
            "{} without a monitor: {}",
            row.workload,
            row.error.unwrap_or_default()
        ),
    }
}
