//! Events of a command that is not ours of which only the number is known: a process executed several
//! programs, and no source tells which process did. What a monitor reports beyond the first exec of a
//! process may be one of these or a repetition; what it does not report cannot be shown to be of any
//! process. So they are counted, never missed.

use contract::{Counts, Kind};

use crate::by_key::Keyed;
use crate::cell::{Ambiguous, KindScore};

/// Takes out of the duplicates what may be the report of an ambiguous event. More than there were
/// cannot be: the rest stays.
pub(super) fn set_apart(
    kinds: &mut Keyed<Kind, KindScore>,
    truths: Counts,
) -> Keyed<Kind, Ambiguous> {
    let mut found = Keyed::default();
    for (&kind, score) in &mut kinds.0 {
        let truths = truths.of(kind);
        if truths > 0 {
            let reported = score.duplicates.min(truths);
            score.duplicates -= reported;
            found.0.insert(kind, Ambiguous { truths, reported });
        }
    }
    found
}

/// All cells together.
pub(super) fn together<'a>(
    cells: impl Iterator<Item = &'a Keyed<Kind, Ambiguous>>,
) -> Keyed<Kind, Ambiguous> {
    let mut sums: Keyed<Kind, Ambiguous> = Keyed::default();
    for (&kind, one) in cells.flat_map(|cell| &cell.0) {
        let sum = sums.0.entry(kind).or_default();
        sum.truths += one.truths;
        sum.reported += one.reported;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execs(duplicates: u64) -> Keyed<Kind, KindScore> {
        Keyed::each(|kind| KindScore {
            duplicates: if kind == Kind::Exec { duplicates } else { 1 },
            ..KindScore::default()
        })
    }

    #[test]
    fn repetitions_are_ambiguous_up_to_the_number_that_is_known() {
        for (duplicates, reported, left) in [(0, 0, 0), (3, 3, 0), (7, 5, 2)] {
            let mut kinds = execs(duplicates);
            let found = set_apart(&mut kinds, Counts([0, 5, 0]));
            let due = Ambiguous {
                truths: 5,
                reported,
            };
            assert_eq!(found.get(Kind::Exec), Some(&due));
            assert_eq!(found.0.len(), 1);
            assert_eq!(kinds.get(Kind::Exec).unwrap().duplicates, left);
            assert_eq!(kinds.get(Kind::Exit).unwrap().duplicates, 1);
        }
    }

    #[test]
    fn cells_add_up() {
        let of = |duplicates| set_apart(&mut execs(duplicates), Counts([0, 5, 0]));
        let all = [of(2), of(9), Keyed::default()];
        let sum = together(all.iter());
        let due = Ambiguous {
            truths: 10,
            reported: 7,
        };
        assert_eq!(sum.get(Kind::Exec), Some(&due));
        assert!(together([Keyed::default()].iter()).is_empty());
    }
}
