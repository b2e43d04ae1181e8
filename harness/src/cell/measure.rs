//! The phases of a cell: prepare, arm, run, drain, account.

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result};
use contract::{Counters, Privilege, Script};

use super::meters::{Meters, Passed};
use super::monitor::MonitorProcess;
use super::protocol::Outcome;
use super::readiness::ReadinessProbes;
use super::spec::Cell;
use super::spool_tail::SpoolTail;
use super::workload::{WorkloadProcess, is_early, limits};
use crate::cgroup::Cgroup;
use crate::cross_check::accounting::Accounting;
use scoring::record::{Cost, CrossCheck, Noise, TOOLS};

/// What came of a cell.
pub(super) struct Measured {
    pub(super) cost: Cost,
    pub(super) counters: Counters,
    pub(super) noise: Noise,
    pub(super) drained: bool,
    pub(super) blind: Option<String>,
    pub(super) cross_check: Option<CrossCheck>,
}

/// Runs the cell in the folder `dir`.
pub(super) fn measure(cell: &Cell<'_>, dir: &Path) -> Result<Measured> {
    let mut prepared = Prepared::new(cell, dir)?;
    let mut armed = arm(cell, dir, prepared.group.as_ref())?;
    let before = armed.meters(cell, &prepared)?;
    let ran = run(cell, dir, &mut prepared, &mut armed)?;
    let drained = drain(cell, dir, &mut armed)?;
    let passed = armed.meters(cell, &prepared)?.since(&before);
    account(cell, dir, (prepared, armed), (ran, drained, passed))
}

/// What is there before the monitor.
struct Prepared {
    script: Script,
    group: Option<Cgroup>,
    /// The workload, where its processes must be older than the monitor.
    early: Option<WorkloadProcess>,
}

impl Prepared {
    fn new(cell: &Cell<'_>, dir: &Path) -> Result<Self> {
        let script = cell.script(cell.workload)?;
        let tag = format!("{}o{}", cell.stage.tag, cell.order);
        workloads::prepare(dir, &script, &tag).map_err(Error::from_boxed)?;
        let group = cell.group("monitor", None)?;
        let early = if is_early(&script) {
            Some(start(cell, dir, &script, &[])?)
        } else {
            None
        };
        Ok(Self {
            script,
            group,
            early,
        })
    }
}

/// A monitor that watches.
struct Armed {
    monitor: MonitorProcess,
    probes: ReadinessProbes,
    env: Vec<(String, String)>,
    /// Why it sees nothing here although it runs.
    blind: Option<String>,
    /// Its spool, where there is something to follow.
    tail: Option<SpoolTail>,
}

impl Armed {
    fn meters(&self, cell: &Cell<'_>, prepared: &Prepared) -> Result<Meters> {
        Meters::read(&self.monitor, prepared.group.as_ref(), cell.is_tool())
    }
}

/// Starts the monitor and waits until it watches.
fn arm(cell: &Cell<'_>, dir: &Path, group: Option<&Cgroup>) -> Result<Armed> {
    let stage = cell.stage;
    let technique = cell.configuration.monitor;
    let user = stage
        .user
        .filter(|_| technique.privilege() == Privilege::None);
    let tools = stage.out.join(TOOLS);
    let tools = cell.is_tool().then_some(tools.as_path());
    let label = cell.configuration.label();
    let mut monitor = MonitorProcess::start(&label, dir, group, user, tools)?;
    let env = monitor.ready(stage.patience())?;
    // A tool that puts something into programs only sees what these execute.
    let through_shell = cell.is_tool() && !env.is_empty();
    let probes = ReadinessProbes::new(&stage.programs, &env, stage.user, through_shell);
    let blind = technique
        .blind(&cell.configuration.options)
        .map_err(Error::from_boxed)?;
    let mut tail = match blind {
        Some(_) => None,
        None => tail(cell, dir)?,
    };
    if let Some(tail) = &mut tail {
        probes.ready(tail, &mut monitor, stage.patience())?;
    }
    Ok(Armed {
        monitor,
        probes,
        env,
        blind,
        tail,
    })
}

/// The cell's spool, where there is something to follow: a fault injector reports nothing before
/// the end.
fn tail(cell: &Cell<'_>, dir: &Path) -> Result<Option<SpoolTail>> {
    if cell.plants_faults() {
        return Ok(None);
    }
    SpoolTail::new(dir, cell.configuration.monitor, &cell.claims())
}

/// A workload that has run.
struct Ran {
    outcome: Outcome,
    accounting: Option<Accounting>,
}

/// Runs the workload from its first process to its end.
fn run(cell: &Cell<'_>, dir: &Path, prepared: &mut Prepared, armed: &mut Armed) -> Result<Ran> {
    // Of a driver's processes accounting names other parents: those that took them in.
    let accounting = match prepared.script.driver {
        Some(_) => None,
        None => Accounting::start(&monitors::accounting::file()?).map_err(Error::from_boxed)?,
    };
    let beside = beside(cell, dir, &armed.env)?;
    let mut workload = match prepared.early.take() {
        Some(workload) => workload,
        None => start(cell, dir, &prepared.script, &armed.env)?,
    };
    workload.go_on();
    let outcome = workload.wait(&mut armed.monitor)?;
    beside.map(WorkloadProcess::end).transpose()?;
    Ok(Ran {
        outcome,
        accounting,
    })
}

fn start(
    cell: &Cell<'_>,
    dir: &Path,
    script: &Script,
    env: &[(String, String)],
) -> Result<WorkloadProcess> {
    let group = cell.group("workload", Some(limits(script)))?;
    let label = cell.workload.label.as_str();
    WorkloadProcess::start(cell.stage, label, dir, script, (env, group))
}

/// Starts what the workload is to be disturbed by, if anything.
fn beside(
    cell: &Cell<'_>,
    dir: &Path,
    env: &[(String, String)],
) -> Result<Option<WorkloadProcess>> {
    let Some(label) = &cell.workload.beside else {
        return Ok(None);
    };
    let definition = crate::select::workload(label)?;
    let script = cell.script(&definition)?;
    let dir = dir.join("beside");
    fs::create_dir(&dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
    let tag = format!("{}b{}", cell.stage.tag, cell.order);
    workloads::prepare(&dir, &script, &tag).map_err(Error::from_boxed)?;
    let group = cell.group("beside", Some(limits(&script)))?;
    WorkloadProcess::start(cell.stage, &definition.label, &dir, &script, (env, group)).map(Some)
}

/// Waits until the monitor has handed on everything; whether it did so in time.
fn drain(cell: &Cell<'_>, dir: &Path, armed: &mut Armed) -> Result<bool> {
    let drained = match &mut armed.tail {
        Some(tail) => armed.probes.drained(tail, cell.stage.patience())?,
        None => true,
    };
    if cell.plants_faults() {
        hand_over(dir)?;
    }
    armed.monitor.check()?;
    Ok(drained)
}

/// Gives the ledger to a fault injector.
fn hand_over(dir: &Path) -> Result<()> {
    let ledger = workloads::ledger::read(dir).map_err(Error::from_boxed)?;
    let path = dir.join(monitors::replay::TRUTHS);
    fs::write(&path, ledger.encode())
        .with_context(|| format!("{}: cannot be written", path.display()))
}

/// Stops the monitor, adds up, and holds the ledger against what the workload did not write.
fn account(
    cell: &Cell<'_>,
    dir: &Path,
    (prepared, armed): (Prepared, Armed),
    (ran, drained, passed): (Ran, bool, Passed),
) -> Result<Measured> {
    let cost = Cost {
        wall_ns: ran.outcome.wall_ns,
        workload_cpu_ns: ran.outcome.cpu_ns,
        monitor_cpu_ns: passed.monitor_ns,
        system_cpu_ns: passed.system_ns,
        peak_rss_bytes: armed.monitor.peak_rss_bytes(),
    };
    let counters = armed.monitor.stop(cell.stage.patience())?;
    prepared.group.map(Cgroup::remove).transpose()?;
    Ok(Measured {
        cross_check: confirm(dir, ran)?,
        cost,
        counters,
        noise: passed.noise,
        drained,
        blind: armed.blind,
    })
}

/// Holds the ledger against what the workload did not write.
fn confirm(dir: &Path, ran: Ran) -> Result<Option<CrossCheck>> {
    let cross_check = |by: &str, processes| CrossCheck {
        by: by.to_owned(),
        processes,
    };
    let ledger = workloads::ledger::read(dir).map_err(Error::from_boxed)?;
    let accounted = ran.accounting.map(|one| one.confirm(dir, &ledger));
    let accounted = accounted.transpose().map_err(Error::from_boxed)?.flatten();
    Ok(match accounted {
        Some(processes) => Some(cross_check(CrossCheck::ACCOUNTING, processes)),
        // The workload's own process has asked already.
        None => ran
            .outcome
            .machine_forks
            .map(|count| cross_check(CrossCheck::COUNT, count)),
    })
}
