//! How likely an overhead is told, by the half-width of the interval.
//!
//! An interval of half-width `h` around 1 belongs to a standard error of `asinh(h) / t`. A planted
//! overhead `x` is told as more when the whole interval lies above 1; the chance of it is that of
//! the noncentral t law, here by its usual normal approximation:
//!
//! ```text
//! d = ln(1 + x) / standard error
//! power = Phi((d - t (1 - 1 / (4 df))) / sqrt(1 + t^2 / (2 df)))
//! ```

use statrs::distribution::{ContinuousCDF, Normal};

use super::interval::quantile;

/// The overheads of the table: 3, 5 and 10 %.
pub const PLANTED: [f64; 3] = [0.03, 0.05, 0.10];

/// An overhead of so many half-widths is told in nine of ten runs: (1.96 + 1.28) / 1.96.
pub const RESOLVABLE_HALF_WIDTHS: f64 = 1.65;

/// The chance that an overhead of `overhead` (0.05 is 5 %) is told as more, by intervals of
/// half-width `half_width` with `df` degrees of freedom. `None` for arguments that are not
/// positive.
pub fn power(half_width: f64, df: f64, overhead: f64) -> Option<f64> {
    if !(half_width > 0.0 && overhead > 0.0) {
        return None;
    }
    let t = quantile(df, 0.95)?;
    let distance = overhead.ln_1p() / (half_width.asinh() / t);
    let excess = distance - t * (1.0 - 1.0 / (4.0 * df));
    let spread = (1.0 + t * t / (2.0 * df)).sqrt();
    Some(Normal::standard().cdf(excess / spread))
}

/// The power for each of [`PLANTED`].
pub fn table(half_width: f64, df: f64) -> Option<[f64; 3]> {
    let [low, middle, high] = PLANTED.map(|overhead| power(half_width, df, overhead));
    Some([low?, middle?, high?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolvable_overhead_is_told_in_nine_of_ten_runs() {
        for half_width in [0.01, 0.02, 0.05] {
            let found = power(half_width, 1e4, RESOLVABLE_HALF_WIDTHS * half_width).unwrap();
            assert!((0.87..0.91).contains(&found), "{half_width}: {found}");
        }
    }

    #[test]
    fn power_grows_with_overhead_and_falls_with_width() {
        let [three, five, ten] = table(0.05, 14.0).unwrap();
        assert!(0.1 < three && three < five && five < ten && ten > 0.9);
        assert!(table(0.02, 14.0).unwrap()[0] > three);
        assert_eq!(table(0.0, 14.0), None);
        assert_eq!(power(0.05, 0.0, 0.05), None);
        assert_eq!(power(f64::NAN, 14.0, 0.05), None);
    }
}
