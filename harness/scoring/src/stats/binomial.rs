//! Exact intervals and chances of shares of events that are independent.

use statrs::distribution::{Beta, ContinuousCDF};

use super::confidence::TAIL;

/// The exact (Clopper-Pearson) interval of the rate behind `k` in `n`; everything when `n` is 0.
pub fn binomial(k: u64, n: u64) -> (f64, f64) {
    let k = k.min(n);
    if n == 0 {
        return (0.0, 1.0);
    }
    let (hits, rest) = (k as f64, (n - k) as f64);
    let low = match k {
        0 => 0.0,
        _ if k == n => TAIL.powf(1.0 / n as f64),
        _ => quantile(hits, rest + 1.0, TAIL),
    };
    let high = match k {
        0 => 1.0 - TAIL.powf(1.0 / n as f64),
        _ if k == n => 1.0,
        _ => quantile(hits + 1.0, rest, 1.0 - TAIL),
    };
    (low, high)
}

/// The rate that `k` in `n` leave possible with so much `doubt`: the exact one-sided upper bound.
pub fn at_most(k: u64, n: u64, doubt: f64) -> f64 {
    match n.saturating_sub(k) {
        0 => 1.0,
        rest => quantile(k as f64 + 1.0, rest as f64, 1.0 - doubt),
    }
}

/// The chance of `k` or more in `n` at this rate.
pub fn at_least(k: u64, n: u64, rate: f64) -> f64 {
    if k == 0 || rate >= 1.0 {
        return 1.0;
    }
    let law = Beta::new(k as f64, (n - k.min(n)) as f64 + 1.0);
    law.map_or(f64::NAN, |law| law.cdf(rate.max(0.0)))
}

/// Quantile of a beta distribution, by halving: a distribution function only ever grows.
fn quantile(a: f64, b: f64, p: f64) -> f64 {
    let Ok(beta) = Beta::new(a, b) else {
        return f64::NAN;
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if beta.cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
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
    fn intervals_are_those_of_the_textbooks() {
        // From R: binom.test(k, n)$conf.int
        for (k, n, low, high) in [
            (0, 10, 0.0, 0.308_497_1),
            (1, 10, 0.002_528_579, 0.445_016_1),
            (5, 10, 0.187_086_0, 0.812_914_0),
            (10, 10, 0.691_502_9, 1.0),
        ] {
            let found = binomial(k, n);
            near(found.0, low);
            near(found.1, high);
        }
        // The rule of three, two-sided: about 3.69 / n.
        near(binomial(0, 98_301).1, 3.7526e-5);
        let (low, high) = binomial(5_000_000, 10_000_000);
        assert!(0.4996 < low && low < 0.5 && 0.5 < high && high < 0.5004);
        assert_eq!(binomial(0, 0), (0.0, 1.0));
    }

    #[test]
    fn one_sided_bounds_and_chances_belong_together() {
        for (k, n) in [(0, 20), (3, 100), (700, 1000)] {
            let bound = at_most(k, n, 1e-3);
            near(1.0 - at_least(k + 1, n, bound), 1e-3);
        }
        near(at_most(0, 100, 0.05), 1.0 - 0.05_f64.powf(0.01));
        near(
            at_least(1, 20_000, 1e-5),
            1.0 - (1.0 - 1e-5_f64).powi(20_000),
        );
        assert_eq!((at_least(0, 5, 0.0), at_least(5, 5, 1.0)), (1.0, 1.0));
        assert_eq!(at_least(1, 20_000, 0.0), 0.0);
        assert_eq!(at_most(7, 7, 0.1), 1.0);
    }

    #[test]
    fn an_interval_always_holds_its_rate() {
        for n in [1, 2, 3, 17, 1000, 123_456] {
            for k in [0, 1, n / 3, n / 2, n - 1, n] {
                let (low, high) = binomial(k, n);
                let rate = k as f64 / n as f64;
                assert!(low <= rate && rate <= high, "{k} of {n}: {low}..{high}");
            }
        }
    }
}
