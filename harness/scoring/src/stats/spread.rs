//! Shares of events that were counted several times: events of one repetition hang together (losses
//! come in bursts), so repetitions are the independent unit.

use super::binomial::binomial;
use super::confidence::TAIL;
use super::estimate::student_quantile;

/// The interval of the share behind so many hits of so many, one pair for each repetition.
///
/// It is Student's, from how much the repetitions differ, weighted by their size, and nowhere
/// narrower than the exact one for independent events. Shares near 0 are lopsided (a few repetitions
/// lose much), so the far end reaches out as a logarithm's would, to second order. Where all repetitions hit nothing, or
/// everything, they show no spread to judge by; then it is what so many repetitions leave possible
/// whatever one of them may hit: at most `1 - 0.025^(1/R)` of them are of another sort. A single
/// repetition says nothing: from 0 to 1.
pub fn share(counts: &[(u64, u64)]) -> (f64, f64) {
    let counted: Vec<(u64, u64)> = counts.iter().filter(|one| one.1 > 0).copied().collect();
    let (hits, all) = pool(&counted);
    let repetitions = counted.len() as f64;
    if counted.len() < 2 {
        return (0.0, 1.0);
    }
    let unseen = TAIL.powf(1.0 / repetitions);
    if hits == 0 {
        return (0.0, 1.0 - unseen);
    }
    if hits >= all {
        return (unseen, 1.0);
    }
    let rate = hits as f64 / all as f64;
    let off = |&(hits, n): &(u64, u64)| (hits as f64 - rate * n as f64).powi(2);
    let squares: f64 = counted.iter().map(off).sum();
    let error = (repetitions / (repetitions - 1.0) * squares).sqrt() / all as f64;
    let reach = student_quantile(repetitions - 1.0).unwrap_or(f64::INFINITY) * error;
    let further = |rest: f64| reach + reach * reach / (2.0 * rest);
    let (down, up) = match rate < 0.5 {
        true => (reach, further(rate)),
        false => (further(1.0 - rate), reach),
    };
    let (low, high) = binomial(hits, all);
    (low.min(rate - down).max(0.0), high.max(rate + up).min(1.0))
}

/// All repetitions together.
pub fn pool(counts: &[(u64, u64)]) -> (u64, u64) {
    let sum = |sum: (u64, u64), one: &(u64, u64)| (sum.0 + one.0, sum.1 + one.1);
    counts.iter().fold((0, 0), sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_shares_keep_at_least_the_exact_interval() {
        for counts in [
            &[(3, 1000), (5, 1000), (4, 1000)][..],
            &[(500, 1000), (500, 1000)],
        ] {
            let (hits, all) = pool(counts);
            let (low, high) = share(counts);
            let exact = binomial(hits, all);
            assert!(low <= exact.0 && exact.1 <= high, "{counts:?}");
        }
        assert_eq!(share(&[(500, 1000), (500, 1000)]), binomial(1000, 2000));
    }

    #[test]
    fn repetitions_that_differ_widen_it() {
        // Rates of 0, 9 and 0.4 %: mean 3.13 %, standard error 2.94 %, t of two degrees 4.303.
        let (low, high) = share(&[(0, 10_000), (900, 10_000), (40, 10_000)]);
        assert_eq!(low, 0.0);
        let reach = 4.302_653 * 0.029_356;
        let expected = 0.031_333 + reach + reach * reach / 2.0 / 0.031_333;
        assert!((high - expected).abs() < 1e-4, "{high}, not {expected}");
    }

    #[test]
    fn without_any_hit_repetitions_are_what_is_counted() {
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}");
        let (low, high) = share(&[(0, 1_000_000); 10]);
        assert_eq!(low, 0.0);
        near(high, 0.308_497);
        let (low, high) = share(&[(7, 7); 3]);
        near(low, 0.292_402);
        assert_eq!(high, 1.0);
    }

    #[test]
    fn one_repetition_says_nothing() {
        for counts in [&[][..], &[(0, 0)], &[(3, 100)], &[(0, 0), (3, 100)]] {
            assert_eq!(share(counts), (0.0, 1.0), "{counts:?}");
        }
    }
}
