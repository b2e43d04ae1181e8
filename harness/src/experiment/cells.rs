//! Runs cells one after another: each gets its place in the order, and a failure is said at once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use workloads::Definition;

use crate::cell::{Cell, Stage};
use crate::exit::say;
use crate::progress::Progress;
use crate::select::Configuration;
use scoring::record::{BLIND, CellRun, Experiment, Status};

/// One cell that is to be run.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) experiment: Experiment,
    pub(super) workload: &'a Definition,
    pub(super) scale: f64,
    pub(super) configuration: &'a Configuration,
    /// See [`CellRun::stands_for`].
    pub(super) stands_for: Option<&'a Configuration>,
    pub(super) repetition: u32,
    pub(super) baseline: bool,
    /// See [`Cell::accounted`].
    pub(super) accounted: bool,
}

impl Task<'_> {
    /// As progress shows it.
    pub(super) fn words(&self) -> String {
        format!(
            "{} under {}",
            self.workload.label,
            self.configuration.label()
        )
    }
}

/// What a cell of a block is called: those of a command tell of its loss, too.
pub(super) fn overhead_of(workload: &Definition) -> Experiment {
    match workload.command {
        Some(_) => Experiment::Foreign,
        None => Experiment::Overhead,
    }
}

/// What the cells of a workload measure that is not run in blocks alone.
pub(super) fn experiment_of(workload: &Definition) -> Experiment {
    match workload.model() {
        "case" => Experiment::Case,
        _ if workload.name.starts_with(BLIND) => Experiment::Blind,
        _ => overhead_of(workload),
    }
}

/// Whether it is process accounting that it watches with: there is one file of it for the machine.
pub(super) fn uses_accounting(one: &Configuration) -> bool {
    ["accounting", "acct"].contains(&one.monitor.name())
}

/// The cells of one record.
pub(crate) struct Cells<'a> {
    stage: &'a Stage,
    next: u32,
    failed: usize,
    /// Configurations of which a cell was measured, or went wrong.
    ran: BTreeSet<String>,
    /// Those of which one found out that it cannot run here, with the reason.
    lack: BTreeMap<String, String>,
    could_not: u64,
}

impl<'a> Cells<'a> {
    /// None yet.
    pub(crate) fn new(stage: &'a Stage) -> Self {
        Self {
            stage,
            next: 0,
            failed: 0,
            ran: BTreeSet::new(),
            lack: BTreeMap::new(),
            could_not: 0,
        }
    }

    /// How many went wrong.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// Configurations of which no cell could be run, with the reason.
    pub(crate) fn lacking(&self) -> BTreeMap<String, String> {
        let mut lacking = self.lack.clone();
        lacking.retain(|label, _| !self.ran.contains(label));
        lacking
    }

    /// Whether there were cells, and none could be run: no monitor's, whatever lacked.
    pub(crate) fn none_ran(&self) -> bool {
        self.could_not > 0 && self.ran.is_empty()
    }

    fn note(&mut self, task: &Task<'_>, row: &CellRun, progress: &Progress) {
        let label = task.configuration.label();
        if task.configuration.monitor.name() == "null" {
            return;
        }
        if row.status != Status::Unavailable {
            self.ran.insert(label);
            return;
        }
        self.could_not += 1;
        let why = row.error.clone().unwrap_or_default();
        if !self.lack.contains_key(&label) {
            progress.say(&format!("{} cannot be run here: {why}", task.words()));
        }
        // A case may itself find that it lacks something, which says nothing of the monitor.
        if task.workload.model() != "case" && task.workload.unavailable().is_none() {
            self.lack.insert(label, why);
        }
    }

    /// Runs one.
    pub(super) fn run(&mut self, task: Task<'_>, progress: &Progress) -> Result<CellRun> {
        let cell = self.cell(task);
        let row = match task.workload.unavailable() {
            Some(why) => cell.unavailable(&why.to_string())?,
            None => cell.run()?,
        };
        self.note(&task, &row, progress);
        if row.status == Status::Failed {
            self.failed += 1;
            progress.say(&format!(
                "{}, repetition {}: {}",
                task.words(),
                row.repetition,
                row.error.as_deref().unwrap_or_default()
            ));
        }
        Ok(row)
    }

    /// Leaves the rows of a configuration that cannot run here, one for each workload.
    pub(crate) fn cannot_run<'w>(
        &mut self,
        configuration: &Configuration,
        workloads: impl Iterator<Item = &'w Definition>,
        why: &str,
    ) -> Result<()> {
        for workload in workloads {
            let experiment = experiment_of(workload);
            let cell = self.cell(Task {
                experiment,
                workload,
                scale: 1.0,
                configuration,
                stands_for: None,
                repetition: 1,
                baseline: false,
                accounted: false,
            });
            cell.unavailable(why)?;
        }
        Ok(())
    }

    /// Leaves the rows of a workload that went wrong before it was measured, one for each configuration.
    pub(crate) fn spoilt(
        &mut self,
        workload: &Definition,
        configurations: &[Configuration],
        why: &str,
    ) -> Result<()> {
        say(&format!("{} is left out: {why}", workload.label));
        self.failed += 1;
        for one in configurations {
            self.cannot_run(one, std::iter::once(workload), why)?;
        }
        Ok(())
    }

    fn cell<'t>(&mut self, task: Task<'t>) -> Cell<'t>
    where
        'a: 't,
    {
        self.next += 1;
        Cell {
            stage: self.stage,
            experiment: task.experiment,
            workload: task.workload,
            scale: task.scale,
            configuration: task.configuration,
            stands_for: task.stands_for,
            repetition: task.repetition,
            baseline: task.baseline,
            accounted: task.accounted,
            order: self.next - 1,
        }
    }
}
