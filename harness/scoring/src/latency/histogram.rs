use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Detection latency in microseconds, to three significant digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half were received sooner.
    pub p50: f64,
    /// Nine in ten.
    pub p90: f64,
    /// 99 in a hundred.
    pub p99: f64,
    /// 999 in a thousand.
    pub p999: f64,
    /// The greatest, exactly.
    pub max: f64,
    /// From how many events.
    pub n: u64,
}

/// Detection latency of many events, in nanoseconds.
#[derive(Clone, Debug)]
pub struct LatencyHistogram {
    /// No record has as many events as 32 bits count, and there is one of these for each kind of each cell.
    histogram: Histogram<u32>,
    max: u64,
}

impl LatencyHistogram {
    /// Nothing yet.
    pub fn new() -> anyhow::Result<Self> {
        let mut histogram = Histogram::new(3)?;
        histogram.auto(true);
        Ok(Self { histogram, max: 0 })
    }

    /// Takes one down.
    pub fn take(&mut self, nanos: u64) -> anyhow::Result<()> {
        // Not `saturating_record`, which clips to the size of now instead of growing.
        self.histogram.record(nanos)?;
        self.max = self.max.max(nanos);
        Ok(())
    }

    /// All of these together.
    pub fn pool<'a>(each: impl IntoIterator<Item = &'a Self>) -> anyhow::Result<Self> {
        let mut pooled = Self::new()?;
        each.into_iter().try_for_each(|one| pooled.add(one))?;
        Ok(pooled)
    }

    /// Takes in another's.
    pub fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.max = self.max.max(other.max);
        Ok(self.histogram.add(&other.histogram)?)
    }

    /// The value, in microseconds, that such a share is at or below.
    pub(crate) fn at(&self, quantile: f64) -> f64 {
        // A bucket is named by its upper end, which may lie above the latest of all.
        self.value(quantile).min(self.max) as f64 / 1000.0
    }

    /// The upper end, in nanoseconds, of the bucket that such a share is at or below.
    pub(super) fn value(&self, quantile: f64) -> u64 {
        self.histogram.value_at_quantile(quantile)
    }

    /// The share at or below a value in nanoseconds.
    pub(super) fn share_below(&self, value: u64) -> f64 {
        self.histogram.quantile_below(value)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The usual percentiles; `None` of nothing.
    pub fn percentiles(&self) -> Option<Latency> {
        (!self.histogram.is_empty()).then(|| Latency {
            p50: self.at(0.5),
            p90: self.at(0.9),
            p99: self.at(0.99),
            p999: self.at(0.999),
            max: self.max as f64 / 1000.0,
            n: self.histogram.len(),
        })
    }

    /// Points (quantile, microseconds) for a plot, as far into the tail as there are events.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let n = self.histogram.len() as f64;
        let steps = (0..=60).map(|step| 10_f64.powf(-f64::from(step) / 10.0));
        let tails = steps.take_while(|tail| n > 0.0 && tail * n >= 1.0);
        tails
            .map(|tail| (1.0 - tail, self.at(1.0 - tail)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_to_three_digits_and_the_latest_exactly() {
        let mut latency = LatencyHistogram::new().unwrap();
        assert_eq!(latency.percentiles(), None);
        assert!(latency.curve().is_empty());
        (1..=1000).for_each(|n| latency.take(n * 1000).unwrap());
        let found = latency.percentiles().unwrap();
        for (value, expected) in [(found.p50, 500.0), (found.p99, 990.0), (found.p999, 999.0)] {
            assert!(
                (value / expected - 1.0).abs() < 0.002,
                "{value} for {expected}"
            );
        }
        assert_eq!((found.max, found.n), (1000.0, 1000));
        let curve = latency.curve();
        assert!(curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
        assert_eq!(curve.len(), 31);
    }
}
