//! Blind windows: the monitor is started, told to stop and started again, killed and started again, while
//! the workload begins processes by its timetable.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use anyhow::{Context, Error, Result};
use contract::{Counters, Privilege};
use monitors::clock;

use super::interrupt;
use super::monitor::MonitorProcess;
use super::spec::Cell;
use super::workload::WorkloadProcess;
use crate::cgroup::Cgroup;
use crate::exit::NothingRuns;
use scoring::record::{Start, TOOLS};

/// The workload is under way before the first start, and each process of the monitor watches for so long.
/// What is told is only known from the spool afterwards; a snapshot takes a third of it.
const SPAN: Duration = Duration::from_secs(1);

/// The workload ended before the last start.
#[derive(Debug)]
pub(super) struct TooShort;

impl fmt::Display for TooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = "the workload ended before the monitor was started three times";
        write!(f, "{why}: use a larger --scale")
    }
}

impl std::error::Error for TooShort {}

/// Runs all starts beside the workload, which must go on until the end; the counters are those of the last.
pub(super) fn starts(
    cell: &Cell<'_>,
    dir: &Path,
    group: Option<&Cgroup>,
    workload: &mut WorkloadProcess,
) -> Result<(Vec<Start>, MonitorProcess)> {
    let mut starts = Vec::new();
    span(workload)?;
    let (one, monitor) = start(cell, dir, group, 0)?;
    starts.push(one);
    span(workload)?;
    starts[0].ended_ns = clock::now();
    let Counters { .. } = monitor.stop(cell.stage.patience())?;
    let (one, monitor) = start(cell, dir, group, 1)?;
    starts.push(one);
    span(workload)?;
    starts[1].ended_ns = clock::now();
    monitor.kill()?;
    // What it leaves on the next start puts back, so that is a part of the gap.
    let recovered = cell.configuration.monitor.recover();
    recovered.map_err(Error::from_boxed)?;
    let (one, monitor) = start(cell, dir, group, 2)?;
    starts.push(one);
    span(workload)?;
    Ok((starts, monitor))
}

/// Starts it and waits until it says that it is ready.
fn start(
    cell: &Cell<'_>,
    dir: &Path,
    group: Option<&Cgroup>,
    place: usize,
) -> Result<(Start, MonitorProcess)> {
    let dir = dir.join(Start::folder(place));
    fs::create_dir(&dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
    let tools = cell.stage.out.join(TOOLS);
    let tools = cell.is_tool().then_some(tools.as_path());
    let technique = cell.configuration.monitor;
    let user = cell
        .user()
        .filter(|_| technique.privilege() == Privilege::None);
    let label = cell.started_as()?;
    let spawned_ns = clock::now();
    let mut monitor = MonitorProcess::start(&label, &dir, group, user, tools)?;
    if !monitor.ready(cell.stage.start())?.is_empty() {
        let why = "sees only programs that are started with its environment, and these run already: \
                   measure it with another workload";
        return Err(NothingRuns(format!("{label} {why}")).into());
    }
    let one = Start {
        after: Start::AFTER[place].into(),
        spawned_ns,
        ready_ns: clock::now(),
        ended_ns: 0,
    };
    Ok((one, monitor))
}

/// Lets time pass, in which the workload must not end.
fn span(workload: &mut WorkloadProcess) -> Result<()> {
    let until = Instant::now() + SPAN;
    while Instant::now() < until {
        interrupt::check()?;
        if workload.has_ended()? {
            return Err(TooShort.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
