//! What cells tell of costs.

use std::collections::BTreeMap;

use contract::{Kind, bare_name};

use crate::cell::{Cell, offered};
use crate::record::{Experiment, Status};

/// The workload whose cells tell what a configuration costs at no events.
pub(super) const IDLE: &str = "idle";

/// What runs beside it makes events that are in no ledger.
const CROWDED: &str = "noisy-neighbour";

/// Of a workload of which a monitor sees less than this, it does not pay for the events.
const SEES: f64 = 0.5;

/// Too few to be seen in a share.
const FEW: u64 = 10;

/// One cell.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    /// Record and workload.
    pub(super) group: (usize, String),
    pub(super) forks_per_s: f64,
    pub(super) execs_per_s: f64,
    /// CPUs that the monitor itself took.
    pub(super) own: Option<f64>,
    /// CPUs that the whole system took beyond what the block's baseline took for as many events.
    pub(super) system: Option<f64>,
    /// Events that the monitor offers.
    pub(super) offered: u64,
    /// Of these, those that it saw.
    pub(super) seen: u64,
}

/// The cells under `configuration` that are wanted.
pub(super) fn observe(
    records: &[&[Cell]],
    configuration: &str,
    wanted: fn(&Cell) -> bool,
) -> Vec<Observation> {
    let mut all = Vec::new();
    for (place, cells) in records.iter().enumerate() {
        let baselines = baselines(cells);
        let own = cells
            .iter()
            .filter(|cell| cell.configuration == configuration);
        for cell in own.filter(|cell| cell.status == Status::Ok && wanted(cell)) {
            all.extend(observation(place, cell, &baselines));
        }
    }
    all
}

fn observation(place: usize, cell: &Cell, baselines: &Baselines<'_>) -> Option<Observation> {
    let seconds = cell.cost.wall_ms.filter(|ms| *ms > 0.0)? / 1000.0;
    let truths = |kind| {
        let more = cell.ambiguous.get(kind).map_or(0, |of| of.truths);
        Some((cell.kinds.get(kind)?.truths + more) as f64)
    };
    let per_s = cell.events() as f64 / seconds / 1e6;
    let base = baselines.get(&(cell.workload.as_str(), cell.repetition));
    let base = base.map(|all| all.iter().sum::<f64>() / all.len() as f64);
    let system = cell.cost.system_cpu_us_per_event;
    let (seen, offered) = seen(cell);
    Some(Observation {
        group: (place, cell.workload.clone()),
        forks_per_s: truths(Kind::Fork)? / seconds,
        execs_per_s: truths(Kind::Exec)? / seconds,
        own: cell.cost.own_cpu_us_per_event.map(|us| us * per_s),
        system: system.zip(base).map(|(us, base)| (us - base) * per_s),
        offered,
        seen,
    })
}

/// The system's CPU for each event in the `null` cells of each block. A sweep has no blocks: its cells without a
/// monitor are no neighbours of those with one.
type Baselines<'a> = BTreeMap<(&'a str, u32), Vec<f64>>;

fn baselines(cells: &[Cell]) -> Baselines<'_> {
    let mut all = Baselines::new();
    let blocks = cells.iter().filter(|cell| {
        cell.configuration == "null"
            && cell.status == Status::Ok
            && cell.experiment != Experiment::Sweep
    });
    for cell in blocks {
        if let Some(us) = cell.cost.system_cpu_us_per_event {
            let block = (cell.workload.as_str(), cell.repetition);
            all.entry(block).or_default().push(us);
        }
    }
    all
}

/// Whether what it costs follows from its events: a workload of ours, which the monitor sees.
pub(super) fn is_fitted(cell: &Cell) -> bool {
    let ours = match cell.experiment {
        Experiment::Overhead | Experiment::Sweep => true,
        Experiment::Foreign => bare_name(&cell.workload) == IDLE,
        _ => false,
    };
    let (seen, truths) = seen(cell);
    let sees = truths < FEW || seen as f64 >= SEES * truths as f64;
    ours && sees && bare_name(&cell.workload) != CROWDED
}

/// Whether it is a command that the model is held against.
pub(super) fn is_held(cell: &Cell) -> bool {
    cell.experiment == Experiment::Foreign && bare_name(&cell.workload) != IDLE
}

/// Events seen, of those offered.
fn seen(cell: &Cell) -> (u64, u64) {
    offered(&cell.kinds).fold((0, 0), |sum, (_, kind)| {
        (sum.0 + kind.matched, sum.1 + kind.truths)
    })
}
