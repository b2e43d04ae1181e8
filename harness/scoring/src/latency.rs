//! How late a matched event was received: from the start of its window, so never too little, and
//! too much by at most the width of the window; where the workload keeps a timetable, from the time
//! at which it was due, so that being held up is not left out.

use crate::matching::Matching;
use contract::{EventLog, Kind, Ledger};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::stats;

/// LatencyHistogram in microseconds, to three significant digits.
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
    /// The latest, exactly.
    pub max: f64,
    /// From how many events.
    pub n: u64,
}

/// LatencyHistogram of many events, in nanoseconds.
#[derive(Clone, Debug)]
pub struct LatencyHistogram {
    histogram: Histogram<u64>,
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
    pub fn pool(each: &[Self]) -> anyhow::Result<Self> {
        let mut pooled = Self::new()?;
        each.iter().try_for_each(|one| pooled.add(one))?;
        Ok(pooled)
    }

    /// Takes in another's.
    pub fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.max = self.max.max(other.max);
        Ok(self.histogram.add(&other.histogram)?)
    }

    fn at(&self, quantile: f64) -> f64 {
        // A bucket is named by its upper end, which may lie above the latest of all.
        self.histogram.value_at_quantile(quantile).min(self.max) as f64 / 1000.0
    }

    /// The value that so many are at or below.
    fn rank(&self, rank: u64) -> f64 {
        self.at(rank as f64 / self.histogram.len() as f64)
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

/// Between what a percentile may lie, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Not below this.
    pub low: f64,
    /// Not above this; `None` where too few events were measured to say.
    pub high: Option<f64>,
}

/// The intervals of the usual percentiles. Of the latest of all there is none.
///
/// What happens in one run hangs together (one stall makes hundreds late), so with two repetitions
/// or more a repetition is one measurement, and the interval is that of the percentile of a run.
/// A single run is taken for independent events, for want of anything better, and its interval
/// is the exact one between two ranks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Of the median.
    pub p50: Interval,
    /// Of the 90th percentile.
    pub p90: Interval,
    /// Of the 99th.
    pub p99: Interval,
    /// Of the 99.9th.
    pub p999: Interval,
}

impl Intervals {
    /// Of the percentiles of `repetitions`, or of `pooled` if there is but one; `None` of nothing.
    pub fn of(
        repetitions: &[LatencyHistogram],
        pooled: &LatencyHistogram,
        seed: u64,
    ) -> Option<Self> {
        let sound: Vec<_> = repetitions.iter().filter(|one| !one.is_empty()).collect();
        let one = |quantile: f64| match sound.len() {
            0 | 1 => within(pooled, quantile),
            _ => between(&sound, quantile, seed),
        };
        Some(Self {
            p50: one(0.5)?,
            p90: one(0.9)?,
            p99: one(0.99)?,
            p999: one(0.999)?,
        })
    }
}

fn within(latency: &LatencyHistogram, quantile: f64) -> Option<Interval> {
    let (low, high) = stats::ranks(quantile, latency.len())?;
    Some(Interval {
        low: latency.rank(low),
        high: high.map(|high| latency.rank(high)),
    })
}

fn between(repetitions: &[&LatencyHistogram], quantile: f64, seed: u64) -> Option<Interval> {
    // A nanosecond more, so that what was received at once has a logarithm too.
    let values = repetitions.iter().map(|one| one.at(quantile) + 0.001);
    let found = stats::ratio(&values.collect::<Vec<_>>(), seed)?;
    Some(Interval {
        low: (found.low? - 0.001).max(0.0),
        high: found.high.map(|high| high - 0.001),
    })
}

/// By kind, over the matched events whose windows are not loose.
pub(super) fn measure(
    ledger: &Ledger,
    log: &EventLog,
    matching: &Matching,
) -> anyhow::Result<[LatencyHistogram; 3]> {
    let mut all = [
        LatencyHistogram::new()?,
        LatencyHistogram::new()?,
        LatencyHistogram::new()?,
    ];
    for (index, truth) in ledger.truths.iter().enumerate() {
        if truth.loose {
            continue;
        }
        if let Some(event) = matching.event_of(index) {
            let received = log.events[event].received;
            let since = truth.due.unwrap_or(truth.after);
            all[truth.kind as usize].take(received.saturating_sub(since))?;
        }
    }
    Ok(all)
}

/// Puts the percentiles where they are shown.
pub(super) fn of(all: &[LatencyHistogram; 3], kind: Kind) -> Option<Latency> {
    all[kind as usize].percentiles()
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
