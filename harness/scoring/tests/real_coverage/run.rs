//! One run of `scripts/coverage`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use scoring::record::{CellRun, Experiment, Noise, Record, Status};
use scoring::{Cell, Comparison, Scored, Summary};
use serde::Deserialize;

/// The third null, and the monitor whose cost is planted.
pub(crate) const COPY: &str = "null{copy=1}";
pub(crate) const BURN: &str = "null{burn=0.05}";

#[derive(Deserialize)]
struct Row {
    block: u32,
    order: u32,
    workload: String,
    configuration: String,
    baseline: bool,
    status: Status,
    wall_ms: Option<f64>,
    system_cpu_us_per_event: Option<f64>,
    steal_ticks: u64,
    stolen: bool,
}

/// Its cells by workload and block.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) record: Record,
    pub(crate) cells: BTreeMap<String, BTreeMap<u32, Vec<Cell>>>,
}

impl Run {
    /// All runs in `dir`, by name.
    pub(crate) fn all(dir: &Path) -> Vec<Self> {
        let names = ["1", "2", "3"].into_iter();
        let there = names.filter(|name| dir.join(name).exists());
        there
            .map(|name| Self::read(&dir.join(name), name))
            .collect()
    }

    /// The same with cells so far apart in the order of all that the model takes none to be like its neighbour.
    pub(crate) fn apart(&self) -> Self {
        let mut run = self.clone();
        let all = run
            .cells
            .values_mut()
            .flat_map(BTreeMap::values_mut)
            .flatten();
        all.for_each(|cell| cell.order *= 1000);
        run
    }

    /// The same with the names of each block's nulls dealt out anew among them. Whatever a name could bring is gone
    /// then, and the noise of the machine, as it was, is all that an interval has to be wide enough for.
    pub(crate) fn dealt(&self, rng: &mut StdRng) -> Self {
        let mut run = self.clone();
        for block in run.cells.values_mut().flat_map(BTreeMap::values_mut) {
            let mut nulls: Vec<&mut Cell> = block
                .iter_mut()
                .filter(|cell| cell.configuration != BURN)
                .collect();
            let names = nulls
                .iter()
                .map(|cell| (cell.configuration.clone(), cell.baseline));
            let mut names: Vec<_> = names.collect();
            names.shuffle(rng);
            for (cell, (configuration, baseline)) in nulls.iter_mut().zip(names) {
                cell.configuration = configuration;
                cell.baseline = baseline;
            }
        }
        run
    }

    fn read(dir: &Path, name: &str) -> Self {
        let mut cells: BTreeMap<String, BTreeMap<u32, Vec<Cell>>> = BTreeMap::new();
        let mut reader = csv::Reader::from_path(dir.join("cells.csv")).unwrap();
        for row in reader.deserialize() {
            let row: Row = row.unwrap();
            let of_workload = cells.entry(row.workload.clone()).or_default();
            let block = of_workload.entry(row.block).or_default();
            block.push(cell(&row));
        }
        Self {
            name: name.to_owned(),
            record: Record::read(dir).unwrap(),
            cells,
        }
    }

    /// Blocks that every workload has.
    pub(crate) fn blocks(&self) -> u32 {
        let each = self.cells.values().map(|blocks| blocks.len() as u32);
        each.min().unwrap_or(0)
    }

    /// What the record of these blocks of these workloads would say.
    pub(crate) fn summary<'a>(
        &self,
        workloads: impl Iterator<Item = &'a String>,
        blocks: Range<u32>,
        precision: Option<f64>,
    ) -> Summary {
        let cells = workloads.flat_map(|workload| self.cells[workload].range(blocks.clone()));
        let cells = cells.flat_map(|(_, cells)| cells.iter().cloned());
        let scored = cells.map(|cell| Scored::new(cell, None)).collect();
        let record = Record {
            precision,
            ..self.record.clone()
        };
        Summary::new(record, scored).unwrap()
    }

    /// The planted overhead as the whole run tells it, a ratio; by workload.
    pub(crate) fn planted(&self) -> BTreeMap<String, f64> {
        let summary = self.summary(self.cells.keys(), 0..u32::MAX, None);
        let burning = |one: &&Comparison| one.configuration == BURN;
        let entries = summary.comparison.iter().filter(burning);
        entries
            .map(|one| (one.workload.clone(), one.slowdown.unwrap().ratio))
            .collect()
    }
}

fn cell(row: &Row) -> Cell {
    let mut cell = Cell::blank(&CellRun {
        repetition: row.block,
        order: row.order,
        baseline: row.baseline,
        status: row.status,
        experiment: Experiment::Overhead,
        noise: Noise {
            steal_ticks: row.steal_ticks,
            stolen: row.stolen,
            ..Noise::default()
        },
        ..CellRun::nothing(&row.workload, &row.configuration)
    });
    cell.cost.wall_ms = row.wall_ms;
    cell.cost.system_cpu_us_per_event = row.system_cpu_us_per_event;
    cell
}
