//! Percentiles that are due: from the sorted detection latency itself, not from a histogram of it.

use super::expectation::Due;
use super::intervals;

/// The usual percentiles, in thousandths.
const USUAL: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)];

/// Values in order, and how a histogram of three digits may show each of them.
pub(super) struct Sorted(Vec<u64>);

/// A histogram of three digits has 2048 steps in its first range, and half as many in each other.
fn step(value: u64) -> u64 {
    1 << value.max(1).ilog2().saturating_sub(10)
}

impl Sorted {
    pub(super) fn new(values: impl IntoIterator<Item = u64>) -> Self {
        let mut values: Vec<u64> = values.into_iter().collect();
        values.sort_unstable();
        Self(values)
    }

    /// What the value of that rank may be shown as, in nanoseconds.
    fn shown(&self, rank: u64) -> (f64, f64) {
        let place = rank.clamp(1, self.0.len() as u64) as usize - 1;
        let value = self.0[place];
        let off = (step(value) - 1) as f64;
        ((value as f64 - off).max(0.0), value as f64 + off)
    }

    fn per_mille(&self, quantile: u64) -> (f64, f64) {
        self.shown((self.0.len() as u64 * quantile).div_ceil(1000))
    }

    /// The percentiles; nothing of nothing.
    pub(super) fn percentiles(&self) -> Option<Due> {
        let max = *self.0.last()?;
        let usual = USUAL.map(|(name, quantile)| {
            let (low, high) = self.per_mille(quantile);
            (name, Due::Between(low, high))
        });
        let rest = [
            ("max", Due::Near(max as f64 / 1000.0)),
            ("n", Due::just(self.0.len())),
        ];
        Some(Due::map(usual.into_iter().chain(rest)))
    }

    /// The points of the plot.
    pub(super) fn curve(&self) -> Due {
        let n = self.0.len() as f64;
        let tails = (0..=60).map(|step| 10_f64.powf(-f64::from(step) / 10.0));
        let points = tails
            .take_while(|tail| n > 0.0 && tail * n >= 1.0)
            .map(|tail| {
                let rank = (1.0 - tail) * n;
                // Where rounding decides between two ranks either is right.
                let ranks = [rank - 1e-6, rank + 1e-6].map(|rank| rank.ceil().max(1.0) as u64);
                let (low, high) = (self.shown(ranks[0]).0, self.shown(ranks[1]).1);
                Due::List(vec![Due::Near(1.0 - tail), Due::Between(low, high)])
            });
        Due::List(points.collect())
    }

    /// The intervals of the percentiles, from the repetitions that `self` is the whole of.
    pub(super) fn intervals(&self, each: &[Sorted; 2]) -> Option<Due> {
        let two = each.iter().all(|one| !one.0.is_empty());
        let several = each.iter().any(|one| one.0.len() > 1);
        let due = |per_mille| self.within(each, per_mille as f64 / 1000.0);
        (two && several).then(|| Due::map(USUAL.map(|(name, quantile)| (name, due(quantile)))))
    }

    /// Of two repetitions: the share at or below the percentile differs between them, and so much it
    /// may be off.
    fn within(&self, each: &[Sorted; 2], quantile: f64) -> Due {
        let n = self.0.len() as f64;
        let place = (n * quantile).ceil().max(1.0) as usize - 1;
        let value = self.0[place] | (step(self.0[place]) - 1);
        let below = |one: &Sorted| one.0.partition_point(|other| *other <= value) as f64;
        let share = below(self) / n;
        // What the first has too much the second has too little.
        let off = (below(&each[0]) - share * each[0].0.len() as f64).abs();
        let error = (2.0 * off / n).max((quantile * (1.0 - quantile) / n).sqrt());
        let logit = (quantile / (1.0 - quantile)).ln();
        let reach = intervals::STUDENT * error / (quantile * (1.0 - quantile));
        let at = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        let (low, high) = (at(logit - reach), at(logit + reach));
        let shown = |share: f64| {
            // Where rounding decides between two ranks either is right.
            let ranks = [share * n - 1e-6, share * n + 1e-6].map(|rank| rank.ceil().max(1.0));
            Due::Between(self.shown(ranks[0] as u64).0, self.shown(ranks[1] as u64).1)
        };
        let low = if low * n < 1.0 {
            Due::Near(0.0)
        } else {
            shown(low)
        };
        let high = ((1.0 - high) * n >= 1.0).then(|| shown(high));
        Due::map([("low", low), ("high", Due::maybe(high))])
    }
}
