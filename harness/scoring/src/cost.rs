//! What a cell took, per event so that workloads of different sizes compare.

use serde::{Deserialize, Serialize};

use crate::record::Cost;

/// Costs of one cell; `None` where they could not be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostScore {
    /// Events the workload made in each second of its wall time.
    pub events_per_s: Option<f64>,
    /// CPU of the monitor's cgroup, in microseconds.
    pub own_cpu_us_per_event: Option<f64>,
    /// CPU of the whole machine, the workload's own included, in microseconds.
    pub system_cpu_us_per_event: Option<f64>,
    /// CPU of the workload's cgroup, in microseconds.
    pub workload_cpu_us_per_event: Option<f64>,
    /// Most memory the monitor's process ever had.
    pub peak_rss_bytes: Option<u64>,
    /// Wall time of the workload, in milliseconds.
    pub wall_ms: Option<f64>,
}

pub(super) fn per_event(cost: Option<&Cost>, events: u64) -> CostScore {
    let Some(cost) = cost else {
        return CostScore::default();
    };
    let each = |nanos: u64| (events > 0).then(|| nanos as f64 / 1000.0 / events as f64);
    CostScore {
        events_per_s: (cost.wall_ns > 0).then(|| events as f64 * 1e9 / cost.wall_ns as f64),
        own_cpu_us_per_event: cost.monitor_cpu_ns.and_then(each),
        system_cpu_us_per_event: each(cost.system_cpu_ns),
        workload_cpu_us_per_event: cost.workload_cpu_ns.and_then(each),
        peak_rss_bytes: Some(cost.peak_rss_bytes),
        wall_ms: Some(cost.wall_ns as f64 / 1e6),
    }
}
