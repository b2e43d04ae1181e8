//! A command is run once before it is measured: caches are warm from then on, it is known how long a cell
//! takes, and a command that cannot work here fails once and not in every cell.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use scoring::record::{Experiment, Status};
use workloads::Definition;

use super::shell::shell;
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
    let workload = &prepared(stage, workload)?;
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

/// The command with a folder of its own and its input, where it makes that itself.
fn prepared(stage: &Stage, workload: &Definition) -> Result<Definition> {
    let mut workload = workload.clone();
    let Some(command) = &mut workload.command else {
        return Ok(workload);
    };
    if let Some(lines) = &command.prepare {
        let name = workload
            .label
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        command.cwd = stage.programs.join(&name);
        let log = stage.out.join("raw").join(format!("prepare-{name}"));
        for dir in [&command.cwd, &log] {
            let made = fs::create_dir_all(dir);
            made.with_context(|| format!("{}: cannot be made", dir.display()))?;
        }
        shell("prepare", lines, &command.cwd, &log)?;
    }
    Ok(workload)
}
