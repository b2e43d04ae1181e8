//! What does it cost? Blocks of short cells: one workload under all configurations and twice under
//! `null`, in random order, until the intervals are narrow or the time is spent.

use std::time::{Duration, Instant};

use anyhow::Result;
use rand::rngs::StdRng;

use super::allocation::{EVEN, Open, Rounds, widest};
use super::cells::{Cells, Task, overhead_of, uses_accounting};
use super::series::Series;
use crate::calibrate::Calibrated;
use crate::exit::say;
use crate::plan::{Turn, block};
use crate::progress::{Progress, words};
use crate::select::Configuration;

/// What a cell takes beside its workload, about: start and end of a monitor.
const BESIDE: Duration = Duration::from_millis(100);

/// After so many blocks a forecast is made.
const FORECAST: u32 = scoring::overhead::FORECAST_BLOCKS as u32;

/// When there are enough blocks: whatever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Until {
    /// After so many of each workload.
    pub(crate) blocks: Option<u32>,
    /// After so long.
    pub(crate) budget: Option<Duration>,
    /// When every interval is so narrow: half its width, as a share.
    pub(crate) precision: Option<f64>,
}

impl Until {
    /// Whether nothing but a time ends them, which is then shared out by width.
    fn only_timed(&self) -> bool {
        self.blocks.is_none() && self.precision.is_none()
    }
}

/// The experiment.
pub(crate) struct Overhead<'a> {
    workloads: &'a [Calibrated],
    configurations: &'a [Configuration],
    until: Until,
    series: Vec<Series>,
    begun: Instant,
    progress: Progress,
}

impl<'a> Overhead<'a> {
    /// Of `configurations`, of which the first is `null`, on `workloads`.
    pub(crate) fn new(
        workloads: &'a [Calibrated],
        configurations: &'a [Configuration],
        until: Until,
    ) -> Self {
        let series = workloads
            .iter()
            .map(|_| Series::new(configurations.len()))
            .collect();
        Self {
            workloads,
            configurations,
            until,
            series,
            begun: Instant::now(),
            progress: Progress::lasting(Duration::ZERO),
        }
    }

    /// Runs block after block.
    pub(crate) fn run(&mut self, cells: &mut Cells<'_>, rng: &mut StdRng) -> Result<()> {
        self.begun = Instant::now();
        say(&self.announcement());
        let mut rounds = Rounds::default();
        while let Some(place) = self.next(&mut rounds, rng) {
            self.block(place, cells, rng)?;
            if let Some(words) = self.forecast() {
                self.progress.say(&words);
            }
        }
        self.progress.finish();
        self.tell_precision();
        Ok(())
    }

    /// How many blocks the workload with the most of them has.
    pub(crate) fn blocks(&self) -> u32 {
        self.series.iter().map(|one| one.blocks).max().unwrap_or(0)
    }

    /// The mean wall time of a workload under a configuration, by their places.
    pub(crate) fn wall(&self, workload: usize, configuration: usize) -> Option<Duration> {
        self.series[workload].wall(configuration)
    }

    fn block(&mut self, place: usize, cells: &mut Cells<'_>, rng: &mut StdRng) -> Result<()> {
        let begun = Instant::now();
        let number = self.series[place].blocks + 1;
        for turn in self.turns(place, rng) {
            if !self.series[place].tries(turn.configuration) {
                continue;
            }
            let task = Task {
                experiment: overhead_of(&self.workloads[place].workload),
                workload: &self.workloads[place].workload,
                scale: self.workloads[place].scale,
                configuration: &self.configurations[turn.configuration],
                stands_for: None,
                repetition: number,
                baseline: turn.baseline,
                accounted: !self.configurations.iter().any(uses_accounting),
            };
            let doing = format!("overhead, block {number}: {}", task.words());
            self.progress
                .tell(self.begun.elapsed(), self.left(), &doing);
            let row = cells.run(task, &self.progress)?;
            self.series[place].take(turn, &row);
        }
        self.series[place].blocks = number;
        self.series[place].time += begun.elapsed();
        Ok(())
    }

    /// The cells of the next block of a workload, in order. Where a time is shared out what is known least exactly
    /// has two, as `null` has: the more something slows, the less exactly that is known in per cent.
    fn turns(&self, place: usize, rng: &mut StdRng) -> Vec<Turn> {
        let series = &self.series[place];
        let shared_out = self.until.only_timed() && series.blocks >= EVEN;
        let twice = shared_out.then(|| series.least_known()).flatten();
        block(self.configurations.len(), twice, rng)
    }

    /// The workload that the next block is of. Where nothing but a time ends the blocks, it is the one with the
    /// widest interval; a number of blocks and a precision are of each workload.
    fn next(&mut self, rounds: &mut Rounds, rng: &mut StdRng) -> Option<usize> {
        let mut open = Vec::new();
        for place in 0..self.series.len() {
            self.series[place].over = self.is_over(place);
            let series = &self.series[place];
            if !series.over {
                open.push(Open {
                    place,
                    blocks: series.blocks,
                    widest: series.widest(),
                });
            }
        }
        let chosen = match self.until.only_timed() {
            true => widest(&open),
            false => None,
        };
        chosen.or_else(|| rounds.next(&open, rng))
    }

    fn is_over(&self, place: usize) -> bool {
        let (series, until) = (&self.series[place], self.until);
        let counted = until.blocks.is_some_and(|blocks| series.blocks >= blocks);
        let precise = until.precision.is_some_and(|p| series.is_precise(p));
        let spent = until.budget.is_some_and(|budget| {
            series.blocks > 0 && self.begun.elapsed() + self.block_time(place) > budget
        });
        series.over || series.is_hopeless() || counted || precise || spent
    }

    /// How long a block of a workload takes, about.
    fn block_time(&self, place: usize) -> Duration {
        let cells = self.configurations.len() as u32 + 1;
        let guess = (self.workloads[place].wall + BESIDE) * cells;
        self.series[place].block_time().unwrap_or(guess)
    }

    /// How long it still takes, about; `None` before there is anything to tell it from.
    fn left(&self) -> Option<Duration> {
        let spent = self.begun.elapsed();
        let budget = self.until.budget.map(|budget| budget.saturating_sub(spent));
        let mut open = self.series.iter().filter(|series| !series.over);
        if let Some(precision) = self.until.precision
            && open.any(|series| series.forecast(precision).is_none())
        {
            return budget;
        }
        let each = (0..self.workloads.len()).filter(|&place| !self.series[place].over);
        let blocks = |place: usize| {
            let series = &self.series[place];
            let forecast = self.until.precision.and_then(|p| series.forecast(p));
            let all = match (self.until.blocks, forecast) {
                (Some(blocks), _) => Some(blocks),
                (None, forecast) => forecast.map(|one| one.likely as u32),
            };
            all.map_or(1, |all| all.saturating_sub(series.blocks).max(1))
        };
        let needed: Duration = each
            .map(|place| self.block_time(place) * blocks(place))
            .sum();
        Some(match (budget, self.until.precision) {
            (Some(budget), None) => budget,
            (Some(budget), Some(_)) => needed.min(budget),
            (None, _) => needed,
        })
    }

    fn announcement(&self) -> String {
        let (monitors, workloads) = (self.configurations.len() - 1, self.workloads.len());
        let what = format!(
            "overhead of {} on {}, {}{} cells a block",
            counted(monitors, "configuration"),
            counted(workloads, "workload"),
            if self.until.only_timed() {
                "at least "
            } else {
                ""
            },
            monitors + 2
        );
        match self.until {
            Until {
                blocks: Some(blocks),
                ..
            } => {
                let about = self.left().map(|left| format!(", about {}", words(left)));
                format!("{what}: {blocks} blocks{}", about.unwrap_or_default())
            }
            Until {
                budget: Some(budget),
                precision: None,
                ..
            } => format!("{what}: {}", words(budget)),
            Until {
                budget, precision, ..
            } => format!(
                "{what}: until every slowdown is known to {}{}",
                percent(precision.unwrap_or_default()),
                budget.map_or_else(
                    || format!(", an estimate comes after {FORECAST} blocks"),
                    |budget| format!(", for at most {}", words(budget))
                )
            ),
        }
    }

    /// After three blocks of each workload, and only then: how long the precision takes.
    fn forecast(&self) -> Option<String> {
        let precision = self.until.precision?;
        let all_at = |one: &Series| one.blocks == FORECAST;
        if !self.series.iter().all(all_at) {
            return None;
        }
        let mut longest = [Duration::ZERO; 2];
        for place in 0..self.series.len() {
            let forecast = self.series[place].forecast(precision)?;
            for (sum, blocks) in longest.iter_mut().zip([forecast.likely, forecast.at_most]) {
                *sum += self.block_time(place) * (blocks as u32).saturating_sub(FORECAST);
            }
        }
        Some(format!(
            "a precision of {} takes about {} more, in nine of ten runs no more than {}",
            percent(precision),
            words(longest[0]),
            words(longest[1])
        ))
    }

    fn tell_precision(&self) {
        let Some(precision) = self.until.precision else {
            return;
        };
        let coarse = |(series, one): (&Series, &Calibrated)| {
            (!series.is_precise(precision)).then(|| one.workload.label.clone())
        };
        let pairs = self.series.iter().zip(self.workloads);
        let coarse: Vec<_> = pairs.filter_map(coarse).collect();
        if !coarse.is_empty() {
            say(&format!(
                "precision not reached on {}: the budget is spent, give more with --budget",
                coarse.join(", ")
            ));
        }
    }
}

/// `1 workload`, `3 workloads`.
fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 100.0)
}

#[cfg(test)]
mod tests;
