//! Intervals that are due, computed another way than the report does: by adding up chances.

use super::expectation::Due;

/// The 97.5 % quantile of Student's law with one degree of freedom, for two repetitions.
pub(super) const STUDENT: f64 = 12.706_204_736_174_698;
/// The 99 % quantile of the chi-squared law with one degree of freedom.
const ODD: f64 = 6.634_896_601_021_213;
const TAIL: f64 = 0.025;

/// The chances of 0, 1, ... `n` hits.
fn chances(rate: f64, n: u64) -> Vec<f64> {
    if rate <= 0.0 || rate >= 1.0 {
        let sure = if rate <= 0.0 { 0 } else { n };
        return (0..=n).map(|k| f64::from(u8::from(k == sure))).collect();
    }
    let mut logs = vec![n as f64 * (1.0 - rate).ln()];
    for k in 0..n {
        let more = (n - k) as f64 / (k + 1) as f64 * rate / (1.0 - rate);
        logs.push(logs[k as usize] + more.ln());
    }
    logs.into_iter().map(f64::exp).collect()
}

/// The chance of at most `k`.
fn at_most(k: u64, n: u64, rate: f64) -> f64 {
    chances(rate, n)[..=k as usize].iter().sum()
}

/// Where `chance`, which falls as the rate grows, is `wanted`.
fn solve(wanted: f64, chance: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if chance(middle) > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The loss of two repetitions, each missed and truths.
pub(super) fn loss(counts: [(u64, u64); 2]) -> Due {
    let (k, n) = (counts[0].0 + counts[1].0, counts[0].1 + counts[1].1);
    let rates = counts.map(|(k, n)| if n == 0 { 0.0 } else { k as f64 / n as f64 });
    let rate = if n == 0 { 0.0 } else { k as f64 / n as f64 };
    let (mut low, mut high) = (0.0, 1.0);
    if k > 0 {
        low = solve(1.0 - TAIL, |rate| at_most(k - 1, n, rate));
    }
    if k < n {
        high = solve(TAIL, |rate| at_most(k, n, rate));
    }
    let odd = |(k, n): (u64, u64)| {
        (k as f64 - n as f64 * rate).powi(2) / (n as f64 * rate * (1.0 - rate))
    };
    if 0 < k && k < n && counts.into_iter().map(odd).sum::<f64>() > ODD {
        let reach = STUDENT * (rates[0] - rates[1]).abs() / 2.0;
        let middle = f64::midpoint(rates[0], rates[1]);
        (low, high) = (
            low.min(middle - reach).max(0.0),
            high.max(middle + reach).min(1.0),
        );
    }
    Due::map([
        ("rate", Due::Near(rate)),
        ("low", Due::Near(low)),
        ("high", Due::Near(high)),
        ("missed", Due::just(k)),
        ("truths", Due::just(n)),
        ("worst", Due::Near(rates[0].max(rates[1]))),
    ])
}

/// The ranks between which a quantile (in thousandths) of `n` values lies.
pub(super) fn ranks(quantile: u64, n: u64) -> (u64, Option<u64>) {
    let chances = chances(quantile as f64 / 1000.0, n);
    let mut sum = 0.0;
    let (mut low, mut high) = (None, None);
    for (k, chance) in (0..).zip(chances) {
        sum += chance;
        low = low.or((sum >= TAIL).then_some(k));
        high = high.or((sum >= 1.0 - TAIL).then_some(k + 1));
    }
    (low.unwrap_or(0).max(1), high.filter(|high| *high <= n))
}

/// The mean of two figures with Student's interval.
pub(super) fn mean(two: [f64; 2]) -> Vec<(&'static str, Due)> {
    let middle = f64::midpoint(two[0], two[1]);
    let reach = STUDENT * (two[0] - two[1]).abs() / 2.0;
    vec![
        ("value", Due::Near(middle)),
        ("low", Due::Near(middle - reach)),
        ("high", Due::Near(middle + reach)),
        ("n", Due::just(2)),
    ]
}

/// Their geometric mean: value and both ends.
pub(super) fn ratio(two: [f64; 2]) -> [f64; 3] {
    let middle = f64::midpoint(two[0].ln(), two[1].ln());
    let reach = STUDENT * (two[0].ln() - two[1].ln()).abs() / 2.0;
    [middle, middle - reach, middle + reach].map(f64::exp)
}

/// What an interval says about a difference when the noise floor is nothing.
pub(super) fn verdict(value: f64, [low, high]: [f64; 2], same: f64) -> Due {
    Due::just(if low <= same && same <= high {
        "none"
    } else if value > same {
        "more"
    } else {
        "less"
    })
}
