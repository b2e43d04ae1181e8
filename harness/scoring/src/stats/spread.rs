//! The interval of a loss that was counted several times.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::binomial::binomial;
use super::estimate::{average, student};

/// Repetitions that differ by more than chance allows this often are not one rate's.
const ODD: f64 = 0.01;

/// The interval of the rate behind so many missed of so many, one pair for each repetition: the
/// exact binomial one of all together. It holds for losses that come one by one. Losses in bursts
/// differ between repetitions by more than it allows, and where they do, the interval reaches as
/// far as Student's over the rates of the repetitions.
pub fn loss(counts: &[(u64, u64)]) -> (f64, f64) {
    let (missed, truths) = pool(counts);
    let (low, high) = binomial(missed, truths);
    if !uneven(counts) {
        return (low, high);
    }
    let rates: Vec<f64> = counts.iter().map(|&(k, n)| k as f64 / n as f64).collect();
    let (middle, reach) = (average(&rates), student(&rates).unwrap_or_default());
    (
        low.min(middle - reach).max(0.0),
        high.max(middle + reach).min(1.0),
    )
}

/// All repetitions together.
pub fn pool(counts: &[(u64, u64)]) -> (u64, u64) {
    let sum = |sum: (u64, u64), one: &(u64, u64)| (sum.0 + one.0, sum.1 + one.1);
    counts.iter().fold((0, 0), sum)
}

/// Whether repetitions differ by more than chance: Pearson's test of homogeneity.
pub fn uneven(counts: &[(u64, u64)]) -> bool {
    let (missed, truths) = pool(counts);
    let rate = missed as f64 / truths as f64;
    let counted = counts.iter().all(|&(_, n)| n > 0) && counts.len() > 1;
    if !counted || missed == 0 || missed == truths {
        return false;
    }
    let odd = |&(k, n): &(u64, u64)| {
        let (k, n) = (k as f64, n as f64);
        (k - n * rate).powi(2) / (n * rate * (1.0 - rate))
    };
    let sum: f64 = counts.iter().map(odd).sum();
    ChiSquared::new(counts.len() as f64 - 1.0).is_ok_and(|law| law.sf(sum) < ODD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_losses_keep_the_exact_interval() {
        for counts in [
            &[(0, 100), (0, 100)][..],
            &[(3, 1000), (5, 1000), (4, 1000)],
            &[(9, 10)],
        ] {
            let (missed, truths) = pool(counts);
            assert_eq!(loss(counts), binomial(missed, truths), "{counts:?}");
        }
        assert_eq!(loss(&[]), (0.0, 1.0));
        assert_eq!(loss(&[(7, 7), (7, 7)]), binomial(14, 14));
    }

    #[test]
    fn bursts_widen_it() {
        let counts = [(0, 10_000), (900, 10_000), (40, 10_000)];
        let (low, high) = loss(&counts);
        let exact = binomial(940, 30_000);
        assert_eq!(low, 0.0);
        assert!(high > 0.14 && exact.1 < 0.04, "{high} {exact:?}");
    }
}
