//! The phases of a cell: prepare, arm, run, drain, account.

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result};
use contract::{Counters, Privilege, Script};
use monitors::clock;

use super::meters::{Meters, Passed};
use super::monitor::MonitorProcess;
use super::protocol::Outcome;
use super::readiness::ReadinessProbes;
use super::spec::Cell;
use super::spool_tail::SpoolTail;
use super::workload::{WorkloadProcess, is_early, limits};
use crate::cgroup::Cgroup;
use crate::cross_check::accounting::{self, Accounting};
use crate::foreign::confirm;
use crate::foreign::shell::shell;
use crate::select::Configuration;
use scoring::record::{Buffer, Cost, CrossCheck, Experiment, Noise, Start, TOOLS};

/// What came of a cell.
pub(super) struct Measured {
    pub(super) cost: Cost,
    pub(super) counters: Counters,
    pub(super) noise: Noise,
    pub(super) drained: bool,
    pub(super) blind: Option<String>,
    pub(super) buffer: Option<Buffer>,
    /// See [`CellRun::own_cpu_samples`](scoring::record::CellRun::own_cpu_samples).
    pub(super) own_cpu_samples: Vec<(u64, u64)>,
    pub(super) cross_check: Option<CrossCheck>,
    /// See [`CellRun::truth_source`](scoring::record::CellRun::truth_source).
    pub(super) truth_source: Option<String>,
    /// Processes that a command left running.
    pub(super) left_running: Option<u64>,
    /// See [`CellRun::starts`](scoring::record::CellRun::starts).
    pub(super) starts: Vec<Start>,
}

/// Runs the cell in the folder `dir`.
pub(super) fn measure(cell: &Cell<'_>, dir: &Path) -> Result<Measured> {
    let mut prepared = Prepared::new(cell, dir)?;
    if cell.experiment == Experiment::Blind && prepared.early.is_none() {
        return blind(cell, dir, prepared);
    }
    let mut armed = arm(cell, dir, prepared.group.as_ref())?;
    let before = armed.meters(cell, &prepared)?;
    let ran = run(cell, dir, &mut prepared, &mut armed)?;
    let drained = drain(cell, dir, &mut armed)?;
    let passed = armed.meters(cell, &prepared)?.since(&before);
    account(cell, dir, (prepared, armed), (ran, drained, passed))
}

/// The same of a cell whose monitor is started several times while the workload runs.
fn blind(cell: &Cell<'_>, dir: &Path, prepared: Prepared) -> Result<Measured> {
    let mut workload = start(cell, dir, &prepared.script, &[])?;
    let group = prepared.group.as_ref();
    let (mut starts, mut monitor) = super::blind::starts(cell, dir, group, &mut workload)?;
    let before = Meters::read(&monitor, group, cell.is_tool())?;
    let outcome = workload.wait(&mut monitor, &mut || Ok(()))?;
    if let Some(last) = starts.last_mut() {
        last.ended_ns = clock::now();
    }
    let passed = Meters::read(&monitor, group, cell.is_tool())?.since(&before);
    let armed = Armed {
        probes: ReadinessProbes::new(&cell.stage.programs, &[], cell.user(), false),
        monitor,
        env: Vec::new(),
        blind: None,
        tail: None,
    };
    let ran = Ran {
        outcome,
        own_cpu_samples: Vec::new(),
    };
    let measured = account(cell, dir, (prepared, armed), (ran, true, passed))?;
    Ok(Measured { starts, ..measured })
}

/// What is there before the monitor.
struct Prepared {
    script: Script,
    /// The record of all processes that end from now on, where it can be had.
    accounting: Option<Accounting>,
    group: Option<Cgroup>,
    /// The workload, where its processes must be older than the monitor.
    early: Option<WorkloadProcess>,
}

impl Prepared {
    fn new(cell: &Cell<'_>, dir: &Path) -> Result<Self> {
        let script = cell.script(cell.workload)?;
        match &cell.workload.command {
            Some(command) => {
                let line = command.setup.as_ref();
                line.map_or(Ok(()), |line| shell("setup", line, &command.cwd, dir))?;
            }
            None => {
                let tag = format!("{}o{}", cell.stage.tag, cell.order);
                workloads::prepare(dir, &script, &tag).map_err(Error::from_boxed)?;
            }
        }
        let accounting = match cell.accounted {
            true => Accounting::start(&monitors::accounting::file()?).map_err(Error::from_boxed)?,
            false => None,
        };
        let group = cell.group("monitor", None)?;
        let early = if is_early(&script) {
            Some(start(cell, dir, &script, &[])?)
        } else {
            None
        };
        Ok(Self {
            script,
            accounting,
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
    let user = cell
        .user()
        .filter(|_| technique.privilege() == Privilege::None);
    let tools = stage.out.join(TOOLS);
    let tools = cell.is_tool().then_some(tools.as_path());
    let label = cell.started_as()?;
    let mut monitor = MonitorProcess::start(&label, dir, group, user, tools)?;
    let env = monitor.ready(stage.start())?;
    // A tool that puts something into programs only sees what these execute.
    let through_shell = cell.is_tool() && !env.is_empty();
    let probes = ReadinessProbes::new(&stage.programs, &env, cell.user(), through_shell);
    let blind = technique
        .blind(&cell.configuration.options)
        .map_err(Error::from_boxed)?;
    let mut tail = match blind {
        Some(_) => None,
        None => tail(cell, dir)?,
    };
    probes.ready(tail.as_mut(), &mut monitor, stage.patience())?;
    if let Some(tail) = tail.as_mut().filter(|_| cell.tells_the_running()) {
        tail.snapshot(&mut monitor, stage.patience())?;
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
    /// Of a sustained cell, whose halves are held against each other.
    own_cpu_samples: Vec<(u64, u64)>,
}

/// Runs the workload from its first process to its end.
fn run(cell: &Cell<'_>, dir: &Path, prepared: &mut Prepared, armed: &mut Armed) -> Result<Ran> {
    let beside = beside(cell, dir, &armed.env)?;
    let mut workload = match prepared.early.take() {
        Some(workload) => workload,
        None => start(cell, dir, &prepared.script, &armed.env)?,
    };
    workload.go_on();
    let group = prepared.group.as_ref();
    let group = group.filter(|_| cell.experiment == Experiment::Loss);
    let mut own_cpu_samples = Vec::new();
    let outcome = workload.wait(&mut armed.monitor, &mut || {
        let cpu_ns = group.map(Cgroup::cpu_ns).transpose()?;
        own_cpu_samples.extend(cpu_ns.map(|cpu_ns| (clock::now(), cpu_ns)));
        Ok(())
    })?;
    beside.map(WorkloadProcess::end).transpose()?;
    Ok(Ran {
        outcome,
        own_cpu_samples,
    })
}

fn start(
    cell: &Cell<'_>,
    dir: &Path,
    script: &Script,
    env: &[(String, String)],
) -> Result<WorkloadProcess> {
    // What a command needs is not known.
    let fence = cell.workload.command.is_none().then(|| limits(script));
    let group = cell.group("workload", fence)?;
    WorkloadProcess::start(cell.stage, cell.workload, dir, script, (env, group))
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
    WorkloadProcess::start(cell.stage, &definition, &dir, &script, (env, group)).map(Some)
}

/// Waits until the monitor has handed on everything; whether it did so in time.
fn drain(cell: &Cell<'_>, dir: &Path, armed: &mut Armed) -> Result<bool> {
    let patience = cell.stage.patience();
    let drained = armed.probes.drained(armed.tail.as_mut(), patience)?;
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
    let buffer = buffer(cell.configuration, counters.buffer_peak);
    prepared.group.map(Cgroup::remove).transpose()?;
    let truth = truth(
        cell,
        dir,
        &ran.outcome,
        (&prepared.script, prepared.accounting),
    )?;
    Ok(Measured {
        cross_check: truth.cross_check,
        truth_source: truth.source,
        left_running: truth.left_running,
        cost,
        counters,
        noise: passed.noise,
        drained,
        blind: armed.blind,
        buffer,
        own_cpu_samples: ran.own_cpu_samples,
        starts: Vec::new(),
    })
}

/// What is known of the true events.
#[derive(Default)]
struct KnownTruth {
    cross_check: Option<CrossCheck>,
    source: Option<String>,
    left_running: Option<u64>,
}

/// Holds the ledger, or the sources of a command's events, against what the workload did not write.
fn truth(
    cell: &Cell<'_>,
    dir: &Path,
    outcome: &Outcome,
    (script, accounting): (&Script, Option<Accounting>),
) -> Result<KnownTruth> {
    if let Some(command) = &cell.workload.command {
        let found = confirm::confirm(command, &cell.workload.label, dir, accounting)?;
        let left = found.left.len() as u64;
        return Ok(KnownTruth {
            cross_check: None,
            source: Some(found.truth_source),
            left_running: (left > 0).then_some(left),
        });
    }
    let uid = match script.driver {
        // Its processes may be of any user, and others than their parents may have taken them in.
        Some(_) => None,
        None => cell.user().map(|user| user.uid),
    };
    Ok(KnownTruth {
        cross_check: confirm(dir, outcome, accounting, uid)?,
        ..KnownTruth::default()
    })
}

/// What holds events between the kernel and the monitor's reader, with the highest fill that it
/// tells; `None` where nothing watches.
fn buffer(one: &Configuration, peak: Option<u64>) -> Option<Buffer> {
    if one.monitor.name() == "null" {
        return None;
    }
    let without = |unit: &str| Buffer {
        capacity: None,
        peak: None,
        unit: unit.into(),
        least_per_event: None,
    };
    Some(match one.monitor.buffer(&one.options) {
        contract::Buffer::Unbounded => without(Buffer::NONE),
        contract::Buffer::Unknown => without(Buffer::UNKNOWN),
        contract::Buffer::Bounded {
            capacity,
            unit,
            least_per_event,
        } => Buffer {
            capacity: Some(capacity),
            peak,
            unit: unit.into(),
            least_per_event: Some(least_per_event),
        },
    })
}

/// Holds the ledger against what the workload did not write.
fn confirm(
    dir: &Path,
    outcome: &Outcome,
    accounting: Option<Accounting>,
    uid: Option<u32>,
) -> Result<Option<CrossCheck>> {
    let cross_check = |by: &str, processes| CrossCheck {
        by: by.to_owned(),
        processes,
    };
    let kept = accounting.map(|one| one.keep(dir, uid)).transpose();
    if kept.map_err(Error::from_boxed)?.unwrap_or(false) {
        let ledger = workloads::ledger::read(dir).map_err(Error::from_boxed)?;
        let agreed = accounting::check(dir, &ledger).map_err(Error::from_boxed)?;
        if let Some(processes) = agreed {
            return Ok(Some(cross_check(CrossCheck::ACCOUNTING, processes)));
        }
    }
    // The workload's own process has asked already.
    let count = outcome.machine_forks;
    Ok(count.map(|count| cross_check(CrossCheck::COUNT, count)))
}
