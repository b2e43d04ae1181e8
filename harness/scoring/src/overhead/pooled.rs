//! The slowdown over several workloads together.
//!
//! ```text
//! log      = mean over the W workloads of their logs
//! variance = sum of their variances / W^2
//! df       = (sum of variances)^2 / sum of (variance^2 / df)       (Satterthwaite)
//! ```
//!
//! Each workload has a fit and a variance of its own, and counts the same however many blocks it
//! has. The result speaks about these workloads, not about workloads in general.

use super::interval::{Effect, Interval};
use super::stopping::Stopping;

/// One configuration, or the pair of nulls, over all workloads, each with its effect; `None` where a
/// workload lacks it, since means over different workloads are not comparable.
pub fn pooled(effects: &[Option<Effect>], stopping: Stopping) -> Option<Effect> {
    let effects: Vec<Effect> = effects.iter().copied().collect::<Option<_>>()?;
    if effects.is_empty() {
        return None;
    }
    let workloads = effects.len() as f64;
    let sum = |of: fn(&Effect) -> f64| effects.iter().map(of).sum::<f64>();
    let log = sum(|of| of.log) / workloads;
    let total = sum(|of| of.variance);
    let variance = total / workloads.powi(2);
    let df = satterthwaite(&effects, total);
    Some(Effect {
        interval: Interval::new(log, variance, df, stopping.confidence())?,
        log,
        variance,
        df,
        blocks: 0,
        planning: f64::NAN,
    })
}

fn satterthwaite(effects: &[Effect], total: f64) -> f64 {
    let parts: f64 = effects.iter().map(|of| of.variance.powi(2) / of.df).sum();
    if parts > 0.0 {
        total.powi(2) / parts
    } else {
        effects.iter().map(|of| of.df).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(log: f64, variance: f64, df: f64) -> Option<Effect> {
        Some(Effect {
            interval: Interval::new(log, variance, df, 0.95)?,
            log,
            variance,
            df,
            blocks: 9,
            planning: variance,
        })
    }

    #[test]
    fn equal_workloads_add_their_degrees_of_freedom() {
        let effects = [
            with(0.1, 0.04, 5.0),
            with(0.3, 0.04, 5.0),
            with(0.2, 0.04, 5.0),
        ];
        let found = pooled(&effects, Stopping::Fixed).unwrap();
        assert!((found.log - 0.2).abs() < 1e-12);
        assert!((found.variance - 0.04 / 3.0).abs() < 1e-12);
        assert!((found.df - 15.0).abs() < 1e-9);
    }

    #[test]
    fn a_noisy_workload_decides_the_degrees_of_freedom() {
        let effects = [with(0.0, 1.0, 4.0), with(0.0, 1e-9, 50.0)];
        let found = pooled(&effects, Stopping::Fixed).unwrap();
        assert!((found.df - 4.0).abs() < 1e-6);
        let still = [with(0.0, 0.0, 4.0), with(0.0, 0.0, 5.0)];
        let found = pooled(&still, Stopping::Fixed).unwrap();
        assert!((found.df - 9.0).abs() < 1e-12);
    }

    #[test]
    fn a_workload_without_the_configuration_leaves_none() {
        let full = with(0.1, 0.04, 5.0);
        assert!(pooled(&[full], Stopping::Fixed).is_some());
        assert_eq!(pooled(&[full, None], Stopping::Fixed), None);
        assert_eq!(pooled(&[], Stopping::Fixed), None);
    }
}
