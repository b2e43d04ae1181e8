//! Definitions x monitors x repetitions -> cells, in a seeded order.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// A cell that is to be run. Workload and monitor are places in the lists they came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Place in the list of workloads.
    pub workload: usize,
    /// Place in the list of monitors.
    pub monitor: usize,
    /// From 1.
    pub repetition: u32,
    /// See [`scoring::record::CellRun::baseline`].
    pub baseline: bool,
}

/// The cells of `repetitions` over so many workloads and over `monitors`, of which the first is
/// `null`. In every block (one workload, one repetition) `null` runs twice: once as the baseline,
/// once as a configuration, so that every comparison has its own noise beside it. Blocks and the
/// cells in them come in random order: what drifts (heat, neighbours) falls on all alike.
pub(crate) fn plan(
    workloads: usize,
    monitors: &[usize],
    repetitions: u32,
    seed: u64,
) -> Vec<Planned> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut cells = Vec::new();
    for repetition in 1..=repetitions {
        let mut blocks: Vec<usize> = (0..workloads).collect();
        blocks.shuffle(&mut rng);
        for workload in blocks {
            cells.extend(block(workload, monitors, repetition, &mut rng));
        }
    }
    cells
}

fn block(workload: usize, monitors: &[usize], repetition: u32, rng: &mut impl Rng) -> Vec<Planned> {
    let cell = |&monitor| Planned {
        workload,
        monitor,
        repetition,
        baseline: false,
    };
    let mut cells: Vec<_> = monitors.iter().map(cell).collect();
    let null = monitors.iter().take(1);
    cells.extend(null.map(|null| Planned {
        baseline: true,
        ..cell(null)
    }));
    cells.shuffle(rng);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_has_its_pair_and_the_seed_decides_the_order() {
        let cells = plan(3, &[0, 1, 4], 5, 7);
        assert_eq!(cells.len(), 3 * 5 * 4);
        for block in cells.chunks(4) {
            assert_eq!(block.iter().filter(|cell| cell.baseline).count(), 1);
            assert_eq!(block.iter().filter(|cell| cell.monitor == 0).count(), 2);
            assert!(block.iter().all(|cell| cell.workload == block[0].workload));
        }
        assert_eq!(cells, plan(3, &[0, 1, 4], 5, 7));
        assert_ne!(cells, plan(3, &[0, 1, 4], 5, 8));
    }
}
