//! What a cell took, per moment so that workloads of different sizes compare.

use serde::{Deserialize, Serialize};

use crate::record::Cost;

/// Costs of one cell; `None` where they could not be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostScore {
    /// Moments the workload made in each second of its wall time.
    pub moments_per_s: Option<f64>,
    /// CPU of the monitor's cgroup, in microseconds.
    pub monitor_cpu_us_per_moment: Option<f64>,
    /// CPU of the whole machine, the workload's own included, in microseconds.
    pub system_cpu_us_per_moment: Option<f64>,
    /// CPU of the workload's cgroup, in microseconds.
    pub workload_cpu_us_per_moment: Option<f64>,
    /// Most memory the monitor's process ever had.
    pub peak_rss_bytes: Option<u64>,
    /// Wall time of the workload, in milliseconds.
    pub wall_ms: Option<f64>,
}

pub(super) fn per_moment(cost: Option<&Cost>, moments: u64) -> CostScore {
    let Some(cost) = cost else {
        return CostScore::default();
    };
    let each = |nanos: u64| (moments > 0).then(|| nanos as f64 / 1000.0 / moments as f64);
    CostScore {
        moments_per_s: (cost.wall_ns > 0).then(|| moments as f64 * 1e9 / cost.wall_ns as f64),
        monitor_cpu_us_per_moment: cost.monitor_cpu_ns.and_then(each),
        system_cpu_us_per_moment: each(cost.system_cpu_ns),
        workload_cpu_us_per_moment: cost.workload_cpu_ns.and_then(each),
        peak_rss_bytes: Some(cost.peak_rss_bytes),
        wall_ms: Some(cost.wall_ns as f64 / 1e6),
    }
}
