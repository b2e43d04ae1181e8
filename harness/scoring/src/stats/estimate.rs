//! Means of repetitions with their intervals.

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

/// Mean with its bootstrap interval; `None` of nothing.
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

fn average(values: &[f64]) -> f64 {
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
fn student(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let middle = average(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    Some(student_quantile(n - 1.0)? * error)
}

/// So many standard errors Student's interval reaches to either side.
pub(crate) fn student_quantile(df: f64) -> Option<f64> {
    let law = StudentsT::new(0.0, 1.0, df).ok()?;
    Some(law.inverse_cdf(1.0 - TAIL))
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
    fn one_value_has_no_interval_and_two_say_little() {
        let both = mean(&[-1.0, 1.0], 1).unwrap();
        near(both.high.unwrap(), 12.706_2);
        assert_eq!(both.value, 0.0);
        let same = mean(&[1.5, 1.5, 1.5], 1).unwrap();
        assert!(same.covers(same.value) && !same.covers(1.5001));
        let one = mean(&[1.5], 1).unwrap();
        assert_eq!((one.low, one.high, one.n), (None, None, 1));
        assert!(!one.covers(1.5));
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
