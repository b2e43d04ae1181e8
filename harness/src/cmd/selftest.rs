//! `harness selftest`: the harness examined with planted faults.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Error, Result, bail};
use clap::Args;

use super::args::WaitArgs;
use crate::cell::{Cell, Stage};
use crate::exit::say;
use crate::output::print;
use crate::select;
use crate::selftest::{self, Case, EVERYTHING, Source};
use crate::setup::Setup;
use scoring::record::{Experiment, Status};

/// Workloads whose ledgers are used too, where they can run, at this scale.
const REAL: [(&str, f64); 4] = [
    ("short-lived/fork", 0.2),
    ("short-lived/pipeline", 0.1),
    ("fork-bomb", 0.02),
    ("paced", 0.1),
];

/// How the harness is examined.
#[derive(Debug, Args)]
pub(crate) struct SelftestArgs {
    /// Decides what is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// So many events, about, of workloads that are run as commands of others, whose events are counted
    /// from outside and held against their ledgers
    #[arg(long, value_name = "N", default_value_t = 8000, value_parser = clap::value_parser!(u64).range(400..=10_000_000))]
    events: u64,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Examines, prints a line for each figure that is not what was planted, and counts.
pub(crate) fn selftest(args: &SelftestArgs) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Real {
        mut sources,
        mut cases,
        commands,
        compared,
    } = real(dir.path(), args.events, args.wait.limit)?;
    sources.extend(selftest::made());
    let record = dir.path().join("record");
    std::fs::create_dir(&record)?;
    cases.extend(selftest::examine(&sources, &record, args.seed)?);
    cases.extend(selftest::blind_windows(
        &dir.path().join("blind"),
        args.seed,
    )?);
    let failed = cases.iter().filter(|case| !case.faults.is_empty()).count();
    let repeat = format!("repeat with: harness selftest --seed {}", args.seed);
    for Case { name, faults } in &cases {
        for fault in faults {
            say(&format!("{name}: {fault}; {repeat}"));
        }
    }
    let total = cases.len();
    print(&format!(
        "{} of {total} planted cases reported exactly: {} ledgers, {} of them left by real runs\n",
        total - failed,
        sources.len(),
        sources
            .iter()
            .filter(|source| source.cell.is_some())
            .count(),
    ))?;
    if failed > 0 {
        bail!("{failed} cases are not reported as planted: trust no report of this harness");
    }
    judge_commands(&commands, compared)
}

/// Prints a line for each difference between what was found out about a command and its ledger.
fn judge_commands(commands: &[Case], compared: u64) -> Result<()> {
    if commands.is_empty() {
        return Ok(());
    }
    for Case { name, faults } in commands {
        for fault in faults {
            say(&format!("{name}: {fault}; repeat with: harness selftest"));
        }
    }
    let failed = commands.iter().filter(|case| !case.faults.is_empty());
    let (failed, total) = (failed.count(), commands.len());
    print(&format!(
        "{} of {total} workloads run as commands: the truth from outside is that of the ledger, {compared} events\n",
        total - failed
    ))?;
    if failed > 0 {
        bail!("{failed} commands are not what their ledgers say: trust no event loss of a command");
    }
    Ok(())
}

/// What real runs left.
struct Real {
    /// Their ledgers.
    sources: Vec<Source>,
    /// Runs under `replay`.
    cases: Vec<Case>,
    /// Runs as commands.
    commands: Vec<Case>,
    /// Events of these.
    compared: u64,
}

/// Runs the real workloads under `replay`: their ledgers, and a case for each run itself. Then as commands.
fn real(dir: &Path, events: u64, patience: Option<Duration>) -> Result<Real> {
    let setup = Setup::new(Some(&dir.join("real")), "selftest", 1.0, patience)?;
    let (mut sources, mut cases) = (Vec::new(), Vec::new());
    for (order, (name, scale)) in (0..).zip(REAL) {
        if let Some((cell, label)) = measured(&setup.stage, (name, scale), order)? {
            cases.push(selftest::live(&cell, &label)?);
            sources.push(Source {
                name: name.to_owned(),
                ledger: workloads::ledger::read(&cell).map_err(Error::from_boxed)?,
                cell: Some(cell),
            });
        }
    }
    let (commands, compared) = selftest::as_commands(&setup.stage, events, REAL.len() as u32)?;
    Ok(Real {
        sources,
        cases,
        commands,
        compared,
    })
}

/// The folder of a cell and the label of its monitor; `None` where the workload cannot run.
fn measured(
    stage: &Stage,
    (name, scale): (&str, f64),
    order: u32,
) -> Result<Option<(PathBuf, String)>> {
    let workload = select::workload(name)?;
    if let Some(why) = workload.unavailable() {
        say(&format!("{name} is left out: {why}"));
        return Ok(None);
    }
    let configuration = select::configuration(&format!("replay{{{EVERYTHING}}}"))?;
    let cell = Cell {
        stage,
        experiment: Experiment::Overhead,
        workload: &workload,
        scale,
        configuration: &configuration,
        stands_for: None,
        repetition: 1,
        baseline: false,
        accounted: true,
        order,
    };
    let row = cell.run()?;
    if row.status != Status::Ok {
        bail!("{name} under replay: {}", row.error.unwrap_or_default());
    }
    Ok(Some((cell.dir(), configuration.label())))
}
