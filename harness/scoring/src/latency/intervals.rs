use serde::{Deserialize, Serialize};

use super::histogram::LatencyHistogram;
use crate::stats;

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
/// They are of the percentiles over all events of all repetitions, which lie inside them. What
/// happens in one run hangs together (one stall makes hundreds late), so the repetitions are the
/// independent unit: the share of events at or below the percentile has a standard error from how
/// much it differs between repetitions, and the ends are the percentiles at the ends of that
/// share's interval (Woodruff's method, on the logit scale, with Student's quantile).
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
    /// Of the percentiles of `pooled`, which is all `repetitions` together; `None` of fewer than
    /// two repetitions, or with one event in each.
    pub fn of<'a>(
        repetitions: impl IntoIterator<Item = &'a LatencyHistogram>,
        pooled: &LatencyHistogram,
    ) -> Option<Self> {
        let sound = repetitions.into_iter().filter(|one| !one.is_empty());
        let sound: Vec<_> = sound.collect();
        if sound.len() < 2 || sound.iter().all(|one| one.len() < 2) {
            return None;
        }
        let reach = stats::student_quantile(sound.len() as f64 - 1.0)?;
        let one = |quantile: f64| {
            let error = standard_error(&sound, pooled, quantile);
            between(pooled, quantile, reach * error)
        };
        Some(Self {
            p50: one(0.5),
            p90: one(0.9),
            p99: one(0.99),
            p999: one(0.999),
        })
    }
}

/// Of the share of events at or below the percentile; no less than that of independent events.
fn standard_error(
    repetitions: &[&LatencyHistogram],
    pooled: &LatencyHistogram,
    quantile: f64,
) -> f64 {
    let all = pooled.len() as f64;
    let value = pooled.value(quantile);
    let share = pooled.share_below(value);
    let off = |one: &&LatencyHistogram| {
        let below = one.share_below(value);
        (one.len() as f64 * (below - share)).powi(2)
    };
    let squares: f64 = repetitions.iter().map(off).sum();
    let n = repetitions.len() as f64;
    let between = n / (n - 1.0) * squares / all.powi(2);
    between.max(quantile * (1.0 - quantile) / all).sqrt()
}

fn between(pooled: &LatencyHistogram, quantile: f64, reach: f64) -> Interval {
    let all = pooled.len() as f64;
    let logit = (quantile / (1.0 - quantile)).ln();
    let reach = reach / (quantile * (1.0 - quantile));
    let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    let (low, high) = (share(logit - reach), share(logit + reach));
    // Beyond the first and the last event nothing is known.
    Interval {
        low: if low * all < 1.0 { 0.0 } else { pooled.at(low) },
        high: ((1.0 - high) * all >= 1.0).then(|| pooled.at(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(nanos: impl IntoIterator<Item = u64>) -> LatencyHistogram {
        let mut found = LatencyHistogram::new().unwrap();
        nanos.into_iter().for_each(|one| found.take(one).unwrap());
        found
    }

    fn of(repetitions: &[LatencyHistogram]) -> Option<(f64, Intervals)> {
        let pooled = LatencyHistogram::pool(repetitions).unwrap();
        Some((pooled.at(0.5), Intervals::of(repetitions, &pooled)?))
    }

    #[test]
    fn a_percentile_lies_in_its_interval_whatever_the_repetitions() {
        for repetitions in 2..8_u64 {
            for spread in [0, 1, 50, 5000] {
                let run = |turn: u64| {
                    histogram((1..400).map(|n| 1000 + n * 7 + turn * turn * spread * 100))
                };
                let all: Vec<_> = (0..repetitions).map(run).collect();
                let pooled = LatencyHistogram::pool(&all).unwrap();
                let found = Intervals::of(&all, &pooled).unwrap();
                for (quantile, one) in [
                    (0.5, found.p50),
                    (0.9, found.p90),
                    (0.99, found.p99),
                    (0.999, found.p999),
                ] {
                    let value = pooled.at(quantile);
                    let below = one.high.is_none_or(|high| value <= high);
                    assert!(one.low <= value && below, "{value} {one:?}");
                }
            }
        }
    }

    #[test]
    fn repetitions_that_differ_widen_it() {
        let run = |offset: u64| histogram((1..=1000).map(|n| offset + n));
        let (_, alike) = of(&[run(100_000), run(100_000), run(100_000)]).unwrap();
        let (_, apart) = of(&[run(100_000), run(104_000), run(140_000)]).unwrap();
        let width = |one: Interval| one.high.map_or(f64::INFINITY, |high| high - one.low);
        assert!(
            width(apart.p50) > 10.0 * width(alike.p50),
            "{apart:?} {alike:?}"
        );
    }

    #[test]
    fn one_repetition_or_one_event_in_each_has_none() {
        let run = || histogram(1..1000);
        assert!(of(&[run()]).is_none());
        assert!(of(&[run(), histogram([])]).is_none());
        assert!(of(&[histogram([5]), histogram([7]), histogram([9])]).is_none());
        assert!(of(&[run(), run()]).is_some());
    }
}
