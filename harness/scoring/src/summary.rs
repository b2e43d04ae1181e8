use std::collections::HashSet;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::aggregate::compare;
use crate::case_outcome::{CaseScore, cases};
use crate::cell::Cell;
use crate::comparison::Comparison;
use crate::cost_model::{CostModel, cost_model};
use crate::noise_floor::NoiseFloor;
use crate::parallel;
use crate::record::{Experiment, FORMAT, Record, WorkloadInfo};
use crate::scored::Scored;
use crate::slowdown::{Overall, OverheadFits};

/// `summary.json`: everything computed from a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// [`FORMAT`].
    pub format: u32,
    /// As in `record.json`.
    pub record: Record,
    /// One row for each cell, in the order in which they ran.
    pub cells: Vec<Cell>,
    /// One entry for each workload and monitor, in the order of the record.
    pub comparison: Vec<Comparison>,
    /// What each monitor costs over all workloads together; empty without overhead cells.
    #[serde(default)]
    pub overhead: Vec<Overall>,
    /// What each monitor costs at a rate of events; empty where the cells tell nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost_model: Vec<CostModel>,
    /// What is too small to tell from noise.
    pub noise_floor: NoiseFloor,
    /// What each monitor saw of each case.
    #[serde(default)]
    pub cases: Vec<CaseScore>,
    /// What was left out when the record was kept; `None` of a whole one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinned: Option<Thinned>,
}

/// How many rows about cases were left out: what was seen of each case is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thinned {
    /// Cells that did not fail and of which `missed.json` tells nothing.
    pub cells: usize,
    /// Entries of the comparison.
    pub comparison: usize,
}

impl Summary {
    /// Computes it.
    pub fn new(record: Record, mut scored: Vec<Scored>) -> Result<Self> {
        scored.sort_by_key(|scored| scored.cell.order);
        let overhead = OverheadFits::new(&record, &scored);
        let comparison = parallel::each(&combinations(&record, &scored), |(workload, monitor)| {
            let cells = scored.iter().filter(|one| one.cell.workload == *workload);
            let cells: Vec<&Scored> = cells.collect();
            let own = cells.iter().filter(|one| one.cell.subject() == monitor);
            let own: Vec<&Scored> = own.copied().collect();
            compare((workload, monitor), &own, &cells, &overhead, record.seed)
        });
        let comparison = comparison.into_iter().collect::<Result<_>>()?;
        let cells: Vec<_> = scored.into_iter().map(|scored| scored.cell).collect();
        let mut models = cost_model(&[&cells]);
        models.sort_by_key(|one| {
            let mut monitors = record.monitors.iter();
            monitors.position(|monitor| monitor.name == one.configuration)
        });
        Ok(Self {
            format: FORMAT,
            cases: cases(&record, &cells),
            record,
            comparison,
            overhead: overhead.overall(),
            noise_floor: NoiseFloor::new(&overhead),
            cost_model: models,
            cells,
            thinned: None,
        })
    }

    /// What there is about load: a case and a blind window say nothing of loss, time and cost.
    pub fn without_cases(mut self) -> Self {
        let record = &mut self.record;
        let apart = |one: &&WorkloadInfo| one.is_case() || one.is_blind();
        let cases = record.workloads.iter().filter(apart);
        let cases: HashSet<String> = cases.map(|one| one.name.clone()).collect();
        self.comparison.retain(|one| !cases.contains(&one.workload));
        record.workloads.retain(|one| !apart(&one));
        self
    }

    /// Whether its cases count for `other` too: of the same machine, and `other` has none.
    pub fn lends_to(&self, other: &Self) -> bool {
        let (own, theirs) = (&self.record.machine, &other.record.machine);
        !self.cases.is_empty() && other.cases.is_empty() && own.identity() == theirs.identity()
    }

    /// The entry for a workload under a monitor.
    pub fn of(&self, workload: &str, monitor: &str) -> Option<&Comparison> {
        self.comparison
            .iter()
            .find(|entry| entry.workload == workload && entry.configuration == monitor)
    }
}

/// What was planned in the order of the record, then whatever else there are cells of.
fn combinations(record: &Record, scored: &[Scored]) -> Vec<(String, String)> {
    let workloads = record.workloads.iter().filter(|one| !one.is_blind());
    let planned = workloads.flat_map(|workload| {
        let monitors = record.monitors.iter();
        monitors.map(|monitor| (workload.name.clone(), monitor.name.clone()))
    });
    let mut all: Vec<_> = planned.collect();
    let load = |one: &&Scored| one.cell.experiment != Experiment::Blind;
    for Scored { cell, .. } in scored.iter().filter(load) {
        let found = (cell.workload.clone(), cell.subject().to_owned());
        if !all.contains(&found) {
            all.push(found);
        }
    }
    all
}
