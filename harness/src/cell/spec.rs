//! One cell before it is run: what, under what, in which folder.

use std::path::PathBuf;

use anyhow::Result;
use contract::{Claims, Script};
use workloads::Definition;

use super::interference;
use super::stage::Stage;
use crate::cgroup::{Cgroup, Limits};
use crate::plan::Planned;
use crate::select::Configuration;
use scoring::record::{CellRun, Noise};

/// One cell, ready to be run.
pub(crate) struct Cell<'a> {
    /// What all cells share.
    pub(crate) stage: &'a Stage,
    /// Its place in the plan.
    pub(crate) planned: Planned,
    /// Its place in the order.
    pub(crate) order: u32,
    /// The workload.
    pub(crate) workload: &'a Definition,
    /// The monitor.
    pub(crate) configuration: &'a Configuration,
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
        let name = format!(
            "{:05}-{workload}-{monitor}-{}",
            self.order, self.planned.repetition
        );
        self.stage.out.join("raw").join(name)
    }

    /// Its row before anything was measured.
    pub(super) fn row(&self) -> CellRun {
        CellRun {
            repetition: self.planned.repetition,
            order: self.order,
            baseline: self.planned.baseline,
            noise: Noise {
                load: interference::load(),
                ..Noise::default()
            },
            ..CellRun::nothing(&self.workload.label, &self.configuration.label())
        }
    }

    /// Kinds and fields that its monitor offers.
    pub(super) fn claims(&self) -> Claims {
        let Configuration { monitor, options } = self.configuration;
        monitor.claims(options)
    }

    /// Whether its monitor only plants faults: it is handed the ledger, and reports at the end.
    pub(super) fn plants_faults(&self) -> bool {
        self.configuration.monitor.fault_injector()
    }

    /// Whether its monitor is a third-party tool.
    pub(super) fn is_tool(&self) -> bool {
        self.configuration.monitor.definition().is_some()
    }

    /// What is run.
    pub(super) fn script(&self, workload: &Definition) -> Result<Script> {
        let script = workload.script(self.stage.scale, &self.stage.programs);
        script.map_err(anyhow::Error::from_boxed)
    }

    /// A control group called after `part`, where one can be made.
    pub(super) fn group(&self, part: &str, limits: Option<Limits>) -> Result<Option<Cgroup>> {
        let hierarchy = self.stage.hierarchy.as_ref();
        hierarchy
            .map(|hierarchy| Cgroup::new(hierarchy, part, limits))
            .transpose()
    }
}
