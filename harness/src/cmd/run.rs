//! `harness run`: measures.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Error, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;
use workloads::Definition;

use crate::cell::{Cell, Stage, interrupt};
use crate::cgroup::Hierarchy;
use crate::cli::RunArgs;
use crate::exit::{NothingRuns, misuse, say};
use crate::plan::{Planned, plan};
use crate::record::{CellRun, FORMAT, MonitorInfo, Record, Status, WorkloadInfo, write_json};
use crate::select::{self, Contestant};
use crate::{leftovers, machine, report, score, user};

/// Measures what was asked for, scores it, reports it.
pub(super) fn run(args: &RunArgs) -> Result<()> {
    let mut contestants = vec![select::null()?];
    contestants.extend(select::monitors(&args.monitors)?);
    let workloads = select::workloads(&args.workloads)?;
    let out = make_out(args.out.as_deref())?;
    interrupt::catch()?;
    let _lock = monitors::state::lock().context("the lock of this machine cannot be had")?;
    let recovered = leftovers::put_back()?;
    recovered
        .iter()
        .for_each(|what| say(&format!("put back: {what}")));

    let run = Run {
        args,
        programs: install()?,
        contestants,
        workloads,
    };
    let record = run.record(&out, recovered);
    write_json(&out.join("record.json"), &record)?;
    let stage = run.stage(&out)?;
    let ended = run.cells(&stage);
    if ended
        .as_ref()
        .is_err_and(anyhow::Error::is::<interrupt::Interrupted>)
    {
        say(&format!(
            "the cells measured so far are in {}: harness score and harness report show them",
            out.display()
        ));
    }
    let failed = ended?;
    score::record(&out, &super::SOURCES)?;
    report::write(&out)?;
    super::report::show(&out)?;
    say(&format!(
        "the report is {}",
        out.join("README.md").display()
    ));
    if run.able().len() < 2 {
        return Err(
            NothingRuns("none of these monitors can run here: see harness doctor".into()).into(),
        );
    }
    if failed > 0 {
        bail!("{failed} cells failed: the report names each");
    }
    Ok(())
}

/// What is being compared.
struct Run<'a> {
    args: &'a RunArgs,
    programs: TempDir,
    contestants: Vec<Contestant>,
    workloads: Vec<Definition>,
}

impl Run<'_> {
    fn record(&self, out: &Path, recovered: Vec<String>) -> Record {
        let name = out
            .file_name()
            .map_or("record".into(), |name| name.to_string_lossy().into_owned());
        Record {
            format: FORMAT,
            record: name,
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            command: std::env::args().collect(),
            seed: self.args.seed,
            scale: self.args.scale,
            repetitions: self.args.reps,
            version: env!("CARGO_PKG_VERSION").into(),
            machine: machine::describe(),
            workloads: self
                .workloads
                .iter()
                .map(|one| self.workload_info(one))
                .collect(),
            monitors: self.contestants.iter().map(monitor_info).collect(),
            recovered,
        }
    }

    fn workload_info(&self, one: &Definition) -> WorkloadInfo {
        let script = one.script(self.args.scale, self.programs.path());
        WorkloadInfo {
            name: one.label.clone(),
            model: one.model().into(),
            analysis: one.analysis.clone(),
            expected: script.map_or([0; 3], |script| script.expected.0),
        }
    }

    fn stage(&self, out: &Path) -> Result<Stage> {
        Ok(Stage {
            out: fs::canonicalize(out)?,
            programs: self.programs.path().to_owned(),
            hierarchy: Hierarchy::find(),
            user: user::unprivileged(),
            scale: self.args.scale,
            tag: tag(),
        })
    }

    /// Places of the monitors that can run here; `null` is the first.
    fn able(&self) -> Vec<usize> {
        let able = |one: &Contestant| one.monitor.missing(&one.options).is_empty();
        (0..self.contestants.len())
            .filter(|&place| able(&self.contestants[place]))
            .collect()
    }

    /// Runs all cells; gives the number of those that failed.
    fn cells(&self, stage: &Stage) -> Result<usize> {
        let able = self.able();
        let (seed, reps) = (self.args.seed, self.args.reps);
        let cells = plan(self.workloads.len(), &able, reps, seed);
        let bar = bar(cells.len());
        let mut failed = 0;
        let mut order = 0;
        for planned in cells {
            let cell = self.cell(stage, planned, &mut order);
            bar.set_message(format!(
                "{} under {}",
                cell.workload.label,
                cell.contestant.label()
            ));
            let row = match cell.workload.unavailable() {
                Some(why) => cell.unavailable(&why.to_string())?,
                None => cell.run()?,
            };
            failed += usize::from(row.status == Status::Failed);
            tell(&bar, &row);
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.unable(stage, &able, order)?;
        Ok(failed)
    }

    /// Rows that say why, for the monitors that cannot run here.
    fn unable(&self, stage: &Stage, able: &[usize], mut order: u32) -> Result<()> {
        for monitor in (0..self.contestants.len()).filter(|place| !able.contains(place)) {
            let why = reasons(&self.contestants[monitor]).join("; ");
            for workload in 0..self.workloads.len() {
                let planned = Planned {
                    workload,
                    monitor,
                    repetition: 1,
                    baseline: false,
                };
                self.cell(stage, planned, &mut order).unavailable(&why)?;
            }
        }
        Ok(())
    }

    fn cell<'s>(&'s self, stage: &'s Stage, planned: Planned, order: &mut u32) -> Cell<'s> {
        *order += 1;
        let (workload, contestant) = (
            &self.workloads[planned.workload],
            &self.contestants[planned.monitor],
        );
        Cell {
            stage,
            planned,
            order: *order - 1,
            workload,
            contestant,
        }
    }
}

fn tell(bar: &ProgressBar, row: &CellRun) {
    if row.status == Status::Failed {
        let why = row.error.as_deref().unwrap_or_default();
        bar.suspend(|| {
            say(&format!(
                "{} under {}, repetition {}: {why}",
                row.workload, row.monitor, row.repetition
            ));
        });
    }
}

fn reasons(one: &Contestant) -> Vec<String> {
    one.monitor
        .missing(&one.options)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn monitor_info(one: &Contestant) -> MonitorInfo {
    let reasons = reasons(one);
    let unavailable = (!reasons.is_empty()).then_some(reasons);
    MonitorInfo {
        name: one.label(),
        about: one.monitor.about().into(),
        unavailable,
    }
}

/// On a terminal only; in a pipe there is none.
fn bar(cells: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}, {eta} left, {wide_msg}");
    let bar = ProgressBar::new(cells as u64);
    bar.enable_steady_tick(Duration::from_secs(1));
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

/// The record's folder, new.
fn make_out(wanted: Option<&Path>) -> Result<PathBuf> {
    let named = || {
        let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        PathBuf::from("results").join(format!("run-{}", time.replace(':', "")))
    };
    let out = wanted.map_or_else(named, Path::to_owned);
    if let Some(parent) = out.parent() {
        fs::create_dir_all(parent).map_err(|error| {
            misuse(format!(
                "--out {}: cannot be made ({error}): choose another",
                out.display()
            ))
        })?;
    }
    fs::create_dir(&out).map_err(|error| {
        misuse(format!(
            "--out {}: cannot be made ({error}): choose a new folder",
            out.display()
        ))
    })?;
    Ok(out)
}

/// Letters and digits that no other run on this machine has: time and pid.
fn tag() -> String {
    let time = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    format!("{:x}p{:x}", time.as_millis(), std::process::id())
}

/// The programs, where every user may run them.
fn install() -> Result<TempDir> {
    let dir = tempfile::Builder::new()
        .prefix(&leftovers::programs_prefix())
        .tempdir()?;
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
    workloads::install(dir.path()).map_err(Error::from_boxed)?;
    Ok(dir)
}
