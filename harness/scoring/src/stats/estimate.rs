//! Means and ratios of repetitions with their intervals.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::confidence::TAIL;

/// How often a bootstrap draws. It decides how lopsided an interval is, not how wide.
const DRAWS: usize = 1000;

/// A figure with its interval. Without at least two measurements there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// From how many measurements or pairs.
    pub n: usize,
}

impl Estimate {
    /// Whether `point` lies inside the interval; `false` when there is no interval.
    pub fn covers(&self, point: f64) -> bool {
        let (low, high) = (self.low, self.high);
        low.zip(high)
            .is_some_and(|(low, high)| low <= point && point <= high)
    }
}

/// Mean of paired differences with its bootstrap interval; `None` of nothing.
pub fn mean(values: &[f64], seed: u64) -> Option<Estimate> {
    if values.is_empty() {
        return None;
    }
    let (low, high) = interval(values, seed).unzip();
    Some(Estimate {
        value: average(values),
        low,
        high,
        n: values.len(),
    })
}

/// Geometric mean of paired ratios with its bootstrap interval: twice and half as slow cancel
/// out. Ratios that are not positive numbers are no ratios and are left out.
pub fn ratio(ratios: &[f64], seed: u64) -> Option<Estimate> {
    let sound = ratios
        .iter()
        .filter(|ratio| ratio.is_normal() && **ratio > 0.0);
    let logs: Vec<f64> = sound.map(|ratio| ratio.ln()).collect();
    mean(&logs, seed).map(|logs| Estimate {
        value: logs.value.exp(),
        low: logs.low.map(f64::exp),
        high: logs.high.map(f64::exp),
        n: logs.n,
    })
}

pub(super) fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// As lopsided as the bootstrap, and as wide as Student's t. Draws from a handful of values vary
/// too little: the bare percentile interval of three pairs holds the truth in 74 % of cases only.
/// METHODOLOGY.md has the figures, tests/coverage.rs takes them.
fn interval(values: &[f64], seed: u64) -> Option<(f64, f64)> {
    let (low, high) = bootstrap(values, seed)?;
    let (middle, reach) = (average(values), student(values)?);
    let width = high - low;
    // All values alike, or so nearly that rounding decides.
    if width <= f64::EPSILON * middle.abs() {
        return Some((middle, middle));
    }
    let stretch = 2.0 * reach / width;
    Some((
        middle - (middle - low).max(0.0) * stretch,
        middle + (high - middle).max(0.0) * stretch,
    ))
}

/// How far Student's interval reaches from the mean, to either side.
pub(super) fn student(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let law = StudentsT::new(0.0, 1.0, n - 1.0).ok()?;
    let middle = average(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    Some(law.inverse_cdf(1.0 - TAIL) * error)
}

/// Percentile interval of the mean over draws with replacement.
fn bootstrap(values: &[f64], seed: u64) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let mut dice = Dice(seed);
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn = (0..values.len()).map(|_| values[dice.below(values.len())]);
            drawn.sum::<f64>() / values.len() as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let cut = (DRAWS as f64 * TAIL) as usize;
    Some((means[cut], means[DRAWS - 1 - cut]))
}

/// SplitMix64, written out so that a seed means the same with every version of every library.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        // Scaling by multiplying is off by at most sides / 2^64.
        ((u128::from(word) * sides as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= 1e-4 * expected.abs(),
            "{found}, expected {expected}"
        );
    }

    #[test]
    fn ratios_cancel_out_and_one_pair_has_no_interval() {
        let both = ratio(&[2.0, 0.5], 1).unwrap();
        near(both.value, 1.0);
        // Two pairs that far apart say next to nothing: t is 12.7 for them.
        let reach = 2_f64.powf(12.706_2);
        near(both.high.unwrap(), reach);
        near(both.low.unwrap(), 1.0 / reach);
        let same = ratio(&[1.5, 1.5, 1.5], 1).unwrap();
        assert!(same.covers(same.value) && !same.covers(1.5001));
        let one = ratio(&[1.5], 1).unwrap();
        assert_eq!((one.low, one.high, one.n), (None, None, 1));
        assert!(!one.covers(1.5));
        assert_eq!(ratio(&[0.0, f64::NAN, f64::INFINITY], 1), None);
        assert_eq!(mean(&[], 1), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_it_is_about_right() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let found = mean(&values, 7).unwrap();
        assert_eq!(mean(&values, 7).unwrap(), found);
        // Standard error of the mean of 0..=99 is 2.887, so about 49.5 +- 5.66.
        let (low, high) = found.low.zip(found.high).unwrap();
        assert!(
            (low - 43.84).abs() < 0.5 && (high - 55.16).abs() < 0.5,
            "{found:?}"
        );
    }
}
