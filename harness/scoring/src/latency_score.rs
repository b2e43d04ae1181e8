//! Detection latency of all repetitions together.

use anyhow::Result;
use contract::Kind;
use serde::{Deserialize, Serialize};

use crate::by_key::{Key, Keyed};
use crate::latency::{Intervals, Latency, LatencyHistogram};

/// Pooled over repetitions, in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LatencyScore {
    /// All kinds together.
    pub all: Option<Latency>,
    /// By kind.
    pub kinds: Keyed<Kind, Latency>,
    /// Between what the percentiles of `all` may lie.
    pub all_interval: Option<Intervals>,
    /// Between what those of `kinds` may lie.
    #[serde(default)]
    pub kinds_interval: Keyed<Kind, Intervals>,
    /// Points (quantile, microseconds) of all kinds together.
    pub curve: Vec<(f64, f64)>,
}

impl LatencyScore {
    /// Of repetitions, each by kind.
    pub(super) fn of(each: &[&[LatencyHistogram; 3]]) -> Result<Self> {
        let mut score = Self::default();
        for &kind in Kind::EVERY {
            let repetitions = || each.iter().map(|of| &of[kind as usize]);
            let pooled = LatencyHistogram::pool(repetitions())?;
            let percentiles = pooled.percentiles();
            score.kinds.0.extend(percentiles.map(|of| (kind, of)));
            let intervals = Intervals::of(repetitions(), &pooled);
            score
                .kinds_interval
                .0
                .extend(intervals.map(|of| (kind, of)));
        }
        let whole = each.iter().map(|of| LatencyHistogram::pool(*of));
        let whole: Vec<_> = whole.collect::<Result<_>>()?;
        let all = LatencyHistogram::pool(&whole)?;
        score.all_interval = Intervals::of(&whole, &all);
        score.all = all.percentiles();
        score.curve = all.curve();
        Ok(score)
    }
}
