//! A command is run once before it is measured: caches are warm from then on, it is known how long a cell
//! takes, and a command that cannot work here fails once and not in every cell.

use std::fs;
use std::time::Instant;

use anyhow::{Result, bail};
use scoring::record::{Experiment, Status};
use workloads::Definition;

use crate::calibrate::Calibrated;
use crate::cell::{Cell, Stage};
use crate::exit::say;
use crate::select::Configuration;

/// Runs it unmonitored. The wall time that is found is that of the whole cell, setup and check included.
pub(crate) fn rehearse(
    stage: &Stage,
    workload: &Definition,
    null: &Configuration,
) -> Result<Calibrated> {
    say(&format!(
        "{}: once without a monitor, to see how long it takes",
        workload.label
    ));
    let cell = Cell {
        stage,
        experiment: Experiment::Foreign,
        workload,
        scale: 1.0,
        configuration: null,
        stands_for: None,
        repetition: 0,
        baseline: false,
        accounted: false,
        order: 0,
    };
    let begun = Instant::now();
    let row = cell.run()?;
    if row.status != Status::Ok {
        let why = row.error.unwrap_or_default();
        bail!("{why} (below {})", stage.out.display());
    }
    fs::remove_dir_all(cell.dir())?;
    Ok(Calibrated {
        workload: workload.clone(),
        scale: 1.0,
        wall: begun.elapsed(),
    })
}
