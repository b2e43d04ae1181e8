//! Where figures change from one record to the next, by a permutation test.
//!
//! A figure is a series, one value a record. The statistic of a split of a series is n/2 times the logarithm of the
//! squares about its mean over those about the means of both sides (the likelihood ratio of two means against one); that
//! of a series is its largest over all splits that leave [`SIDE`] values on each. Where nothing changed, the records are
//! exchangeable: their order is shuffled, of all series together, so that what one noisy record does to all its
//! figures at once is in the distribution, and of each shuffle the largest statistic over all series is kept. A
//! series is marked where its own is among the largest [`ALARM`] of these. So of pages on which nothing changed, one
//! in twenty marks anything, however many figures it has. Both sides of a marked split are then asked alone.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// How often a page without a change marks one.
pub(crate) const ALARM: f64 = 0.05;
/// Shuffles.
const SHUFFLES: usize = 999;
/// Values on each side of a split, at least.
pub(crate) const SIDE: usize = 2;
/// Fewer values than these cannot be told from chance by any split: of eight, the best has a chance of 1 in 35.
pub(crate) const FEWEST: usize = 8;
/// A side without any spread counts as having this part of it.
const LEAST: f64 = 1e-9;

/// From the record `at` on, a series has other values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    /// Place of the first record after it.
    pub(super) at: usize,
    /// How often chance does as much.
    pub(super) chance: f64,
}

/// The changes of each series, whose values are in the order of the records; `None` where a record has none.
pub(super) fn changes(all: &[Vec<Option<f64>>], seed: u64) -> Vec<Vec<Change>> {
    let mut random = StdRng::seed_from_u64(seed);
    let chance = by_chance(all, &mut random);
    let each = all.iter().map(|series| match best(series) {
        Some((at, found)) if share(&chance, found) <= ALARM => {
            let first = Change {
                at,
                chance: share(&chance, found),
            };
            let mut found = vec![first];
            for (from, until) in [(0, at), (at, series.len())] {
                further(series, (from, until), &mut random, &mut found);
            }
            found.sort_by_key(|one| one.at);
            found
        }
        _ => Vec::new(),
    });
    each.collect()
}

/// The changes within a part of a marked series, asked alone.
fn further(
    series: &[Option<f64>],
    (from, until): (usize, usize),
    random: &mut impl Rng,
    found: &mut Vec<Change>,
) {
    let part = series[from..until].to_vec();
    let Some((at, statistic)) = best(&part) else {
        return;
    };
    let chance = share(&by_chance(std::slice::from_ref(&part), random), statistic);
    if chance <= ALARM {
        let at = from + at;
        found.push(Change { at, chance });
        further(series, (from, at), random, found);
        further(series, (at, until), random, found);
    }
}

/// The largest statistic over all series, for each of many orders of the records.
fn by_chance(all: &[Vec<Option<f64>>], random: &mut impl Rng) -> Vec<f64> {
    let records = all.iter().map(Vec::len).max().unwrap_or(0);
    let mut order: Vec<usize> = (0..records).collect();
    let shuffle = |_| {
        order.shuffle(random);
        let largest = all.iter().filter_map(|series| {
            let shuffled: Vec<_> = order.iter().map(|&at| series[at]).collect();
            Some(best(&shuffled)?.1)
        });
        largest.fold(0.0, f64::max)
    };
    (0..SHUFFLES).map(shuffle).collect()
}

/// The share of orders that reach the statistic, the one that was measured among them.
fn share(chance: &[f64], statistic: f64) -> f64 {
    // Orders that are the same split have the same statistic, but for the order of the sums.
    let reach = chance
        .iter()
        .filter(|one| **one >= statistic * (1.0 - LEAST));
    (reach.count() + 1) as f64 / (chance.len() + 1) as f64
}

/// The record from which on the series differs most from before, and the statistic; `None` of too few values,
/// and of values that are all the same.
fn best(series: &[Option<f64>]) -> Option<(usize, f64)> {
    let known: Vec<(usize, f64)> = series
        .iter()
        .enumerate()
        .filter_map(|(at, value)| Some((at, (*value)?)))
        .collect();
    let count = known.len();
    if count < FEWEST {
        return None;
    }
    let mean = known.iter().map(|one| one.1).sum::<f64>() / count as f64;
    let squares: f64 = known.iter().map(|one| (one.1 - mean).powi(2)).sum();
    if squares <= f64::EPSILON * mean.abs() {
        return None;
    }
    let mut sum = 0.0;
    let mut found = (0, f64::MIN);
    for (before, &(at, value)) in known.iter().enumerate() {
        if before >= SIDE && count - before >= SIDE {
            // Squares between both means: `sum` is by how much those before deviate together.
            let after = count - before;
            let between = sum * sum * count as f64 / (before * after) as f64;
            let rest = (1.0 - between / squares).max(LEAST);
            let statistic = -(count as f64) / 2.0 * rest.ln();
            if statistic > found.1 {
                found = (at, statistic);
            }
        }
        sum += value - mean;
    }
    Some(found)
}

#[cfg(test)]
mod tests;
