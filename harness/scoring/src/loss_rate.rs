//! Loss of all repetitions together.

use contract::Kind;
use serde::{Deserialize, Serialize};

use crate::by_key::{Key, Keyed};
use crate::cell::offered;
use crate::scored::Scored;
use crate::stats;

/// Loss of one kind over repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// missed / truths.
    pub rate: f64,
    /// Lower end of its interval, see [`stats::share`]: over repetitions, as losses come in bursts;
    /// over the slices of a single sustained one; from 0 to 1 where neither can be had.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The interval were losses to come one by one, each event on its own: the exact binomial one.
    pub if_independent: Bounds,
    /// How many were missed.
    pub missed: u64,
    /// Of how many.
    pub truths: u64,
    /// Repetitions.
    pub repetitions: usize,
    /// Repetitions that missed any.
    pub repetitions_with_loss: usize,
}

impl Loss {
    /// Of repetitions, each with what it missed and of how many.
    pub fn of(counts: &[(u64, u64)]) -> Self {
        of(counts, None)
    }
}

/// Both ends of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Of the kinds that are offered.
pub(super) fn by_kind(cells: &[&Scored]) -> Keyed<Kind, Loss> {
    let kinds = Kind::EVERY.iter().filter_map(|&kind| {
        let counts: Vec<(u64, u64)> = cells.iter().filter_map(|one| count(one, kind)).collect();
        (!counts.is_empty()).then(|| (kind, of(&counts, slices(cells, kind).as_deref())))
    });
    Keyed(kinds.collect())
}

fn count(one: &Scored, kind: Kind) -> Option<(u64, u64)> {
    let mut kinds = offered(&one.cell.kinds);
    let (_, score) = kinds.find(|(offered, _)| *offered == kind)?;
    Some((score.missed, score.truths))
}

/// Of a single sustained cell.
fn slices(cells: &[&Scored], kind: Kind) -> Option<Vec<(u64, u64)>> {
    match cells {
        [one] => {
            let slices = one.sliced_loss.as_ref()?.iter();
            Some(slices.map(|slice| slice[kind as usize]).collect())
        }
        _ => None,
    }
}

fn of(counts: &[(u64, u64)], slices: Option<&[(u64, u64)]>) -> Loss {
    let (missed, truths) = stats::pool(counts);
    let (low, high) = stats::share(slices.unwrap_or(counts));
    let independent = stats::binomial(missed, truths);
    Loss {
        rate: missed as f64 / truths.max(1) as f64,
        low,
        high,
        if_independent: Bounds {
            low: independent.0,
            high: independent.1,
        },
        missed,
        truths,
        repetitions: counts.len(),
        repetitions_with_loss: counts.iter().filter(|one| one.0 > 0).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_pooled_and_their_spread_is_the_interval() {
        let found = of(&[(10, 1000), (0, 1000), (20, 2000)], None);
        assert_eq!((found.missed, found.truths, found.rate), (30, 4000, 0.0075));
        assert_eq!((found.repetitions, found.repetitions_with_loss), (3, 2));
        assert!(found.low <= found.if_independent.low);
        assert!(found.high >= found.if_independent.high);
    }

    #[test]
    fn a_single_repetition_has_an_interval_only_by_its_slices() {
        let counts = [(500, 100_000)];
        let whole = of(&counts, None);
        assert_eq!((whole.low, whole.high), (0.0, 1.0));
        let mut slices = vec![(0, 2000); 50];
        slices[7] = (500, 2000);
        let sliced = of(&counts, Some(&slices));
        assert!(
            sliced.low == 0.0 && sliced.high > 0.024 && sliced.high < 0.026,
            "{sliced:?}"
        );
        assert_eq!(sliced.rate, 0.005);
    }

    #[test]
    fn of_no_events_nothing_is_known() {
        let none = of(&[(0, 0)], None);
        assert_eq!((none.rate, none.low, none.high), (0.0, 0.0, 1.0));
    }
}
