//! The blocks of one workload so far.

use std::time::Duration;

use scoring::overhead::{Effect, Fit, Forecast, Observation, Stopping, enough, fit, needed_blocks};
use scoring::record::{CellRun, Status};

use crate::plan::Turn;

/// A configuration that failed so often in a row is left out of the blocks that follow.
const FAILURES: u32 = 2;

/// What one workload's blocks have brought.
#[derive(Debug)]
pub(super) struct Series {
    observations: Vec<Observation>,
    /// Blocks that were run.
    pub(super) blocks: u32,
    /// How long they took.
    pub(super) time: Duration,
    /// No more are needed, or there is no time for one.
    pub(super) over: bool,
    /// By configuration, failures in a row; [`FAILURES`] and no more are tried.
    failures: Vec<u32>,
}

impl Series {
    /// None yet, of so many configurations.
    pub(super) fn new(configurations: usize) -> Self {
        Self {
            observations: Vec::new(),
            blocks: 0,
            time: Duration::ZERO,
            over: false,
            failures: vec![0; configurations],
        }
    }

    /// Whether the configuration at `place` is still tried.
    pub(super) fn tries(&self, place: usize) -> bool {
        self.failures[place] < FAILURES
    }

    /// Takes down what a cell of the block that runs now has brought.
    pub(super) fn take(&mut self, turn: Turn, row: &CellRun) {
        let failures = &mut self.failures[turn.configuration];
        match (row.status, row.cost) {
            (Status::Ok, Some(cost)) => {
                *failures = 0;
                self.observations.push(Observation {
                    block: row.repetition,
                    configuration: turn.configuration,
                    copy: u8::from(turn.configuration == 0 && !turn.baseline),
                    order: row.order,
                    value: cost.wall_ns as f64,
                    stolen: row.noise.stolen,
                });
            }
            (Status::Unavailable, _) => *failures = FAILURES,
            _ => *failures += 1,
        }
    }

    /// Whether there is anything left to measure: the baseline, and something to hold against it.
    pub(super) fn is_hopeless(&self) -> bool {
        !self.tries(0) || !(1..self.failures.len()).any(|place| self.tries(place))
    }

    /// How long a block takes, about; `None` before the first.
    pub(super) fn block_time(&self) -> Option<Duration> {
        (self.blocks > 0).then(|| self.time / self.blocks)
    }

    /// Whether every interval is as narrow as `precision`.
    pub(super) fn is_precise(&self, precision: f64) -> bool {
        enough(&self.fit(Stopping::Precision), precision)
    }

    /// Half the width of the widest interval, as a share; infinite where something that is still tried has none.
    pub(super) fn widest(&self) -> f64 {
        let effects = self.tried();
        let widths = effects
            .iter()
            .map(|(_, effect)| effect.map_or(f64::INFINITY, |effect| effect.interval.half_width()));
        widths.fold(0.0, f64::max)
    }

    /// The configuration whose slowdown is known least exactly, by a variance that is steadier than that of the
    /// intervals: which of these is widest is chance while blocks are few.
    pub(super) fn least_known(&self) -> Option<usize> {
        let error = |effect: Effect| {
            effect.interval.ratio * (effect.planning / effect.blocks as f64).sqrt()
        };
        let known = self.tried().into_iter();
        let errors = known.filter_map(|(place, effect)| Some((place, error(effect?))));
        let largest = errors.max_by(|one, other| one.1.total_cmp(&other.1));
        largest.map(|(place, _)| place)
    }

    /// What is known so far of each configuration that is still tried, but of `null`.
    fn tried(&self) -> Vec<(usize, Option<Effect>)> {
        let all = self.fit(Stopping::Fixed).effects.into_iter().enumerate();
        let tried = all.skip(1).filter(|&(place, _)| self.tries(place));
        tried.collect()
    }

    /// How many blocks `precision` takes, where that can be told already.
    pub(super) fn forecast(&self, precision: f64) -> Option<Forecast> {
        needed_blocks(&self.fit(Stopping::Precision), precision)
    }

    /// The model of these blocks.
    pub(super) fn fit(&self, stopping: Stopping) -> Fit {
        fit(&self.observations, self.failures.len(), stopping)
    }

    /// The mean wall time under the configuration at `place`.
    pub(super) fn wall(&self, place: usize) -> Option<Duration> {
        let own = self.observations.iter();
        let walls: Vec<f64> = own
            .filter(|one| one.configuration == place)
            .map(|one| one.value)
            .collect();
        let mean = walls.iter().sum::<f64>() / walls.len() as f64;
        (!walls.is_empty()).then(|| Duration::from_nanos(mean as u64))
    }
}
