//! One cell before it is run: what, under what, how long, in which folder.

use std::path::PathBuf;

use anyhow::Result;
use contract::{Claims, Script};
use workloads::Definition;

use super::interference;
use super::stage::Stage;
use crate::cgroup::{Cgroup, Limits};
use crate::select::{Configuration, SNAPSHOT};
use crate::user::User;
use scoring::record::{CellRun, Experiment, Noise};

/// One cell, ready to be run.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    /// What all cells share.
    pub(crate) stage: &'a Stage,
    /// What it measures.
    pub(crate) experiment: Experiment,
    /// The workload.
    pub(crate) workload: &'a Definition,
    /// Factor on the number of the workload's processes.
    pub(crate) scale: f64,
    /// The monitor.
    pub(crate) configuration: &'a Configuration,
    /// See [`CellRun::stands_for`].
    pub(crate) stands_for: Option<&'a Configuration>,
    /// The block of an overhead cell; otherwise which time this is. From 1.
    pub(crate) repetition: u32,
    /// See [`CellRun::baseline`].
    pub(crate) baseline: bool,
    /// Whether process accounting is on, so that all processes are known. Not under a monitor that
    /// uses it, nor where that is compared: the baseline must not pay for what the monitor does.
    pub(crate) accounted: bool,
    /// Its place in the order.
    pub(crate) order: u32,
}

impl Cell<'_> {
    /// Its folder in the record.
    pub(crate) fn dir(&self) -> PathBuf {
        let safe =
            |label: &str| label.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        let (workload, monitor) = (
            safe(&self.workload.label),
            safe(&self.configuration.label()),
        );
        let name = format!("{:05}-{workload}-{monitor}-{}", self.order, self.repetition);
        self.stage.out.join("raw").join(name)
    }

    /// Its row before anything was measured.
    pub(super) fn row(&self) -> CellRun {
        CellRun {
            experiment: self.experiment,
            stands_for: self.stands_for.map(Configuration::label),
            repetition: self.repetition,
            order: self.order,
            baseline: self.baseline,
            noise: Noise {
                load: interference::load(),
                ..Noise::default()
            },
            ..CellRun::nothing(&self.workload.label, &self.configuration.label())
        }
    }

    /// What its monitor is started as. Where blind windows are measured it tells what runs already.
    pub(super) fn started_as(&self) -> Result<String> {
        let one = self.configuration;
        let chosen = one.options.given().any(|(name, _)| name == SNAPSHOT);
        if self.experiment != Experiment::Blind || chosen || !one.takes(SNAPSHOT) {
            return Ok(one.label());
        }
        Ok(one.with(SNAPSHOT, "yes")?.label())
    }

    /// Whether it tells what runs already.
    pub(super) fn tells_the_running(&self) -> bool {
        let one = self.configuration;
        let blind = self.experiment == Experiment::Blind && one.takes(SNAPSHOT);
        blind && one.options.word(SNAPSHOT) != "no"
    }

    /// Kinds and fields that its monitor offers.
    pub(super) fn claims(&self) -> Claims {
        let Configuration { monitor, options } = self.configuration;
        monitor.claims(options)
    }

    /// The user that its workload runs as, and a monitor that needs no root; `None` is the caller. A library
    /// that is preloaded writes to its own user only.
    pub(super) fn user(&self) -> Option<User> {
        match self.workload.command {
            Some(_) => None,
            None => self.stage.user,
        }
    }

    /// Whether its monitor only plants faults: it is handed the ledger, and reports at the end.
    pub(super) fn plants_faults(&self) -> bool {
        self.configuration.monitor.fault_injector()
    }

    /// Whether its monitor is a third-party tool.
    pub(super) fn is_tool(&self) -> bool {
        self.configuration.monitor.definition().is_some()
    }

    /// Whether it is run again when CPU time was kept from it. Cells of a block belong to one stretch of
    /// time, and the model leaves out what was stolen; a sustained cell asks whether the reader keeps up.
    pub(super) fn may_be_run_again(&self) -> bool {
        !matches!(
            self.experiment,
            Experiment::Overhead | Experiment::Loss | Experiment::Foreign
        )
    }

    /// The same with twice as many processes; `None` where its workload cannot have them.
    pub(super) fn doubled(self) -> Option<Self> {
        let scale = 2.0 * self.scale;
        let cell = Cell { scale, ..self };
        cell.script(self.workload).is_ok().then_some(cell)
    }

    /// What is run.
    pub(super) fn script(&self, workload: &Definition) -> Result<Script> {
        let script = workload.script(self.scale, &self.stage.programs);
        script.map_err(anyhow::Error::from_boxed)
    }

    /// A control group called after `part`, where one can be made.
    pub(super) fn group(&self, part: &str, limits: Option<Limits>) -> Result<Option<Cgroup>> {
        let Some(hierarchy) = &self.stage.hierarchy else {
            return Ok(None);
        };
        // Only the events of a command are counted by its group.
        let group = match &self.workload.command {
            Some(_) => Cgroup::new(hierarchy, part, limits),
            None => Cgroup::new(&hierarchy.uncounted(), part, limits),
        };
        group.map(Some)
    }
}
