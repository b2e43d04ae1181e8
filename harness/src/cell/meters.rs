//! The meters of a cell: CPU time of the machine, of the monitor and of the harness itself.

use std::time::Instant;

use anyhow::{Context, Result};
use nix::sys::resource::{Usage, UsageWho, getrusage};

use super::interference::{self, Stat};
use super::monitor::MonitorProcess;
use crate::cgroup::Cgroup;
use scoring::record::Noise;

/// All meters at one time.
pub(super) struct Meters {
    at: Instant,
    load: f64,
    machine: Stat,
    monitor_ns: Option<u64>,
    harness_ns: u64,
}

/// What the meters say has passed between two readings.
pub(super) struct Passed {
    /// What was kept from the cell.
    pub(super) noise: Noise,
    /// CPU time of the monitor.
    pub(super) monitor_ns: Option<u64>,
    /// CPU time of the machine, without the harness's own: following the spool to the readiness
    /// probes is not the technique's work.
    pub(super) system_ns: u64,
}

impl Meters {
    /// Reads them. Of a third-party tool `relay` is the process that only reads its lines.
    pub(super) fn read(
        monitor: &MonitorProcess,
        group: Option<&Cgroup>,
        relay: bool,
    ) -> Result<Self> {
        let all = match group {
            Some(group) => Some(group.cpu_ns()?),
            None => monitor.cpu_ns(),
        };
        let relay = if relay { monitor.own_cpu_ns() } else { Some(0) };
        let usage = getrusage(UsageWho::RUSAGE_SELF).context("getrusage")?;
        Ok(Self {
            at: Instant::now(),
            load: interference::load(),
            machine: Stat::now()?,
            monitor_ns: all.zip(relay).map(|(all, relay)| all.saturating_sub(relay)),
            harness_ns: cpu_ns(&usage),
        })
    }

    /// What has passed since `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Passed {
        let wall = self.at - earlier.at;
        let busy = self.machine.busy_ns_since(earlier.machine);
        Passed {
            noise: self
                .machine
                .noise_since(earlier.machine, wall, earlier.load),
            monitor_ns: self
                .monitor_ns
                .zip(earlier.monitor_ns)
                .map(|(after, before)| after.saturating_sub(before)),
            system_ns: busy.saturating_sub(self.harness_ns - earlier.harness_ns),
        }
    }
}

/// User and system time together.
pub(crate) fn cpu_ns(usage: &Usage) -> u64 {
    let ns = |time: nix::sys::time::TimeVal| {
        (time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64) * 1000
    };
    ns(usage.user_time()) + ns(usage.system_time())
}
