//! `harness sweep`: turns a workload up until something gives.

use anyhow::{Error, Result, bail};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use workloads::Definition;

use super::print;
use super::setup::{Asked, Setup, reasons};
use crate::cell::Cell;
use crate::cli::SweepArgs;
use crate::exit::{NothingRuns, misuse, say};
use crate::plan::Planned;
use crate::record::{Status, write_json};
use crate::score::{self, Scored, Summary};
use crate::select::{self, Contestant};
use crate::sweep::found::Sweep;
use crate::sweep::search::{CONFIRM, next};
use crate::sweep::{Load, MODEL, SECONDS, Trial, buffers, burst_rate};

/// How many back to back tell about how fast the generator is.
const FIRST_GUESS: u32 = 4096;

/// Measures, computes and reports.
pub(super) fn sweep(args: &SweepArgs) -> Result<()> {
    super::add_tools(&args.tools)?;
    let contestants = contestants(&args.monitors)?;
    let bases = bases(&args.workloads)?;
    let setup = Setup::new(args.out.as_deref(), "sweep", 1.0)?;
    let everybody: Vec<Contestant> = [select::null()?]
        .into_iter()
        .chain(contestants.clone())
        .collect();
    setup.keep_tools(&everybody)?;
    let asked = Asked {
        seed: args.seed,
        scale: 1.0,
        repetitions: CONFIRM as u32,
    };
    let mut record = setup.record(asked, &[], &everybody);
    let mut course = Course {
        setup: &setup,
        null: select::null()?,
        rng: StdRng::seed_from_u64(args.seed),
        tried: Vec::new(),
        scored: Vec::new(),
    };
    let (able, unable): (Vec<_>, Vec<_>) =
        contestants.iter().partition(|one| reasons(one).is_empty());
    let ended = bases.iter().try_for_each(|base| {
        unable.iter().try_for_each(|one| course.unable(base, one))?;
        course.base(base, &able)
    });
    let out = &setup.stage.out;
    let tried = course.tried.iter();
    record.workloads = tried.map(|one| setup.workload_info(one)).collect();
    write_json(&out.join("record.json"), &record)?;
    let failed = course
        .scored
        .iter()
        .filter(|one| one.cell.status == Status::Failed)
        .count();
    let summary = score::write(out, Summary::new(record, course.scored)?)?;
    Sweep::new(&summary).write(out)?;
    ended?;
    crate::report::write(out)?;
    print(&crate::report::terminal(out, false)?)?;
    say(&format!(
        "the report is {}",
        out.join("README.md").display()
    ));
    if able.is_empty() {
        let why = "none of these monitors can run here: see harness doctor";
        return Err(NothingRuns(why.into()).into());
    }
    if failed > 0 {
        bail!("{failed} cells failed: the report names each");
    }
    Ok(())
}

/// Who is swept: a monitor without options is compared with itself at other sizes of its buffer.
fn contestants(patterns: &[String]) -> Result<Vec<Contestant>> {
    let mut all: Vec<Contestant> = Vec::new();
    for one in select::monitors(patterns)? {
        let labels = match one.options.label().is_empty() {
            true => buffers::labels(one.monitor.name()),
            false => vec![one.label()],
        };
        for label in labels {
            let one = select::contestant(&label)?;
            if all.iter().all(|other| other.label() != label) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// What is turned up.
fn bases(patterns: &[String]) -> Result<Vec<Definition>> {
    let usual = [MODEL.to_owned()];
    let bases = select::workloads(if patterns.is_empty() {
        &usual
    } else {
        patterns
    })?;
    match bases.iter().find(|one| one.model() != MODEL) {
        None => Ok(bases),
        Some(other) => Err(misuse(format!(
            "-w chooses '{}', which keeps no timetable: choose a workload of the model {MODEL}",
            other.label
        ))),
    }
}

/// The trials so far.
struct Course<'a> {
    setup: &'a Setup,
    null: Contestant,
    rng: StdRng,
    tried: Vec<Definition>,
    scored: Vec<Scored>,
}

/// One monitor's search.
struct Search<'a> {
    contestant: &'a Contestant,
    trials: Vec<Trial>,
    over: bool,
}

impl Course<'_> {
    /// All searches on one workload, a trial of each by turns in random order, so that what drifts
    /// falls on all alike.
    fn base(&mut self, base: &Definition, able: &[&Contestant]) -> Result<()> {
        let null = self.null.clone();
        let ceiling = self.ceiling(base, &null)?;
        say(&format!(
            "{}: back to back {ceiling} processes a second",
            base.label
        ));
        let everybody = [&null].into_iter().chain(able.iter().copied());
        let mut searches: Vec<_> = everybody
            .map(|contestant| Search {
                contestant,
                trials: Vec::new(),
                over: false,
            })
            .collect();
        while searches.iter().any(|one| !one.over) {
            searches.shuffle(&mut self.rng);
            for search in searches.iter_mut().filter(|one| !one.over) {
                self.step(base, search, ceiling)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, base: &Definition, search: &mut Search<'_>, ceiling: u32) -> Result<()> {
        let null = search.contestant.monitor.name() == "null";
        let Some(load) = next(ceiling, &search.trials, null) else {
            search.over = true;
            return Ok(());
        };
        let scored = self.trial(load, base, search.contestant)?;
        match Trial::of(load, &scored.cell) {
            Some(trial) => search.trials.push(trial),
            // What failed once is not asked again: the report says why.
            None => search.over = true,
        }
        Ok(())
    }

    /// Processes a second when nobody watches and nobody waits.
    fn ceiling(&mut self, base: &Definition, null: &Contestant) -> Result<u32> {
        let mut length = FIRST_GUESS;
        let mut rates = Vec::new();
        for round in 0..=CONFIRM {
            let cell = self.trial(Load::Burst(length), base, null)?.cell.clone();
            let Some(rate) = burst_rate(&cell) else {
                let why = cell.error.unwrap_or_default();
                bail!("{} under null: {why}", base.label);
            };
            match round {
                // Never the length of the guess again, whose cell would count among the others.
                0 => length = (rate as u32).saturating_mul(SECONDS).max(FIRST_GUESS + 1),
                _ => rates.push(rate),
            }
        }
        Ok((rates.iter().sum::<f64>() / rates.len() as f64) as u32)
    }

    fn trial(&mut self, load: Load, base: &Definition, contestant: &Contestant) -> Result<&Scored> {
        let definition = load.of(base).map_err(Error::from_boxed)?;
        let cell = self.cell(&definition, contestant);
        let row = match definition.unavailable() {
            Some(why) => cell.unavailable(&why.to_string())?,
            None => cell.run()?,
        };
        if row.status != Status::Ok {
            let why = row.error.as_deref().unwrap_or_default();
            say(&format!("{} under {}: {why}", row.workload, row.monitor));
        }
        let scored = score::cell(&cell.dir(), &super::SOURCES)?;
        self.keep(definition, scored)
    }

    fn unable(&mut self, base: &Definition, one: &Contestant) -> Result<()> {
        let definition = Load::Rate(1).of(base).map_err(Error::from_boxed)?;
        let cell = self.cell(&definition, one);
        cell.unavailable(&reasons(one).join("; "))?;
        let scored = score::cell(&cell.dir(), &super::SOURCES)?;
        self.keep(definition, scored).map(|_| ())
    }

    fn keep(&mut self, definition: Definition, scored: Scored) -> Result<&Scored> {
        if self.tried.iter().all(|one| one.label != definition.label) {
            self.tried.push(definition);
        }
        self.scored.push(scored);
        self.scored.last().ok_or_else(|| Error::msg("just pushed"))
    }

    fn cell<'s>(&'s self, workload: &'s Definition, contestant: &'s Contestant) -> Cell<'s> {
        let label = contestant.label();
        let before = self
            .scored
            .iter()
            .filter(|one| one.cell.workload == workload.label && one.cell.monitor == label);
        Cell {
            stage: &self.setup.stage,
            planned: Planned {
                workload: 0,
                monitor: 0,
                repetition: before.count() as u32 + 1,
                baseline: false,
            },
            order: self.scored.len() as u32,
            workload,
            contestant,
        }
    }
}
