use scoring::overhead::{Fit, Interval};

use crate::simulated::{CONFIGURATIONS, TRUTH};

/// What a set of runs shows about one method.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// By configuration: intervals, and how many of them hold the truth.
    pub(crate) counts: [(u32, u32); CONFIGURATIONS],
    pub(crate) width: f64,
    pub(crate) blocks: f64,
    pub(crate) runs: f64,
}

impl Tally {
    pub(crate) fn add(&mut self, configuration: usize, interval: Option<&Interval>) {
        let Some(interval) = interval else { return };
        let (all, inside) = &mut self.counts[configuration];
        *all += 1;
        *inside += u32::from(interval.contains(TRUTH[configuration].exp()));
        self.width += interval.half_width().min(9.0);
    }

    pub(crate) fn fit(&mut self, fit: &Fit) {
        self.runs += 1.0;
        self.blocks += fit.blocks as f64;
        self.add(0, fit.null_pair.map(|of| of.interval).as_ref());
        self.width -= fit
            .null_pair
            .map_or(0.0, |of| of.interval.half_width().min(9.0));
        for (configuration, effect) in fit.effects.iter().enumerate() {
            self.add(configuration, effect.map(|of| of.interval).as_ref());
        }
    }

    pub(crate) fn coverage(&self, configuration: usize) -> f64 {
        let (all, inside) = self.counts[configuration];
        f64::from(inside) / f64::from(all)
    }

    pub(crate) fn monitors(&self) -> impl Iterator<Item = f64> {
        let measured = (1..CONFIGURATIONS).filter(|of| self.counts[*of].0 > 0);
        measured.map(|of| self.coverage(of))
    }

    /// Coverage of the configuration that fares worst.
    pub(crate) fn worst(&self) -> f64 {
        self.monitors().fold(1.0, f64::min)
    }

    pub(crate) fn mean(&self) -> f64 {
        self.monitors().sum::<f64>() / self.monitors().count() as f64
    }

    /// Mean half-width in per cent.
    pub(crate) fn half_width(&self) -> f64 {
        let all: u32 = self.counts[1..].iter().map(|of| of.0).sum();
        100.0 * self.width / f64::from(all)
    }

    pub(crate) fn text(&self) -> String {
        let (worst, mean, width) = (self.worst(), self.mean(), self.half_width());
        format!("{worst:.3} {mean:.3} {width:5.1}")
    }
}
