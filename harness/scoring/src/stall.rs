//! Time a workload was held up. A technique that blocks loses nothing and shows here instead.

use serde::{Deserialize, Serialize};

use crate::baselines::Baselines;
use crate::noise_floor::{Extra, Floor};
use crate::scored::Scored;
use crate::stats::{self, Estimate};

/// What `audit` notes of the kernel's `backlog_wait_time_actual`.
const QUEUE_WAIT: &str = "backlog_wait_ms";

/// How long the workload was held up in each repetition, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Stall {
    /// Wall time beyond that of the paired baseline.
    pub wall_ms: Option<Extra>,
    /// What its processes waited in system calls for room in the kernel's audit queue, all
    /// together; `None` for techniques that do not make it wait.
    pub queue_wait_ms: Option<Estimate>,
}

/// Of all repetitions.
pub(super) fn of(
    cells: &[&Scored],
    baselines: &Baselines<'_>,
    floor: Option<&Floor>,
    seed: u64,
) -> Stall {
    let walls = baselines.pairs(cells, |cell| cell.cost.wall_ms);
    let (own, base): (Vec<f64>, Vec<f64>) = walls.unzip();
    let more: Vec<f64> = own
        .iter()
        .zip(&base)
        .map(|(own, base)| own - base)
        .collect();
    // The noise of a wall time is known as a factor.
    let usual = stats::mean(&base, seed).map_or(0.0, |base| base.value);
    let noise = floor.map(|floor| {
        let (least, most) = floor.ratios();
        ((least - 1.0) * usual, (most - 1.0) * usual)
    });
    let waits = cells
        .iter()
        .filter_map(|one| one.cell.notes.get(QUEUE_WAIT));
    let waits: Vec<f64> = waits.map(|ms| *ms as f64).collect();
    Stall {
        wall_ms: Extra::of(stats::mean(&more, seed), noise),
        queue_wait_ms: stats::mean(&waits, seed),
    }
}
