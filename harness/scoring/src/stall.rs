//! Time a workload was held up. A technique that blocks loses nothing and shows here instead.

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::slowdown::{Extra, Fitted};
use crate::stats::{self, Estimate};

/// What `audit` notes of the kernel's `backlog_wait_time_actual`.
const QUEUE_WAIT: &str = "backlog_wait_ms";

/// How long the workload was held up in each repetition, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    /// Wall time beyond the baseline's: the slowdown in milliseconds.
    pub wall_ms: Option<Extra>,
    /// What its processes waited in system calls for room in the kernel's audit queue, all
    /// together; `None` for techniques that do not make it wait.
    pub queue_wait_ms: Option<Estimate>,
}

impl Stall {
    /// Of the repetitions `cells`; `wall` are the fitted wall times of the workload, in which the
    /// configuration has this place.
    pub(super) fn of<'a>(
        cells: impl Iterator<Item = &'a Cell>,
        wall: Option<(&Fitted, usize)>,
        seed: u64,
    ) -> Self {
        let waits = cells.filter_map(|cell| cell.notes.get(QUEUE_WAIT));
        let waits: Vec<f64> = waits.map(|ms| *ms as f64).collect();
        Self {
            wall_ms: wall.and_then(|(fitted, place)| fitted.extra(place)),
            queue_wait_ms: stats::mean(&waits, seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CellRun;

    #[test]
    fn waits_are_averaged_over_the_repetitions_that_note_them() {
        let cell = |wait: Option<u64>| {
            let mut cell = Cell::blank(&CellRun::nothing("storm", "audit"));
            cell.notes
                .extend(wait.map(|ms| (QUEUE_WAIT.to_owned(), ms)));
            cell
        };
        let cells = [cell(Some(10)), cell(None), cell(Some(30))];
        let found = Stall::of(cells.iter(), None, 1);
        let waits = found.queue_wait_ms.unwrap();
        assert_eq!((waits.value, waits.n, found.wall_ms), (20.0, 2, None));
        assert_eq!(Stall::of([cell(None)].iter(), None, 1), Stall::default());
    }
}
