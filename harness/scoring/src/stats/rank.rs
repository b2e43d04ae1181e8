//! Intervals of percentiles.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::confidence::TAIL;

/// Between which of `n` sorted values the `quantile` of their law lies, counted from 1: exact
/// whatever the law, if the values are independent. `None` at the upper end where so few values
/// cannot say how far the tail reaches.
pub fn ranks(quantile: f64, n: u64) -> Option<(u64, Option<u64>)> {
    let below = Binomial::new(quantile, n).ok().filter(|_| n > 0)?;
    // Fewer than `low` values lie below the quantile with a chance of at most `tail`, and as many
    // as `high` or more with the same.
    let low = below.inverse_cdf(TAIL).max(1);
    let high = below.inverse_cdf(1.0 - TAIL) + 1;
    Some((low, (high <= n).then_some(high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_textbooks() {
        // From Conover, Practical Nonparametric Statistics: the median of 10, 20 and 100.
        assert_eq!(ranks(0.5, 10), Some((2, Some(9))));
        assert_eq!(ranks(0.5, 20), Some((6, Some(15))));
        assert_eq!(ranks(0.5, 100), Some((40, Some(61))));
    }

    #[test]
    fn a_few_values_say_nothing_about_the_tail() {
        assert_eq!(ranks(0.5, 0), None);
        assert_eq!(ranks(0.5, 1), Some((1, None)));
        let (low, high) = ranks(0.999, 1000).unwrap();
        assert!(low > 990 && high.is_none());
        let (low, high) = ranks(0.999, 10_000).unwrap();
        assert!(low > 9980 && high.is_some_and(|high| high <= 10_000));
    }
}
