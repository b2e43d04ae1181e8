//! Intervals that are due, computed another way than the report does: by adding up chances.

use super::expectation::Due;

/// The 97.5 % quantile of Student's law with one degree of freedom, for two repetitions.
pub(super) const STUDENT: f64 = 12.706_204_736_174_698;
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

/// The exact interval of `k` in `n`.
fn exact(k: u64, n: u64) -> [f64; 2] {
    let (mut low, mut high) = (0.0, 1.0);
    if k > 0 {
        low = solve(1.0 - TAIL, |rate| at_most(k - 1, n, rate));
    }
    if k < n {
        high = solve(TAIL, |rate| at_most(k, n, rate));
    }
    [low, high]
}

/// The interval of a share over two repetitions, each hits and all.
pub(super) fn share(counts: [(u64, u64); 2]) -> [f64; 2] {
    let (k, n) = (counts[0].0 + counts[1].0, counts[0].1 + counts[1].1);
    if counts[0].1 == 0 || counts[1].1 == 0 {
        return [0.0, 1.0];
    }
    // Both of one sort: with this chance they are, where so many are of the other.
    let unseen = TAIL.sqrt();
    if k == 0 {
        return [0.0, 1.0 - unseen];
    }
    if k == n {
        return [unseen, 1.0];
    }
    let rate = k as f64 / n as f64;
    let off = (counts[0].0 as f64 - rate * counts[0].1 as f64).abs();
    let reach = STUDENT * 2.0 * off / n as f64;
    let far = |rest: f64| reach + reach.powi(2) / 2.0 / rest;
    let (down, up) = if rate < 0.5 {
        (reach, far(rate))
    } else {
        (far(1.0 - rate), reach)
    };
    let [low, high] = exact(k, n);
    [low.min(rate - down).max(0.0), high.max(rate + up).min(1.0)]
}

/// The loss of two repetitions, each missed and truths.
pub(super) fn loss(counts: [(u64, u64); 2]) -> Due {
    let (k, n) = (counts[0].0 + counts[1].0, counts[0].1 + counts[1].1);
    let ends = |[low, high]: [f64; 2]| [("low", Due::Near(low)), ("high", Due::Near(high))];
    let [low, high] = ends(share(counts));
    Due::map([
        ("rate", Due::Near(k as f64 / n.max(1) as f64)),
        low,
        high,
        ("if_independent", Due::map(ends(exact(k, n)))),
        ("missed", Due::just(k)),
        ("truths", Due::just(n)),
        ("repetitions", Due::just(2)),
        (
            "repetitions_with_loss",
            Due::just(counts.iter().filter(|one| one.0 > 0).count()),
        ),
    ])
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

/// What an interval says about a difference.
pub(super) fn verdict(value: f64, [low, high]: [f64; 2], same: f64) -> Due {
    Due::just(if low <= same && same <= high {
        "none"
    } else if value > same {
        "more"
    } else {
        "less"
    })
}
