//! Percentiles that are due: from the sorted detection latency itself, not from a histogram of it.

use super::expectation::Due;
use super::intervals;

/// The usual percentiles, in thousandths.
const USUAL: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)];

/// So much of a nanosecond is added before a logarithm is taken.
const ONE: f64 = 1.0;

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
    pub(super) fn intervals(&self, each: &[Sorted]) -> Option<Due> {
        let sound: Vec<&Sorted> = each.iter().filter(|one| !one.0.is_empty()).collect();
        let due = |quantile| match sound[..] {
            [one, two] => between(one.per_mille(quantile), two.per_mille(quantile)),
            _ => self.within(quantile),
        };
        let all = || USUAL.map(|(name, quantile)| (name, due(quantile)));
        (!self.0.is_empty()).then(|| Due::map(all()))
    }

    fn within(&self, quantile: u64) -> Due {
        let (low, high) = intervals::ranks(quantile, self.0.len() as u64);
        let shown = |rank| {
            let (low, high) = self.shown(rank);
            Due::Between(low, high)
        };
        Due::map([("low", shown(low)), ("high", Due::maybe(high.map(shown)))])
    }
}

/// Of two repetitions: Student's interval around their geometric mean. A step more or less in
/// either of them moves its ends by a good deal more, hence from the least to the most.
fn between(one: (f64, f64), two: (f64, f64)) -> Due {
    let log = |value: f64| (value + ONE).ln();
    let middle = |a: f64, b: f64| f64::midpoint(log(a), log(b));
    let (least, most) = (middle(one.0, two.0), middle(one.1, two.1));
    let apart = [log(one.1) - log(two.0), log(two.1) - log(one.0)];
    let far = apart[0].max(apart[1]);
    let near = (-apart[0].min(apart[1])).max(0.0);
    let reach = |apart: f64| intervals::STUDENT * apart / 2.0;
    let end = |log: f64| (log.exp() - ONE).max(0.0);
    Due::map([
        (
            "low",
            Due::Between(end(least - reach(far)), end(most - reach(near))),
        ),
        (
            "high",
            Due::Between(end(least + reach(near)), end(most + reach(far))),
        ),
    ])
}
