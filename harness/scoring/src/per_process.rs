//! A command that is not ours may make another number of processes each time it is run (a build that
//! finds its files made, a test suite that retries): then its wall time compares runs of different
//! work, and the time for each process is stated as well.

use contract::Kind;

use crate::cell::Cell;
use crate::record::Experiment;

/// Numbers of processes that differ by more than this share of the least are not the same work.
const SAME: f64 = 0.02;

/// Whether the cells of a command make differing numbers of processes.
pub(super) fn differ(cells: &[&Cell]) -> bool {
    let counts = cells.iter().filter_map(|cell| processes(cell));
    let (least, most) = counts.fold((f64::INFINITY, 0.0_f64), |(least, most), count| {
        (least.min(count), most.max(count))
    });
    most > least * (1.0 + SAME)
}

/// The wall time of a cell for each of its processes, in milliseconds.
pub(super) fn wall_ms(cell: &Cell) -> Option<f64> {
    Some(cell.cost.wall_ms? / processes(cell)?)
}

/// `None` where they are not known, or were planned: a workload of ours makes as many as it shall.
fn processes(cell: &Cell) -> Option<f64> {
    let forks = cell.kinds.get(Kind::Fork)?.truths;
    (cell.experiment == Experiment::Foreign && forks > 0).then_some(forks as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_key::Keyed;
    use crate::cell::KindScore;
    use crate::record::CellRun;

    fn cell(experiment: Experiment, truths: u64) -> Cell {
        let run = CellRun {
            experiment,
            ..CellRun::nothing("make", "null")
        };
        let mut cell = Cell::blank(&run);
        cell.cost.wall_ms = Some(500.0);
        cell.kinds = Keyed::each(|_| KindScore {
            truths,
            ..KindScore::default()
        });
        cell
    }

    fn of(experiment: Experiment, counts: &[u64]) -> bool {
        let cells: Vec<_> = counts.iter().map(|&n| cell(experiment, n)).collect();
        differ(&cells.iter().collect::<Vec<_>>())
    }

    #[test]
    fn over_two_per_cent_differ() {
        assert!(!of(Experiment::Foreign, &[100, 102, 101]));
        assert!(of(Experiment::Foreign, &[100, 103]));
        // Not known is not different, and what was planned is no surprise.
        assert!(!of(Experiment::Foreign, &[0, 100]) && !of(Experiment::Foreign, &[]));
        assert!(!of(Experiment::Overhead, &[100, 200]));
    }

    #[test]
    fn the_time_is_shared_among_the_processes() {
        assert_eq!(wall_ms(&cell(Experiment::Foreign, 100)), Some(5.0));
        assert_eq!(wall_ms(&cell(Experiment::Foreign, 0)), None);
    }
}
