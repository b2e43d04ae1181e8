//! One record: chooses, calibrates, runs the experiments, scores and reports.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Error, Result};
use rand::SeedableRng;
use rand::rngs::StdRng;
use workloads::Definition;

use crate::calibrate::{Calibrated, calibrate, is_closed_loop};
use crate::cell::{Stage, interrupt};
use crate::exit::{NothingRuns, misuse, say};
use crate::experiment::{Cells, Loss, Overhead, Until, repeated, told};
use crate::foreign::rehearsal::rehearse;
use crate::output;
use crate::scorer;
use crate::select::{self, Configuration};
use crate::setup::{Asked, Setup, reasons};
use scoring::record::{BLIND, Record, write_json_pretty};

/// How often a case is run where no number is given.
const CASE_REPETITIONS: u32 = 3;

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Patterns of monitors.
    pub(crate) monitors: Vec<String>,
    /// Patterns of workloads.
    pub(crate) workloads: Vec<String>,
    /// A command in place of them.
    pub(crate) command: Option<Definition>,
    /// Whether the execs of commands are learnt in passes of their own.
    pub(crate) told: bool,
    /// When there are enough blocks of overhead cells.
    pub(crate) until: Limit,
    /// Whether workloads have their own length, times the scale: no cell is calibrated or sustained.
    pub(crate) own_length: bool,
    /// Factor on the number of processes of all but calibrated cells.
    pub(crate) scale: f64,
    /// Seed of the order of cells and of the bootstraps.
    pub(crate) seed: u64,
    /// The record's folder.
    pub(crate) out: Option<PathBuf>,
    /// What the folder is called after where it has no name.
    pub(crate) kind: &'static str,
    /// How long another harness is waited for at most.
    pub(crate) patience: Option<Duration>,
}

/// When there are enough blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// As said.
    Until(Until),
    /// After the time that the default has for each configuration of a block.
    Default,
}

/// The default's time for each configuration of a block, both `null` cells included, on one workload.
const SHARE: Duration = Duration::from_millis(7200);

/// And no more than this for the default comparison.
const DEFAULT_BUDGET: Duration = Duration::from_secs(130);

/// A record that is measured, scored and reported.
pub(crate) struct Measured {
    /// Its folder.
    pub(crate) out: PathBuf,
    /// Cells that went wrong.
    pub(crate) failed: usize,
}

/// Measures what was asked for.
pub(crate) fn measure(wanted: &Wanted) -> Result<Measured> {
    let mut configurations = vec![select::null()?];
    configurations.extend(select::monitors(&wanted.monitors)?);
    let workloads = match &wanted.command {
        Some(command) => vec![command.clone()],
        None => select::workloads(&wanted.workloads)?,
    };
    if let Some(planter) = planter(&workloads, &configurations) {
        let label = planter.label();
        return Err(misuse(format!(
            "{label} plants faults in the ledger of a workload, and a command has none: leave it out"
        )));
    }
    let (out, patience) = (wanted.out.as_deref(), wanted.patience);
    let setup = Setup::new(out, wanted.kind, wanted.scale, patience)?;
    setup.keep_tools(&configurations)?;
    let asked = Asked {
        seed: wanted.seed,
        scale: wanted.scale,
        repetitions: 0,
    };
    let mut record = setup.record(asked, &workloads, &configurations);
    let (able, unable): (Vec<_>, Vec<_>) = configurations
        .into_iter()
        .partition(|one| reasons(one).is_empty());
    let mut run = Run {
        wanted,
        setup: &setup,
        record: &mut record,
        able,
        unable,
        workloads,
    };
    let ended = run.cells();
    // Without those that found out while they were measured.
    let able = run.able.len();
    let out = setup.stage.out.as_path();
    if ended
        .as_ref()
        .is_err_and(Error::is::<interrupt::Interrupted>)
    {
        say(&format!(
            "the cells measured so far are in {}: harness score and harness report show them",
            out.display()
        ));
    }
    let failed = ended?;
    scorer::record(out)?;
    report::write_readme(out, report::Pictures::Svg)?;
    if able < 2 {
        output::print(&report::terminal(out, false, output::width())?)?;
        return Err(
            NothingRuns("none of these monitors can run here: see harness doctor".into()).into(),
        );
    }
    Ok(Measured {
        out: out.to_owned(),
        failed,
    })
}

/// The monitor that only plants faults, where a workload is a command.
fn planter<'a>(
    workloads: &[Definition],
    configurations: &'a [Configuration],
) -> Option<&'a Configuration> {
    let mut all = configurations.iter();
    let found = all.find(|one| one.monitor.fault_injector());
    found.filter(|_| workloads.iter().any(|one| one.command.is_some()))
}

/// What is being compared.
struct Run<'a> {
    wanted: &'a Wanted,
    setup: &'a Setup,
    record: &'a mut Record,
    /// Those that can run here; `null` is the first.
    able: Vec<Configuration>,
    unable: Vec<Configuration>,
    workloads: Vec<Definition>,
}

impl Run<'_> {
    /// Runs all cells; gives the number of those that failed.
    fn cells(&mut self) -> Result<usize> {
        let setup = self.setup;
        let mut rng = StdRng::seed_from_u64(self.wanted.seed);
        let mut cells = Cells::new(&setup.stage);
        self.write()?;
        let (cases, others): (Vec<_>, Vec<_>) = self
            .workloads
            .iter()
            .cloned()
            .partition(|one| one.model() == "case" || one.name.starts_with(BLIND));
        for one in &self.unable {
            let why = reasons(one).join("; ");
            cells.cannot_run(one, self.workloads.iter(), &why)?;
        }
        let workloads = self.lengths(&mut cells, &others)?;
        if !workloads.is_empty() && self.able.len() > 1 {
            let until = until(self.wanted, &workloads, self.able.len());
            let mut overhead = Overhead::new(&workloads, &self.able, until);
            let ended = overhead.run(&mut cells, &mut rng);
            self.record.repetitions = overhead.blocks();
            self.record.precision = until.precision;
            self.write()?;
            ended?;
            if self.wanted.told {
                told(&mut cells, &workloads, &self.able[1..])?;
            }
            if !self.wanted.own_length {
                let loss = Loss::plan(&setup.stage, &workloads, &self.able, &overhead)?;
                loss.run(&mut cells, &mut rng)?;
            }
        }
        if !cases.is_empty() {
            let repetitions = self.case_repetitions();
            self.record.repetitions = self.record.repetitions.max(repetitions);
            self.write()?;
            let cases = (cases.as_slice(), self.wanted.scale);
            repeated(&mut cells, cases, &self.able[1..], repetitions, &mut rng)?;
        }
        let lacking = cells.lacking();
        for one in &mut self.record.monitors {
            if let Some(why) = lacking.get(&one.name) {
                one.unavailable = Some(vec![why.clone()]);
            }
        }
        self.write()?;
        self.able.retain(|one| !lacking.contains_key(&one.label()));
        if cells.none_ran() {
            self.able.clear();
        }
        Ok(cells.failed())
    }

    /// The workloads with the length of their cells. One of several commands that cannot be rehearsed is
    /// rows that say why, and the others are measured.
    fn lengths(&self, cells: &mut Cells<'_>, workloads: &[Definition]) -> Result<Vec<Calibrated>> {
        let mut all = Vec::new();
        for one in workloads {
            let found = length(
                &self.setup.stage,
                one,
                &self.able[0],
                self.wanted.own_length,
            );
            match found {
                Ok(found) => all.push(found),
                Err(why) if spoils_all(&why, one, workloads) => return Err(why),
                Err(why) => cells.spoilt(one, &self.able, &format!("{why:#}"))?,
            }
        }
        Ok(all)
    }

    fn case_repetitions(&self) -> u32 {
        match self.wanted.until {
            Limit::Until(Until {
                blocks: Some(blocks),
                ..
            }) => blocks,
            _ => CASE_REPETITIONS,
        }
    }

    fn write(&self) -> Result<()> {
        write_json_pretty(&self.setup.stage.out.join("record.json"), &*self.record)
    }
}

/// Whether a run cannot go on where the length of `one` could not be found.
fn spoils_all(why: &Error, one: &Definition, workloads: &[Definition]) -> bool {
    one.command.is_none() || workloads.len() == 1 || why.is::<interrupt::Interrupted>()
}

/// How long the cells of a workload are: calibrated, or its own where that is a part of it.
fn length(
    stage: &Stage,
    workload: &Definition,
    null: &Configuration,
    own_length: bool,
) -> Result<Calibrated> {
    if workload.command.is_some() && workload.unavailable().is_none() {
        return rehearse(stage, &workload.scaled(stage.scale), null);
    }
    if own_length || !is_closed_loop(workload) || workload.unavailable().is_some() {
        return Ok(Calibrated::own(workload, stage.scale));
    }
    calibrate(stage, workload, null)
}

/// A command has as many blocks by default, however long they take: fewer have no interval worth its name.
const FEWEST: f64 = 3.3;

/// What ends the overhead experiment over these workloads and so many configurations.
fn until(wanted: &Wanted, workloads: &[Calibrated], configurations: usize) -> Until {
    if let Limit::Until(until) = wanted.until {
        return until;
    }
    let cells = configurations as u32 + 1;
    let budget = SHARE * (workloads.len() as u32 * cells);
    let usual = wanted.monitors.is_empty() && wanted.workloads.is_empty();
    let most = match (usual, &wanted.command) {
        (true, None) => DEFAULT_BUDGET,
        _ => Duration::MAX,
    };
    let commands = workloads
        .iter()
        .filter(|one| one.workload.command.is_some());
    let block: Duration = commands.map(|one| one.wall * cells).sum();
    Until {
        budget: Some(budget.min(most).max(block.mul_f64(FEWEST))),
        ..Until::default()
    }
}
