//! `harness sweep`: turns a workload up until something gives.

use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail};
use contract::{Claims, Counts, Kind};
use indicatif::ProgressBar;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use workloads::Definition;

use super::print;
use super::setup::{Asked, Setup, reasons};
use crate::cell::{Cell, interrupt};
use crate::cli::SweepArgs;
use crate::exit::{NothingRuns, misuse, say};
use crate::plan::Planned;
use crate::scorer;
use crate::select::{self, Configuration};
use crate::sweep::{self, buffer_sizes};
use scoring::record::{Status, write_json_pretty};
use scoring::sweep::result::Sweep;
use scoring::sweep::search::{CONFIRM, left, next};
use scoring::sweep::{Load, MODEL, SECONDS, Trial, burst_rate};
use scoring::{Scored, Summary};

/// How many back to back tell about how fast the generator is.
const FIRST_GUESS: u32 = 4096;

/// As many as no kind of event has of which only a few are needed to start the workload.
const MANY: u32 = 1000;

/// What a trial takes, about: its second, what it is late, and a monitor's start and end.
const TRIAL: Duration = Duration::from_millis(1600);

/// Measures, computes and reports.
pub(super) fn sweep(args: &SweepArgs) -> Result<()> {
    super::add_tools(&args.tools)?;
    let configurations = configurations(&args.monitors)?;
    let bases = bases(&args.workloads)?;
    let setup = Setup::new(args.out.as_deref(), "sweep", 1.0)?;
    let everybody: Vec<Configuration> = [select::null()?]
        .into_iter()
        .chain(configurations.clone())
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
        until: Instant::now() + Duration::from_secs(60 * u64::from(args.minutes)),
        bar: super::bar(0),
        tried: Vec::new(),
        scored: Vec::new(),
    };
    let ended = bases.iter().try_for_each(|base| {
        let mut able = Vec::new();
        for one in &configurations {
            match hindrance(base, one, &setup)? {
                Some(why) => course.unable(base, one, &why)?,
                None => able.push(one),
            }
        }
        course.base(base, &able)
    });
    course.bar.finish_and_clear();
    let out = &setup.stage.out;
    let tried = course.tried.iter();
    record.workloads = tried.map(|one| setup.workload_info(one)).collect();
    write_json_pretty(&out.join("record.json"), &record)?;
    let of = |status| {
        let cells = course.scored.iter().map(|one| &one.cell);
        cells.filter(move |cell| cell.status == status).count()
    };
    let (failed, measured) = (of(Status::Failed), of(Status::Ok));
    let summary = scorer::write(out, Summary::new(record, course.scored)?)?;
    let found = Sweep::new(&summary);
    found.write(out)?;
    report::write_readme(out, report::Pictures::Svg)?;
    if ended
        .as_ref()
        .is_err_and(Error::is::<interrupt::Interrupted>)
    {
        say(&format!(
            "what was found so far is in {}: its report names what was not finished",
            out.display()
        ));
    }
    ended?;
    print(&report::terminal(out, false)?)?;
    say(&format!(
        "the report is {}",
        out.join("README.md").display()
    ));
    let unfinished = found.found.iter().filter(|one| one.unfinished.is_some());
    match unfinished.count() {
        0 => {}
        n => say(&format!(
            "{n} searches were not finished in {} minutes, the report names each: give --minutes more, or -m fewer",
            args.minutes
        )),
    }
    if measured == 0 {
        let why = "none of these monitors can run here: see harness doctor";
        return Err(NothingRuns(why.into()).into());
    }
    if failed > 0 {
        bail!("{failed} cells failed: the report names each");
    }
    Ok(())
}

/// Who is swept: a monitor without options is compared with itself at other sizes of its buffer.
fn configurations(patterns: &[String]) -> Result<Vec<Configuration>> {
    let mut all: Vec<Configuration> = Vec::new();
    for one in select::monitors(patterns)? {
        let labels = match one.options.label().is_empty() {
            true => buffer_sizes::labels(one.monitor.name()),
            false => vec![one.label()],
        };
        for label in labels {
            let one = select::configuration(&label)?;
            if all.iter().all(|other| other.label() != label) {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// Why a monitor cannot be swept on `base`, if it cannot.
fn hindrance(base: &Definition, one: &Configuration, setup: &Setup) -> Result<Option<String>> {
    let missing = reasons(one);
    if !missing.is_empty() {
        return Ok(Some(missing.join("; ")));
    }
    let many = sweep::definition(Load::Burst(MANY), base).map_err(Error::from_boxed)?;
    let script = many.script(1.0, &setup.stage.programs);
    let expected = script.map_err(Error::from_boxed)?.expected;
    let claims = one.monitor.claims(&one.options);
    Ok((!can_lose(claims, expected)).then(|| {
        format!(
            "{} offers no kind that {} turns up: choose another workload with -w, such as {MODEL}/exec",
            one.label(),
            base.label
        )
    }))
}

/// Whether a kind that is offered becomes more as the workload is turned up to [`MANY`]: without one
/// nothing could be missed, and that would look like a monitor that never loses.
fn can_lose(claims: Claims, expected: Counts) -> bool {
    let turned_up = |kind: Kind| expected.of(kind) >= u64::from(MANY);
    Kind::ALL
        .into_iter()
        .any(|kind| claims.offers[kind as usize].kind && turned_up(kind))
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
    null: Configuration,
    rng: StdRng,
    until: Instant,
    bar: ProgressBar,
    tried: Vec<Definition>,
    scored: Vec<Scored>,
}

/// One monitor's search.
struct Search<'a> {
    configuration: &'a Configuration,
    trials: Vec<Trial>,
    over: bool,
}

impl Search<'_> {
    fn null(&self) -> bool {
        self.configuration.monitor.name() == "null"
    }

    /// How many trials are still to come, about.
    fn left(&self, ceiling: u32) -> usize {
        match self.over {
            true => 0,
            false => left(ceiling, &self.trials, self.null()),
        }
    }
}

impl Course<'_> {
    /// All searches on one workload, a trial of each by turns in random order, so that what drifts
    /// falls on all alike.
    fn base(&mut self, base: &Definition, able: &[&Configuration]) -> Result<()> {
        let null = self.null.clone();
        let ceiling = self.ceiling(base, &null)?;
        let everybody = [&null].into_iter().chain(able.iter().copied());
        let mut searches: Vec<_> = everybody
            .map(|configuration| Search {
                configuration,
                trials: Vec::new(),
                over: false,
            })
            .collect();
        let ahead = |searches: &[Search<'_>]| searches.iter().map(|one| one.left(ceiling)).sum();
        let trials: usize = ahead(&searches);
        self.say(&format!(
            "{}: back to back {ceiling} processes a second; about {trials} trials, {} minutes",
            base.label,
            (TRIAL * trials as u32).as_secs().div_ceil(60)
        ));
        while searches.iter().any(|one| !one.over) {
            searches.shuffle(&mut self.rng);
            for search in searches.iter_mut().filter(|one| !one.over) {
                if Instant::now() >= self.until {
                    return Ok(());
                }
                self.step(base, search, ceiling)?;
            }
            let ahead: usize = ahead(&searches);
            self.bar.set_length(self.bar.position() + ahead as u64);
        }
        Ok(())
    }

    /// Words between the turns of the bar.
    fn say(&self, words: &str) {
        self.bar.suspend(|| say(words));
    }

    fn step(&mut self, base: &Definition, search: &mut Search<'_>, ceiling: u32) -> Result<()> {
        let Some(load) = next(ceiling, &search.trials, search.null()) else {
            search.over = true;
            return Ok(());
        };
        let scored = self.trial(load, base, search.configuration)?;
        match Trial::of(load, &scored.cell) {
            Some(trial) => search.trials.push(trial),
            // What failed once is not asked again: the report says why.
            None => search.over = true,
        }
        Ok(())
    }

    /// Processes a second when nobody watches and nobody waits.
    fn ceiling(&mut self, base: &Definition, null: &Configuration) -> Result<u32> {
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

    fn trial(
        &mut self,
        load: Load,
        base: &Definition,
        configuration: &Configuration,
    ) -> Result<&Scored> {
        let definition = sweep::definition(load, base).map_err(Error::from_boxed)?;
        let cell = self.cell(&definition, configuration);
        let label = configuration.label();
        self.bar
            .set_message(format!("{} under {label}", definition.label));
        let row = match definition.unavailable() {
            Some(why) => cell.unavailable(&why.to_string())?,
            None => cell.run()?,
        };
        if row.status != Status::Ok {
            let why = row.error.as_deref().unwrap_or_default();
            self.say(&format!(
                "{} under {}: {why}",
                row.workload, row.configuration
            ));
        }
        self.bar.inc(1);
        let scored = scorer::cell(&cell.dir(), &super::SOURCES)?;
        self.keep(definition, scored)
    }

    fn unable(&mut self, base: &Definition, one: &Configuration, why: &str) -> Result<()> {
        let definition = sweep::definition(Load::Rate(1), base).map_err(Error::from_boxed)?;
        let cell = self.cell(&definition, one);
        cell.unavailable(why)?;
        let scored = scorer::cell(&cell.dir(), &super::SOURCES)?;
        self.keep(definition, scored).map(|_| ())
    }

    fn keep(&mut self, definition: Definition, scored: Scored) -> Result<&Scored> {
        if self.tried.iter().all(|one| one.label != definition.label) {
            self.tried.push(definition);
        }
        self.scored.push(scored);
        self.scored.last().ok_or_else(|| Error::msg("just pushed"))
    }

    fn cell<'s>(&'s self, workload: &'s Definition, configuration: &'s Configuration) -> Cell<'s> {
        let label = configuration.label();
        let before = self
            .scored
            .iter()
            .filter(|one| one.cell.workload == workload.label && one.cell.configuration == label);
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
            configuration,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Clock;

    #[test]
    fn a_monitor_is_swept_where_it_can_lose() {
        let execs = Claims::none(Clock::None).with(Kind::Exec, &[]);
        let forks = Claims::none(Clock::None).with(Kind::Fork, &[]);
        let (plain, with_exec) = (Counts([1065, 1, 1065]), Counts([1065, 1001, 1065]));
        assert!(can_lose(forks, plain) && !can_lose(execs, plain));
        assert!(can_lose(forks, with_exec) && can_lose(execs, with_exec));
        assert!(!can_lose(Claims::none(Clock::Exact), with_exec));
    }
}
