//! What the whole machine did while a cell ran, from /proc/stat, and what was kept from the cell.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::throttle::throttled_ns;
use scoring::record::Noise;

/// A cell from which other guests took more than this share of the time of all CPUs counts as stolen;
/// one from which a quota kept as much, as throttled. They are told apart because a quota keeps more
/// from a monitor that uses more, and leaving such cells out would flatter it.
const KEPT: f64 = 0.02;

/// All CPUs together, in clock ticks since boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    busy: u64,
    steal: u64,
    throttled_ns: u64,
}

impl Stat {
    /// As it is now.
    pub(super) fn now() -> Result<Self> {
        let text = fs::read_to_string("/proc/stat")
            .context("/proc/stat: cannot be read: mount proc on /proc, without subset=pid")?;
        Self::parse(&text, throttled_ns())
            .context("/proc/stat: its first line is not the one documented in proc(5)")
    }

    /// `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guest time is part
    /// of user time already.
    fn parse(text: &str, throttled_ns: u64) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .map_while(|word| word.parse().ok())
            .collect();
        let at = |index: usize| ticks.get(index).copied();
        let busy = at(0)? + at(1)? + at(2)? + at(5)? + at(6)?;
        Some(Self {
            busy,
            steal: at(7).unwrap_or(0),
            throttled_ns,
        })
    }

    /// CPU time used by anybody since `earlier`, in nanoseconds. Resolution is a tick.
    pub(super) fn busy_ns_since(self, earlier: Self) -> u64 {
        (self.busy - earlier.busy) * ns_per_tick()
    }

    /// What was kept from the cell since `earlier`, a span of `wall`.
    pub(super) fn noise_since(self, earlier: Self, wall: Duration, load: f64) -> Noise {
        let steal_ticks = self.steal - earlier.steal;
        let offered = wall.as_nanos() as f64 * f64::from(crate::machine::cpus());
        // One tick more or less is rounding.
        let stolen_ns = steal_ticks.saturating_sub(1) * ns_per_tick();
        // Less than before: a group around this one is gone, or it was put into another.
        let throttled_ns = self.throttled_ns.saturating_sub(earlier.throttled_ns);
        Noise {
            steal_ticks,
            throttled_us: Some(throttled_ns / 1000),
            load,
            stolen: stolen_ns as f64 > KEPT * offered,
            throttled: throttled_ns as f64 > KEPT * offered,
            reruns: 0,
        }
    }
}

fn ns_per_tick() -> u64 {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)
        .ok()
        .flatten();
    1_000_000_000 / ticks.unwrap_or(100) as u64
}

/// The one-minute load.
pub(super) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_time_is_not_counted_twice() {
        let stat = |text| Stat::parse(text, 0).unwrap();
        let before = stat("cpu  10 0 20 500 7 1 2 3 10 0\ncpu0 ...");
        let after = stat("cpu  15 1 30 600 9 1 3 8 15 0\n");
        assert_eq!(after.busy_ns_since(before) / ns_per_tick(), 5 + 1 + 10 + 1);
        assert_eq!(
            after
                .noise_since(before, Duration::from_secs(1), 0.0)
                .steal_ticks,
            5
        );
        assert_eq!(Stat::parse("intr 1", 0), None);
    }

    #[test]
    fn what_a_quota_keeps_is_told_from_what_other_guests_take() {
        let wall = Duration::from_secs(1);
        let stat = |ticks: u64, throttled_ns: u64| Stat {
            busy: 0,
            steal: ticks,
            throttled_ns,
        };
        let noise = |now: Stat| now.noise_since(stat(0, 0), wall, 0.0);
        let limit = (KEPT * 1e9) as u64 * u64::from(crate::machine::cpus());
        let flags = |ticks, throttled| {
            let noise = noise(stat(ticks, throttled));
            (noise.stolen, noise.throttled)
        };
        let ticks = limit / ns_per_tick() + 1;
        assert_eq!(flags(ticks, limit), (false, false));
        assert_eq!(flags(ticks + 1, limit), (true, false));
        assert_eq!(flags(ticks, limit + 1), (false, true));
        assert_eq!(noise(stat(0, limit)).throttled_us, Some(limit / 1000));
        assert_eq!(
            stat(0, 5).noise_since(stat(0, 9), wall, 0.0).throttled_us,
            Some(0)
        );
    }
}
