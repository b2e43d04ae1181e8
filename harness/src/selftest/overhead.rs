//! Slowdowns that are due, computed another way than the report does: from the differences between
//! the two blocks of a ledger, as textbooks have it for complete blocks.

use super::expectation::Due;
use super::intervals;

/// The 97.5 % quantile of Student's law with two degrees of freedom.
const STUDENT: f64 = 4.302_652_729_696_144;

/// One figure of both blocks of a ledger.
pub(super) struct Blocks {
    /// Of both null cells of each block.
    pub(super) base: [f64; 2],
    /// Of every configuration of the ledger.
    pub(super) all: Vec<[f64; 2]>,
}

impl Blocks {
    /// Residual variance of the logarithms: what is left of each column's difference between the
    /// blocks when the mean difference is taken off. `null` is two columns.
    fn residual_variance(&self) -> f64 {
        let columns = self.all.iter().chain([&self.base, &self.base]);
        let differences: Vec<f64> = columns.map(|two| two[0].ln() - two[1].ln()).collect();
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let squares: f64 = differences
            .iter()
            .map(|one| (one - mean).powi(2) / 2.0)
            .sum();
        squares / (self.all.len() + 2) as f64
    }

    /// Ratio and both ends of the configuration with these figures.
    fn ratio(&self, own: [f64; 2]) -> [f64; 3] {
        let logs = [0, 1].map(|block| (own[block] / self.base[block]).ln());
        let middle = f64::midpoint(logs[0], logs[1]);
        let of_its_own = (logs[0] - logs[1]).powi(2) / 4.0;
        let variance = f64::midpoint(0.75 * self.residual_variance(), of_its_own);
        let reach = STUDENT * variance.sqrt();
        [middle, middle - reach, middle + reach].map(f64::exp)
    }

    pub(super) fn slowdown(&self, own: [f64; 2]) -> Due {
        let [ratio, low, high] = self.ratio(own);
        Due::map([
            ("ratio", Due::Near(ratio)),
            ("low", Due::Near(low)),
            ("high", Due::Near(high)),
            ("pairs", Due::just(2)),
            ("verdict", intervals::verdict(ratio, [low, high], 1.0)),
        ])
    }

    /// The same in units of the baseline.
    pub(super) fn extra(&self, own: [f64; 2]) -> Due {
        let [ratio, low, high] = self.ratio(own);
        let base = (self.base[0] * self.base[1]).sqrt();
        let beyond = |ratio: f64| Due::Near((ratio - 1.0) * base);
        Due::map([
            ("value", beyond(ratio)),
            ("low", beyond(low)),
            ("high", beyond(high)),
            ("n", Due::just(2)),
            ("ratio", Due::Near(ratio)),
            ("ratio_low", Due::Near(low)),
            ("ratio_high", Due::Near(high)),
            ("verdict", intervals::verdict(ratio, [low, high], 1.0)),
        ])
    }
}
