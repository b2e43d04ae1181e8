//! One record: chooses, measures every cell, scores and reports.

use std::path::PathBuf;

use anyhow::Result;
use indicatif::ProgressBar;
use workloads::Definition;

use crate::cell::{Cell, Stage, interrupt};
use crate::exit::{NothingRuns, say};
use crate::output;
use crate::plan::{Planned, plan};
use crate::scorer;
use crate::select::{self, Configuration};
use crate::setup::{Asked, Setup, reasons};
use scoring::record::{CellRun, Status, write_json_pretty};

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Patterns of monitors.
    pub(crate) monitors: Vec<String>,
    /// Patterns of workloads.
    pub(crate) workloads: Vec<String>,
    /// Repetitions of every cell.
    pub(crate) repetitions: u32,
    /// Factor on the number of processes.
    pub(crate) scale: f64,
    /// Seed of the order of cells and of the bootstraps.
    pub(crate) seed: u64,
    /// The record's folder.
    pub(crate) out: Option<PathBuf>,
    /// What the folder is called after where it has no name.
    pub(crate) kind: &'static str,
}

/// A record that is measured, scored and reported.
pub(crate) struct Measured {
    /// Its folder.
    pub(crate) out: PathBuf,
    /// Cells that went wrong.
    pub(crate) failed: usize,
}

/// Measures what was asked for.
pub(crate) fn measure(wanted: &Wanted) -> Result<Measured> {
    let mut configurations = vec![select::null()?];
    configurations.extend(select::monitors(&wanted.monitors)?);
    let workloads = select::workloads(&wanted.workloads)?;
    let setup = Setup::new(wanted.out.as_deref(), wanted.kind, wanted.scale)?;
    let asked = Asked {
        seed: wanted.seed,
        scale: wanted.scale,
        repetitions: wanted.repetitions,
    };
    let out = setup.stage.out.as_path();
    setup.keep_tools(&configurations)?;
    write_json_pretty(
        &out.join("record.json"),
        &setup.record(asked, &workloads, &configurations),
    )?;
    let run = Run {
        wanted,
        configurations,
        workloads,
    };
    let ended = run.cells(&setup.stage);
    if ended
        .as_ref()
        .is_err_and(anyhow::Error::is::<interrupt::Interrupted>)
    {
        say(&format!(
            "the cells measured so far are in {}: harness score and harness report show them",
            out.display()
        ));
    }
    let failed = ended?;
    scorer::record(out)?;
    report::write_readme(out, report::Pictures::Svg)?;
    if run.able().len() < 2 {
        output::print(&report::terminal(out, false)?)?;
        return Err(
            NothingRuns("none of these monitors can run here: see harness doctor".into()).into(),
        );
    }
    Ok(Measured {
        out: out.to_owned(),
        failed,
    })
}
/// What is being compared.
struct Run<'a> {
    wanted: &'a Wanted,
    configurations: Vec<Configuration>,
    workloads: Vec<Definition>,
}

impl Run<'_> {
    /// Places of the monitors that can run here; `null` is the first.
    fn able(&self) -> Vec<usize> {
        let able = |one: &Configuration| one.monitor.missing(&one.options).is_empty();
        (0..self.configurations.len())
            .filter(|&place| able(&self.configurations[place]))
            .collect()
    }

    /// Runs all cells; gives the number of those that failed.
    fn cells(&self, stage: &Stage) -> Result<usize> {
        let able = self.able();
        let (seed, reps) = (self.wanted.seed, self.wanted.repetitions);
        let mut cells = plan(self.workloads.len(), &able, reps, seed);
        // A case says nothing of cost, so there is nothing to compare it with.
        let case = |one: &Planned| self.workloads[one.workload].model() == "case";
        cells.retain(|one| !case(one) || able.first() != Some(&one.monitor));
        let bar = output::bar(cells.len());
        let mut failed = 0;
        let mut order = 0;
        for planned in cells {
            let cell = self.cell(stage, planned, &mut order);
            bar.set_message(format!(
                "{} under {}",
                cell.workload.label,
                cell.configuration.label()
            ));
            let row = match cell.workload.unavailable() {
                Some(why) => cell.unavailable(&why.to_string())?,
                None => cell.run()?,
            };
            failed += usize::from(row.status == Status::Failed);
            tell(&bar, &row);
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.unable(stage, &able, order)?;
        Ok(failed)
    }

    /// Rows that say why, for the monitors that cannot run here.
    fn unable(&self, stage: &Stage, able: &[usize], mut order: u32) -> Result<()> {
        for monitor in (0..self.configurations.len()).filter(|place| !able.contains(place)) {
            let why = reasons(&self.configurations[monitor]).join("; ");
            for workload in 0..self.workloads.len() {
                let planned = Planned {
                    workload,
                    monitor,
                    repetition: 1,
                    baseline: false,
                };
                self.cell(stage, planned, &mut order).unavailable(&why)?;
            }
        }
        Ok(())
    }

    fn cell<'s>(&'s self, stage: &'s Stage, planned: Planned, order: &mut u32) -> Cell<'s> {
        *order += 1;
        let (workload, configuration) = (
            &self.workloads[planned.workload],
            &self.configurations[planned.monitor],
        );
        Cell {
            stage,
            planned,
            order: *order - 1,
            workload,
            configuration,
        }
    }
}

fn tell(bar: &ProgressBar, row: &CellRun) {
    if row.status == Status::Failed {
        let why = row.error.as_deref().unwrap_or_default();
        bar.suspend(|| {
            say(&format!(
                "{} under {}, repetition {}: {why}",
                row.workload, row.configuration, row.repetition
            ));
        });
    }
}
