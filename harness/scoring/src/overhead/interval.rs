//! An effect on the logarithmic scale, and its interval as a ratio.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Added to the reach of each interval on the logarithmic scale. Identical measurements leave a
/// variance of rounding errors only, and those must not decide a verdict.
const ROUNDING: f64 = 1e-12;

/// A slowdown: 1 is no difference, 1.05 is 5 % longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub ratio: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What an interval says about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval lies above 1.
    More,
    /// The whole interval lies below 1.
    Less,
    /// The interval contains 1: no difference is shown. This is not the same as no difference; the
    /// interval bounds how large the difference can be.
    None,
    /// There is no interval.
    Unknown,
}

/// An estimated difference of logarithms, and what its interval is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The slowdown and its interval.
    pub interval: Interval,
    /// Natural logarithm of the slowdown.
    pub log: f64,
    /// Estimated variance of `log`.
    pub variance: f64,
    /// Degrees of freedom of `variance`.
    pub df: f64,
    /// Blocks that hold both the configuration and the reference. 0 for a figure over workloads.
    pub blocks: usize,
    /// Estimated variance of `log` times `blocks`, for forecasts: steadier than `variance`, but
    /// biased where configurations differ in noise.
    pub planning: f64,
}

impl Interval {
    /// `exp(log -+ t sqrt(variance))`, with `t` the two-sided quantile of Student's law.
    /// `None` where that is not finite.
    pub fn new(log: f64, variance: f64, df: f64, confidence: f64) -> Option<Self> {
        let reach = quantile(df, confidence)? * variance.sqrt() + ROUNDING;
        let interval = Self {
            ratio: log.exp(),
            low: (log - reach).exp(),
            high: (log + reach).exp(),
        };
        (interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
    }

    /// Half the width, as a share of the unmonitored time: 0.02 is 2 %.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether `ratio` is possible.
    pub fn contains(&self, ratio: f64) -> bool {
        self.low <= ratio && ratio <= self.high
    }

    /// Whether any overhead of at least `overhead` (0.05 is 5 %) is excluded.
    pub fn stays_below(&self, overhead: f64) -> bool {
        self.high < 1.0 + overhead
    }
}

impl Verdict {
    /// The verdict of an interval.
    pub fn of(interval: Option<&Interval>) -> Self {
        match interval {
            None => Self::Unknown,
            Some(interval) if interval.low > 1.0 => Self::More,
            Some(interval) if interval.high < 1.0 => Self::Less,
            Some(_) => Self::None,
        }
    }
}

/// The point below which Student's law with `df` degrees of freedom has `(1 + confidence) / 2`.
pub(crate) fn quantile(df: f64, confidence: f64) -> Option<f64> {
    let law = StudentsT::new(0.0, 1.0, df).ok()?;
    Some(law.inverse_cdf(0.5 + confidence / 2.0)).filter(|point| point.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (df, point) in [
            (1.0, 12.706_205),
            (2.0, 4.302_653),
            (15.0, 2.131_450),
            (200.0, 1.971_896),
        ] {
            let found = quantile(df, 0.95).unwrap();
            assert!((found - point).abs() < 1e-5, "{df}: {found}");
        }
        assert_eq!(quantile(0.0, 0.95), None);
        assert_eq!(quantile(f64::NAN, 0.95), None);
    }

    #[test]
    fn verdicts_follow_the_ends() {
        let verdict = |log, variance| {
            let interval = Interval::new(log, variance, 10.0, 0.95);
            Verdict::of(interval.as_ref())
        };
        assert_eq!(verdict(0.1, 1e-4), Verdict::More);
        assert_eq!(verdict(-0.1, 1e-4), Verdict::Less);
        assert_eq!(verdict(0.1, 1e-2), Verdict::None);
        assert_eq!(verdict(1e-16, 0.0), Verdict::None);
        assert_eq!(verdict(0.0, f64::INFINITY), Verdict::Unknown);
        assert_eq!(verdict(f64::NAN, 1.0), Verdict::Unknown);
    }

    #[test]
    fn half_width_and_bounds_are_of_the_ratio() {
        let interval = Interval::new(0.0, 1e-4, 10.0, 0.95).unwrap();
        assert!((interval.half_width() - 0.022_281_389_f64.sinh()).abs() < 1e-6);
        assert!(interval.contains(1.0) && !interval.contains(1.03));
        assert!(interval.stays_below(0.03) && !interval.stays_below(0.02));
    }
}
