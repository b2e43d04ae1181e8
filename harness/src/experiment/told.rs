//! The passes of `--argv`: each command once under each configuration, with every exec written down before it happens. That
//! costs the command time, so nothing else is taken from them.

use std::time::{Duration, Instant};

use anyhow::Result;
use scoring::record::Experiment;

use super::cells::{Cells, Task, uses_accounting};
use crate::calibrate::Calibrated;
use crate::exit::say;
use crate::progress::{Progress, words};
use crate::select::Configuration;

/// Runs them, in the order of the configurations.
pub(crate) fn told(
    cells: &mut Cells<'_>,
    workloads: &[Calibrated],
    configurations: &[Configuration],
) -> Result<()> {
    let commands = workloads
        .iter()
        .filter(|one| one.workload.command.is_some());
    let commands: Vec<_> = commands.collect();
    let all = commands.len() * configurations.len();
    let time: Duration = commands
        .iter()
        .map(|one| one.wall * configurations.len() as u32)
        .sum();
    say(&format!(
        "argv: {all} cells in which each exec is written down, about {}",
        words(time)
    ));
    let progress = Progress::lasting(time);
    let begun = Instant::now();
    for one in commands {
        let mut workload = one.workload.clone();
        if let Some(command) = &mut workload.command {
            command.supervised = true;
        }
        for configuration in configurations {
            let task = Task {
                experiment: Experiment::Argv,
                workload: &workload,
                scale: one.scale,
                configuration,
                stands_for: None,
                repetition: 1,
                baseline: false,
                accounted: !uses_accounting(configuration),
            };
            progress.tell(
                begun.elapsed(),
                time.checked_sub(begun.elapsed()),
                &task.words(),
            );
            cells.run(task, &progress)?;
        }
    }
    progress.finish();
    Ok(())
}
