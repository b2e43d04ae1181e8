//! Runs one cell: start, wait ready, run, drain, stop, clean up.

mod interference;
pub mod interrupt;
mod monitor;
pub mod protocol;
mod readiness;
mod spool_tail;
mod throttle;
mod workload;

pub(crate) use workload::{BUDGET, Done};

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cross_check::accounting::Accounting;
use anyhow::{Context, Error, Result};
use contract::{Claims, Counters, Ledger, Privilege, Script};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use workloads::Definition;

use crate::cgroup::{Cgroup, Hierarchy};
use crate::exit::NothingRuns;
use crate::plan::Planned;
use crate::select::Configuration;
use crate::user::User;
use interference::Stat;
use monitor::Watcher;
use readiness::ReadinessProbes;
use scoring::record::{CellRun, Cost, CrossCheck, Noise, Status, TOOLS, write_json};
use spool_tail::Tail;
use workload::Work;

/// How long a monitor may take to get ready, to report the readiness probes, and to stop.
const PATIENCE: Duration = Duration::from_secs(15);

/// The same on emulated CPUs, which share a host and stand still while others run.
const EMULATED_PATIENCE: Duration = Duration::from_secs(90);

/// How often a cell is run again whose CPUs were stolen or throttled meanwhile.
const RERUNS: u32 = 2;

/// What all cells of a run share.
pub struct Stage {
    /// The record's folder.
    pub out: PathBuf,
    /// Where the programs are installed.
    pub programs: PathBuf,
    /// Control groups, where they can be made.
    pub hierarchy: Option<Hierarchy>,
    /// Whom the workload runs as.
    pub user: Option<User>,
    /// See `harness run --scale`.
    pub scale: f64,
    /// In every nonce of this run, so that no two runs share one.
    pub tag: String,
    /// Whether the CPUs are emulated.
    pub emulated: bool,
}

impl Stage {
    fn patience(&self) -> Duration {
        if self.emulated {
            EMULATED_PATIENCE
        } else {
            PATIENCE
        }
    }
}

/// One cell, ready to be run.
pub struct Cell<'a> {
    /// What all cells share.
    pub stage: &'a Stage,
    /// Its place in the plan.
    pub planned: Planned,
    /// Its place in the order.
    pub order: u32,
    /// The workload.
    pub workload: &'a Definition,
    /// The monitor.
    pub configuration: &'a Configuration,
}

struct Measured {
    cost: Cost,
    counters: Counters,
    noise: Noise,
    drained: bool,
    blind: Option<String>,
    cross_check: Option<CrossCheck>,
}

impl Cell<'_> {
    /// Runs it, again if it was stolen or throttled, and leaves its folder. What goes wrong in the cell is in
    /// the row; only what ends the whole run (a signal, a full disk) is an error.
    pub fn run(&self) -> Result<CellRun> {
        let mut reruns = 0;
        loop {
            let dir = self.dir();
            fs::create_dir_all(&dir)
                .with_context(|| format!("{}: cannot be made", dir.display()))?;
            let mut row = self.row();
            let measured = self.measure(&dir);
            let left = self.put_back()?;
            match measured {
                Ok(measured) if measured.noise.stolen && reruns < RERUNS => {
                    reruns += 1;
                    fs::remove_dir_all(&dir)?;
                    continue;
                }
                Ok(Measured {
                    cost,
                    counters,
                    noise,
                    drained,
                    blind,
                    cross_check,
                }) => {
                    row.cross_check = cross_check;
                    row.cost = Some(cost);
                    row.drained = drained;
                    row.blind = blind;
                    row.reported_lost = counters.reported_lost;
                    row.notes = counters.notes;
                    row.notes
                        .extend(left.map(|things| ("left_on".into(), things)));
                    row.noise = Noise { reruns, ..noise };
                }
                Err(error) if error.is::<interrupt::Interrupted>() => {
                    fs::remove_dir_all(&dir)?;
                    return Err(error);
                }
                Err(error) => {
                    row.status = if error.is::<NothingRuns>() {
                        Status::Unavailable
                    } else {
                        Status::Failed
                    };
                    row.error = Some(format!("{error:#}"));
                }
            }
            write_json(&dir.join("cell.json"), &row)?;
            return Ok(row);
        }
    }

    /// A third-party tool need not be a good guest, and what it leaves switched on every later
    /// cell would pay for. How many things that were.
    fn put_back(&self) -> Result<Option<u64>> {
        if self.configuration.monitor.definition().is_none() {
            return Ok(None);
        }
        let found = crate::cleanup::what_monitors_switch_on()?.len() as u64;
        Ok((found > 0).then_some(found))
    }

    /// Leaves the row of a cell that cannot be run here.
    pub fn unavailable(&self, why: &str) -> Result<CellRun> {
        let dir = self.dir();
        fs::create_dir_all(&dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
        let row = CellRun {
            status: Status::Unavailable,
            error: Some(why.to_owned()),
            ..self.row()
        };
        write_json(&dir.join("cell.json"), &row)?;
        Ok(row)
    }

    /// Its folder in the record.
    pub fn dir(&self) -> PathBuf {
        let safe =
            |label: String| label.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        let (workload, monitor) = (
            safe(self.workload.label.clone()),
            safe(self.configuration.label()),
        );
        let name = format!(
            "{:05}-{workload}-{monitor}-{}",
            self.order, self.planned.repetition
        );
        self.stage.out.join("raw").join(name)
    }

    fn row(&self) -> CellRun {
        CellRun {
            workload: self.workload.label.clone(),
            configuration: self.configuration.label(),
            repetition: self.planned.repetition,
            order: self.order,
            baseline: self.planned.baseline,
            status: Status::Ok,
            error: None,
            blind: None,
            drained: false,
            cost: None,
            reported_lost: Default::default(),
            notes: Default::default(),
            cross_check: None,
            noise: Noise {
                load: interference::load(),
                ..Noise::default()
            },
        }
    }

    fn claims(&self) -> Claims {
        self.configuration
            .monitor
            .claims(&self.configuration.options)
    }

    /// Its spool, where there is something to follow: an fault injector reports nothing before the end.
    fn tail(&self, dir: &Path) -> Result<Option<Tail>> {
        if self.configuration.monitor.fault_injector() {
            return Ok(None);
        }
        Tail::new(dir, self.configuration.monitor, &self.claims())
    }

    fn group(&self, part: &str, script: Option<&Script>) -> Result<Option<Cgroup>> {
        let limits = script.map(workload::limits);
        let hierarchy = self.stage.hierarchy.as_ref();
        hierarchy
            .map(|hierarchy| Cgroup::new(hierarchy, part, limits))
            .transpose()
    }

    /// Starts what the workload is to be disturbed by, if anything.
    fn beside(&self, dir: &Path, env: &[(String, String)]) -> Result<Option<Work>> {
        let Some(label) = &self.workload.beside else {
            return Ok(None);
        };
        let stage = self.stage;
        let definition = crate::select::workload(label)?;
        let script = definition.script(stage.scale, &stage.programs);
        let script = script.map_err(Error::from_boxed)?;
        let dir = dir.join("beside");
        fs::create_dir(&dir).with_context(|| format!("{}: cannot be made", dir.display()))?;
        let tag = format!("{}b{}", stage.tag, self.order);
        workloads::prepare(&dir, &script, &tag).map_err(Error::from_boxed)?;
        let side = ("beside", definition.label.as_str());
        Work::start(self, side, &dir, &script, env).map(Some)
    }

    fn measure(&self, dir: &Path) -> Result<Measured> {
        let stage = self.stage;
        let script = self
            .workload
            .script(stage.scale, &stage.programs)
            .map_err(Error::from_boxed)?;
        let tag = format!("{}o{}", stage.tag, self.order);
        workloads::prepare(dir, &script, &tag).map_err(Error::from_boxed)?;
        let group = self.group("monitor", None)?;
        let user = stage
            .user
            .filter(|_| self.configuration.monitor.privilege() == Privilege::None);
        let side = ("workload", self.workload.label.as_str());
        let mut work = if workload::is_early(&script) {
            Some(Work::start(self, side, dir, &script, &[])?)
        } else {
            None
        };
        let tool = self.configuration.monitor.definition().is_some();
        let tools = stage.out.join(TOOLS);
        let tools = tool.then_some(tools.as_path());
        let label = self.configuration.label();
        let mut watcher = Watcher::start(&label, dir, group.as_ref(), user, tools)?;
        let env = watcher.ready(stage.patience())?;
        let readiness_probes =
            ReadinessProbes::new(&stage.programs, &env, stage.user, tool && !env.is_empty());
        let blind = self
            .configuration
            .monitor
            .blind(&self.configuration.options)
            .map_err(Error::from_boxed)?;
        let mut tail = match blind {
            Some(_) => None,
            None => self.tail(dir)?,
        };
        if let Some(tail) = &mut tail {
            readiness_probes.ready(tail, &mut watcher, stage.patience())?;
        }
        // Of a tool it is the tool's own: reading its lines is the harness's work.
        let cpu_used = |watcher: &Watcher| -> Result<Option<u64>> {
            let all = match &group {
                Some(group) => Some(group.cpu_ns()?),
                None => watcher.cpu_ns(),
            };
            let relay = if tool { watcher.own_cpu_ns() } else { Some(0) };
            Ok(all.zip(relay).map(|(all, relay)| all.saturating_sub(relay)))
        };

        let load = interference::load();
        let (stat, cpu, own, begun) = (
            Stat::now()?,
            cpu_used(&watcher)?,
            own_cpu_ns()?,
            Instant::now(),
        );
        // Of a driver's processes accounting names other parents: those that took them in.
        let accounting = match script.driver {
            Some(_) => None,
            None => Accounting::start(&monitors::accounting::file()?).map_err(Error::from_boxed)?,
        };
        let beside = self.beside(dir, &env)?;
        let mut work = match work.take() {
            Some(work) => work,
            None => Work::start(self, side, dir, &script, &env)?,
        };
        work.go_on();
        let done = work.wait(&mut watcher)?;
        beside.map(Work::end).transpose()?;
        let drained = match &mut tail {
            Some(tail) => readiness_probes.drained(tail, stage.patience())?,
            None => true,
        };
        let mut ledger = None;
        if self.configuration.monitor.fault_injector() {
            hand_over(dir, ledger.insert(read(dir)?))?;
        }
        watcher.check()?;
        let (stat_after, cpu_after, own_after) = (Stat::now()?, cpu_used(&watcher)?, own_cpu_ns()?);
        let noise = stat_after.noise_since(stat, begun.elapsed(), load);
        let cost = Cost {
            wall_ns: done.wall_ns,
            workload_cpu_ns: done.cpu_ns,
            monitor_cpu_ns: cpu_after
                .zip(cpu)
                .map(|(after, before)| after.saturating_sub(before)),
            // Following the spool to the readiness probes is the harness's work, not the technique's.
            system_cpu_ns: stat_after
                .busy_ns_since(stat)
                .saturating_sub(own_after - own),
            peak_rss_bytes: watcher.peak_rss_bytes(),
        };
        let counters = watcher.stop(stage.patience())?;
        group.map(Cgroup::remove).transpose()?;
        let ledger = ledger.map_or_else(|| read(dir), Ok)?;
        let cross_check = confirm(dir, &ledger, &done, accounting)?;
        Ok(Measured {
            cross_check,
            cost,
            counters,
            noise,
            drained,
            blind,
        })
    }
}

/// The ledger, which must be complete.
fn read(dir: &Path) -> Result<Ledger> {
    workloads::ledger::read(dir).map_err(Error::from_boxed)
}

/// Holds the ledger against what the workload did not write.
fn confirm(
    dir: &Path,
    ledger: &Ledger,
    done: &Done,
    accounting: Option<Accounting>,
) -> Result<Option<CrossCheck>> {
    let cross_check = |by: &str, processes| CrossCheck {
        by: by.to_owned(),
        processes,
    };
    let accounted = accounting.map(|accounting| accounting.confirm(dir, ledger));
    let accounted = accounted.transpose().map_err(Error::from_boxed)?.flatten();
    Ok(match accounted {
        Some(processes) => Some(cross_check(CrossCheck::ACCOUNTING, processes)),
        // The workload's own process has asked already.
        None => done
            .machine_forks
            .map(|count| cross_check(CrossCheck::COUNT, count)),
    })
}

/// Gives the ledger to a fault injector.
fn hand_over(dir: &Path, ledger: &Ledger) -> Result<()> {
    let path = dir.join(monitors::replay::TRUTHS);
    fs::write(&path, ledger.encode()).with_context(|| format!("{}: make room", path.display()))
}

/// CPU time of the harness itself.
fn own_cpu_ns() -> Result<u64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).context("getrusage")?;
    Ok(cpu_ns(&usage))
}

/// User and system time together.
pub(crate) fn cpu_ns(usage: &Usage) -> u64 {
    let ns = |time: nix::sys::time::TimeVal| {
        (time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64) * 1000
    };
    ns(usage.user_time()) + ns(usage.system_time())
}
