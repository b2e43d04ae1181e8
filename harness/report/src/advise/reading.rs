//! A figure of one configuration, as it is read from a record.

use super::metric::Metric;

/// A figure.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) value: f64,
    /// Its interval; `None` where there is none, and then it decides nothing. A count of what was
    /// claimed or listed is exact, which is an interval of no width.
    pub(super) ends: Option<(f64, f64)>,
    /// Differences up to this are noise: a factor for a slowdown, microseconds for CPU.
    pub(super) floor: Option<f64>,
    /// "missed 0 of 300,000 events, at most 0.0012 %".
    pub(super) text: String,
    /// Of which workloads it is; all, when none is named.
    pub(super) workloads: Vec<String>,
}

/// Why there is no figure.
#[derive(Clone, Debug)]
pub(super) enum Lack {
    /// It is not offered, which is a property of the configuration.
    NotOffered(String),
    /// The record does not hold it.
    Unknown(String),
}

impl Lack {
    pub(super) fn why(&self) -> &str {
        match self {
            Self::NotOffered(why) | Self::Unknown(why) => why,
        }
    }
}

impl Reading {
    /// Better than `other`, and neither by chance nor within the noise: the intervals do not touch, and
    /// the figures differ by more than the noise floor.
    pub(super) fn beats(&self, other: &Self, metric: Metric) -> bool {
        let Some((own, theirs)) = self.ends.zip(other.ends) else {
            return false;
        };
        let apart = if metric.more_is_better() {
            own.0 > theirs.1
        } else {
            own.1 < theirs.0
        };
        apart && !self.within_noise(other, metric)
    }

    fn within_noise(&self, other: &Self, metric: Metric) -> bool {
        let floors = self.floor.into_iter().chain(other.floor);
        let Some(floor) = floors.reduce(f64::max) else {
            return false;
        };
        match metric {
            Metric::Slowdown => (self.value / other.value).max(other.value / self.value) <= floor,
            _ => (self.value - other.value).abs() <= floor,
        }
    }
}

/// A figure, or why there is none.
pub(super) type Found = Result<Reading, Lack>;

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(value: f64, ends: Option<(f64, f64)>, floor: Option<f64>) -> Reading {
        Reading {
            value,
            ends,
            floor,
            text: String::new(),
            workloads: Vec::new(),
        }
    }

    #[test]
    fn only_intervals_that_do_not_touch_decide() {
        let best = reading(1.01, Some((1.00, 1.02)), None);
        let near = reading(1.03, Some((1.01, 1.05)), None);
        let far = reading(1.30, Some((1.20, 1.40)), None);
        assert!(best.beats(&far, Metric::Slowdown) && near.beats(&far, Metric::Slowdown));
        assert!(!best.beats(&near, Metric::Slowdown) && !far.beats(&best, Metric::Slowdown));
        assert!(far.beats(&best, Metric::Kinds));
    }

    #[test]
    fn a_figure_without_interval_never_decides() {
        let sure = reading(1.0, Some((1.0, 1.0)), None);
        let bare = reading(100.0, None, None);
        assert!(!sure.beats(&bare, Metric::LatencyP99) && !bare.beats(&sure, Metric::Kinds));
    }

    #[test]
    fn a_difference_within_the_noise_decides_nothing() {
        let one = reading(1.00, Some((0.99, 1.01)), Some(1.06));
        let other = reading(1.05, Some((1.04, 1.06)), Some(1.02));
        assert!(!one.beats(&other, Metric::Slowdown));
        let far = reading(1.08, Some((1.07, 1.09)), Some(1.06));
        assert!(one.beats(&far, Metric::Slowdown));
        let cpu = |value: f64| reading(value, Some((value - 0.1, value + 0.1)), Some(2.0));
        assert!(!cpu(3.0).beats(&cpu(4.5), Metric::SystemCpu));
        assert!(cpu(3.0).beats(&cpu(6.0), Metric::SystemCpu));
    }
}
