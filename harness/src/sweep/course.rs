//! The trials of a sweep, one after another.

use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail};
use indicatif::ProgressBar;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use workloads::Definition;

use super::load::definition;
use crate::cell::{Cell, Stage};
use crate::exit::say;
use crate::output::bar;
use crate::scorer;
use crate::select::Configuration;
use scoring::Scored;
use scoring::record::{Experiment, Status};
use scoring::sweep::search::{CONFIRM, left, next};
use scoring::sweep::{Load, SECONDS, Trial, burst_rate};

/// How many back to back tell about how fast the generator is.
const FIRST_GUESS: u32 = 4096;

/// What a trial takes, about: its second, what it is late, and a monitor's start and end.
const TRIAL: Duration = Duration::from_millis(1600);

/// The trials so far.
pub(super) struct Course<'a> {
    stage: &'a Stage,
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

impl<'a> Course<'a> {
    /// None yet. No trial begins after `until`.
    pub(super) fn new(stage: &'a Stage, null: Configuration, seed: u64, until: Instant) -> Self {
        Self {
            stage,
            null,
            rng: StdRng::seed_from_u64(seed),
            until,
            bar: bar(0),
            tried: Vec::new(),
            scored: Vec::new(),
        }
    }

    /// The workloads that were run, and what came of each trial.
    pub(super) fn finish(self) -> (Vec<Definition>, Vec<Scored>) {
        self.bar.finish_and_clear();
        (self.tried, self.scored)
    }

    /// All searches on one workload, a trial of each by turns in random order, so that what drifts
    /// falls on all alike.
    pub(super) fn base(&mut self, base: &Definition, able: &[&Configuration]) -> Result<()> {
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

    /// Processes a second without a monitor and without a timetable.
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
        let definition = definition(load, base).map_err(Error::from_boxed)?;
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
        let scored = scorer::cell(&cell.dir())?;
        self.keep(definition, scored)
    }

    pub(super) fn unable(
        &mut self,
        base: &Definition,
        one: &Configuration,
        why: &str,
    ) -> Result<()> {
        let definition = definition(Load::Rate(1), base).map_err(Error::from_boxed)?;
        let cell = self.cell(&definition, one);
        cell.unavailable(why)?;
        let scored = scorer::cell(&cell.dir())?;
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
            stage: self.stage,
            experiment: Experiment::Sweep,
            workload,
            scale: 1.0,
            configuration,
            stands_for: None,
            repetition: before.count() as u32 + 1,
            baseline: false,
            accounted: configuration.monitor.name() != "accounting",
            order: self.scored.len() as u32,
        }
    }
}
