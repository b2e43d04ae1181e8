//! What a model says of a rate.

use super::fit::{around, at};
use super::model::Fit;
use crate::stats::Estimate;

/// Where execs are in the term of forks, a rate is answered whose mix differs by no more than this.
const SAME_MIX: f64 = 0.1;

impl Fit {
    /// CPUs at so many forks (and as many exits) and execs a second. `None` where the cells do not tell: forks or
    /// execs of which none were measured, or always together in another mix.
    pub fn predict(&self, forks_per_s: f64, execs_per_s: f64) -> Option<Estimate> {
        let no_forks = self.fork_us.is_none() && forks_per_s > 0.0;
        let no_execs = self.exec_us.is_none() && !self.fits_mix(forks_per_s, execs_per_s);
        if no_forks || no_execs {
            return None;
        }
        let place = [1.0, forks_per_s / 1e6, execs_per_s / 1e6];
        let value = |one: &Option<Estimate>| one.map_or(0.0, |one| one.value);
        let bounded = [&self.base_cpus, &self.fork_us, &self.exec_us].map(value);
        let across = self.covariance.map(|row| at(&place, &row));
        let reach = self.quantile * at(&place, &across).max(0.0).sqrt();
        Some(around(
            at(&place, &bounded),
            at(&place, &self.free),
            reach,
            self.cells,
        ))
    }

    fn fits_mix(&self, forks: f64, execs: f64) -> bool {
        let due = forks * self.execs_per_fork.unwrap_or_default();
        (execs - due).abs() <= SAME_MIX * due
    }
}
