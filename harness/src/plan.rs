//! The order of the cells of a block.

use rand::Rng;
use rand::seq::SliceRandom;

/// One cell of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Place of its configuration in the list that the block was made from.
    pub(crate) configuration: usize,
    /// See [`scoring::record::CellRun::baseline`].
    pub(crate) baseline: bool,
}

/// One workload under each of `configurations`, of which the first is `null`, in random order.
/// `null` runs twice: both are the reference, and the two against each other show the noise. So does the one
/// that is named in `twice`, which is to be known better than the others.
pub(crate) fn block(configurations: usize, twice: Option<usize>, rng: &mut impl Rng) -> Vec<Turn> {
    let turn = |configuration| Turn {
        configuration,
        baseline: false,
    };
    let mut turns: Vec<_> = (0..configurations).chain(twice).map(turn).collect();
    turns.push(Turn {
        baseline: true,
        ..turn(0)
    });
    turns.shuffle(rng);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn every_block_has_two_nulls_and_the_seed_decides_the_order() {
        let blocks = |seed| -> Vec<Vec<Turn>> {
            let mut rng = StdRng::seed_from_u64(seed);
            (0..9).map(|_| block(3, None, &mut rng)).collect()
        };
        for block in blocks(7) {
            let mut places: Vec<_> = block.iter().map(|turn| turn.configuration).collect();
            places.sort_unstable();
            assert_eq!(places, [0, 0, 1, 2]);
            let baseline: Vec<_> = block.iter().filter(|turn| turn.baseline).collect();
            assert_eq!((baseline.len(), baseline[0].configuration), (1, 0));
        }
        assert_eq!(blocks(7), blocks(7));
        assert_ne!(blocks(7), blocks(8));
    }

    #[test]
    fn one_may_run_twice() {
        let block = block(3, Some(2), &mut StdRng::seed_from_u64(1));
        let mut places: Vec<_> = block.iter().map(|turn| turn.configuration).collect();
        places.sort_unstable();
        assert_eq!(places, [0, 0, 1, 2, 2]);
        assert_eq!(block.iter().filter(|turn| turn.baseline).count(), 1);
    }
}
