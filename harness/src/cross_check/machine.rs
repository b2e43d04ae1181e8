//! The processes that are alive at the start and at the end of a cell, and the clocks by which
//! records of the others are put in time.

use std::fs;
use std::time::Duration;

use contract::{Nanos, Pid, Result};
use monitors::{ProcessStat, clock};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What is kept of it in the folder of a cell.
pub(super) const ALIVE: &str = "alive.json";

/// A process and when it was started, in ticks since boot.
type Started = (Pid, u64);

/// Beside the records of those that ended, all that is needed to know every process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Alive {
    /// User of the workload's processes; `None` where its driver makes them under several.
    pub(crate) uid: Option<u32>,
    /// When accounting was switched on, on CLOCK_MONOTONIC.
    pub(crate) on: Nanos,
    /// When it was switched off.
    pub(crate) off: Nanos,
    /// CLOCK_REALTIME less CLOCK_MONOTONIC at both times.
    pub(crate) wall: [Nanos; 2],
    /// CLOCK_BOOTTIME less CLOCK_MONOTONIC.
    pub(crate) boot: Nanos,
    /// Length of a tick.
    pub(crate) tick: Nanos,
    /// Alive at the start.
    pub(crate) first: Vec<Started>,
    /// Alive at the end.
    pub(crate) last: Vec<Started>,
}

impl Alive {
    /// Looks around just after accounting was switched on.
    pub(super) fn start() -> Result<Self> {
        let wall = ahead(ClockId::CLOCK_REALTIME)?;
        Ok(Self {
            uid: None,
            on: clock::now(),
            off: 0,
            wall: [wall, wall],
            boot: ahead(ClockId::CLOCK_BOOTTIME)?,
            tick: tick()?,
            first: now()?,
            last: Vec::new(),
        })
    }

    /// Looks around once more.
    pub(super) fn end(&mut self, uid: Option<u32>) -> Result<()> {
        self.uid = uid;
        self.wall[1] = ahead(ClockId::CLOCK_REALTIME)?;
        self.last = now()?;
        Ok(())
    }

    /// The records were read.
    pub(super) fn switched_off(&mut self) {
        self.off = clock::now();
    }
}

/// How far a clock is ahead of CLOCK_MONOTONIC.
fn ahead(clock: ClockId) -> Result<Nanos> {
    let monotonic = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC)?);
    let ahead = Duration::from(clock_gettime(clock)?).saturating_sub(monotonic);
    Ok(u64::try_from(ahead.as_nanos())?)
}

fn tick() -> Result<Nanos> {
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)?;
    let ticks = ticks.and_then(|ticks| u64::try_from(ticks).ok());
    // Every kernel that runs this says 100; it is asked all the same.
    Ok(1_000_000_000 / ticks.filter(|&ticks| ticks > 0).unwrap_or(100))
}

/// The processes that are there now. One that ends meanwhile is left out.
fn now() -> Result<Vec<Started>> {
    let entries = fs::read_dir("/proc").map_err(|why| format!("/proc: {why}: mount it"))?;
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids
        .filter_map(|pid| Some((pid, ProcessStat::of(pid)?.started)))
        .collect())
}
