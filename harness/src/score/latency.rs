//! How late a matched moment was received: from the start of its window, so never too little, and
//! too much by at most the width of the window; where the workload keeps a timetable, from the time
//! at which it was due, so that being held up is not left out.

use contract::{Journal, Kind, Ledger, Pairing};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Lateness in microseconds, to three significant digits.
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
    /// From how many moments.
    pub n: u64,
}

/// Lateness of many moments, in nanoseconds.
#[derive(Clone, Debug)]
pub struct Lateness {
    histogram: Histogram<u64>,
    max: u64,
}

impl Lateness {
    /// Nothing yet.
    pub fn new() -> anyhow::Result<Self> {
        let mut histogram = Histogram::new(3)?;
        histogram.auto(true);
        Ok(Self { histogram, max: 0 })
    }

    pub(super) fn take(&mut self, nanos: u64) -> anyhow::Result<()> {
        // Not `saturating_record`, which clips to the size of now instead of growing.
        self.histogram.record(nanos)?;
        self.max = self.max.max(nanos);
        Ok(())
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

    /// Points (quantile, microseconds) for a plot, as far into the tail as there are moments.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let n = self.histogram.len() as f64;
        let steps = (0..=60).map(|step| 10_f64.powf(-f64::from(step) / 10.0));
        let tails = steps.take_while(|tail| n > 0.0 && tail * n >= 1.0);
        tails
            .map(|tail| (1.0 - tail, self.at(1.0 - tail)))
            .collect()
    }
}

/// By kind, over the matched moments whose windows are not loose.
pub(super) fn measure(
    ledger: &Ledger,
    journal: &Journal,
    pairing: &Pairing,
) -> anyhow::Result<[Lateness; 3]> {
    let mut all = [Lateness::new()?, Lateness::new()?, Lateness::new()?];
    for (index, truth) in ledger.truths.iter().enumerate() {
        if truth.loose {
            continue;
        }
        if let Some(event) = pairing.event_of(index) {
            let received = journal.events[event].received;
            let since = truth.due.unwrap_or(truth.after);
            all[truth.kind as usize].take(received.saturating_sub(since))?;
        }
    }
    Ok(all)
}

/// Puts the percentiles where they are shown.
pub(super) fn of(all: &[Lateness; 3], kind: Kind) -> Option<Latency> {
    all[kind as usize].percentiles()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_to_three_digits_and_the_latest_exactly() {
        let mut lateness = Lateness::new().unwrap();
        assert_eq!(lateness.percentiles(), None);
        assert!(lateness.curve().is_empty());
        (1..=1000).for_each(|n| lateness.take(n * 1000).unwrap());
        let found = lateness.percentiles().unwrap();
        for (value, expected) in [(found.p50, 500.0), (found.p99, 990.0), (found.p999, 999.0)] {
            assert!(
                (value / expected - 1.0).abs() < 0.002,
                "{value} for {expected}"
            );
        }
        assert_eq!((found.max, found.n), (1000.0, 1000));
        let curve = lateness.curve();
        assert!(curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
        assert_eq!(curve.len(), 31);
    }
}
