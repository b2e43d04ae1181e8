//! Which workload the next block is of. A time that is given is shared out so that the widest interval
//! becomes narrow: the noise of workloads differs by a factor of two, and so what a block of each brings.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Every workload has so many blocks, with a cell of each configuration, before intervals are held against each other.
pub(super) const EVEN: u32 = 4;

/// None has so many times the blocks of another that still has some to come: a workload that no time
/// makes narrow leaves the others their part.
const MOST: u32 = 3;

/// A workload that is not done, as the choice sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Open {
    /// Where it stands among the workloads.
    pub(super) place: usize,
    /// Blocks that it has.
    pub(super) blocks: u32,
    /// Half the width of its widest interval, as a share.
    pub(super) widest: f64,
}

/// The order of the rounds in which each workload gets a block.
#[derive(Debug, Default)]
pub(super) struct Rounds(Vec<usize>);

impl Rounds {
    /// The next of these in turn, each round in another order. `None` where there are none.
    pub(super) fn next(&mut self, open: &[Open], rng: &mut StdRng) -> Option<usize> {
        let is_open = |place: &usize| open.iter().any(|one| one.place == *place);
        self.0.retain(is_open);
        if self.0.is_empty() {
            self.0 = open.iter().map(|one| one.place).collect();
            self.0.shuffle(rng);
        }
        self.0.pop()
    }
}

/// The one that a block helps most; `None` while they are in their first rounds.
pub(super) fn widest(open: &[Open]) -> Option<usize> {
    let fewest = open.iter().map(|one| one.blocks).min()?;
    if fewest < EVEN {
        return None;
    }
    let may = open.iter().filter(|one| one.blocks < MOST * fewest);
    let found = may.max_by(|one, other| one.widest.total_cmp(&other.widest));
    found.map(|one| one.place)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    /// Of these blocks and widths, in order.
    fn open(all: &[(u32, f64)]) -> Vec<Open> {
        let all = all.iter().enumerate();
        all.map(|(place, &(blocks, widest))| Open {
            place,
            blocks,
            widest,
        })
        .collect()
    }

    #[test]
    fn each_is_in_a_round_once_and_what_is_done_in_none() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut rounds = Rounds::default();
        let all = open(&[(0, 0.0); 3]);
        for _ in 0..10 {
            let mut round: Vec<_> = (0..3).filter_map(|_| rounds.next(&all, &mut rng)).collect();
            round.sort_unstable();
            assert_eq!(round, [0, 1, 2]);
        }
        let first = rounds.next(&all, &mut rng).unwrap();
        let left: Vec<Open> = all.into_iter().filter(|one| one.place != first).collect();
        let rest = [(); 2].map(|()| rounds.next(&left, &mut rng).unwrap());
        assert!(!rest.contains(&first) && rest[0] != rest[1]);
        assert_eq!(rounds.next(&[], &mut rng), None);
    }

    #[test]
    fn the_widest_is_next_when_each_has_had_its_rounds() {
        assert_eq!(widest(&open(&[(3, 0.1), (4, 0.2)])), None);
        assert_eq!(widest(&open(&[(4, 0.1), (4, 0.2), (4, 0.15)])), Some(1));
        assert_eq!(widest(&open(&[(4, 0.1), (4, f64::INFINITY)])), Some(1));
        assert_eq!(widest(&[]), None);
    }

    #[test]
    fn none_starves_beside_one_that_stays_wide() {
        assert_eq!(widest(&open(&[(4, 0.02), (11, 0.9)])), Some(1));
        assert_eq!(widest(&open(&[(4, 0.02), (12, 0.9)])), Some(0));
        assert_eq!(widest(&open(&[(12, 0.9)])), Some(0), "alone");
    }
}
