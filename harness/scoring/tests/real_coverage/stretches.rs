//! Intervals from contiguous stretches of runs.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::overhead::power::{PLANTED, RESOLVABLE_HALF_WIDTHS as RESOLVABLE};
use scoring::overhead::{FEWEST_BLOCKS, Observation, Stopping, Verdict, enough, fit};
use scoring::{Cell, Slowdown, Summary, stats};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::run::{BURN, COPY, Run};

/// Intervals of the third null in each row of the table, at least.
const INTERVALS: usize = 1000;
/// No stretch is longer, in blocks, when a precision ends it: then the budget was spent.
const LONGEST: u32 = 60;

/// How often something was so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) hits: usize,
    pub(crate) all: usize,
    /// Stretches overlap: so many do not, and the share is worth no more than they are.
    pub(crate) apart: usize,
}

impl Share {
    fn add(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.all += 1;
    }

    pub(crate) fn share(self) -> f64 {
        self.hits as f64 / self.all.max(1) as f64
    }

    /// The exact binomial interval of as many independent tries as there are stretches apart.
    pub(crate) fn bounds(self) -> (f64, f64) {
        let tries = self.apart.min(self.all);
        let hits = (self.share() * tries as f64).round() as u64;
        stats::binomial(hits, tries as u64)
    }
}

/// What a row of the table is made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Intervals of the third null on a workload that hold 1.
    pub(crate) copy: Share,
    /// The same of the second null against the first.
    pub(crate) pair: Share,
    /// The same of the third null over all workloads together.
    pub(crate) overall: Share,
    /// Third nulls that are told as neither more nor less.
    pub(crate) quiet: Share,
    /// Intervals of the monitor that burns that hold its cost, as the whole run tells it. Not those alone that are as
    /// narrow as its cost can be told by: a width is an estimate too, and narrow ones are more often too narrow.
    pub(crate) burning: Share,
    /// Third nulls that are told as more when all their cells take longer by as much as is told in nine of
    /// ten runs, and by 3, 5 and 10 %.
    pub(crate) planted: [Share; 1 + PLANTED.len()],
    /// By run, intervals of the third null that hold 1.
    pub(crate) by_run: BTreeMap<String, Share>,
    widths: f64,
    blocks: f64,
    chances: f64,
}

impl Tally {
    /// Mean half-width of the third null.
    pub(crate) fn half_width(&self) -> f64 {
        self.widths / self.copy.all as f64
    }

    /// Mean number of blocks.
    pub(crate) fn blocks(&self) -> f64 {
        self.blocks / self.copy.all as f64
    }

    /// In what share Student's law has it that an overhead of [`RESOLVABLE`] half-widths is told: a factor, whose
    /// logarithm is less than itself, so that it is a little less often than (1.96 + 1.28) / 1.96 promises.
    pub(crate) fn by_law(&self) -> f64 {
        self.chances / self.copy.all as f64
    }

    fn take(&mut self, run: &Run, summary: &Summary, planted: &BTreeMap<String, f64>) {
        for one in &summary.comparison {
            let Some(slowdown) = one.slowdown else {
                continue;
            };
            match one.configuration.as_str() {
                "null" => self.pair.add(holds(&slowdown, 1.0)),
                COPY => {
                    self.copy.add(holds(&slowdown, 1.0));
                    self.quiet.add(slowdown.verdict == Verdict::None);
                    let own = self.by_run.entry(run.name.clone()).or_default();
                    own.add(holds(&slowdown, 1.0));
                    let width = half_width(&slowdown);
                    let overheads = [RESOLVABLE * width].into_iter().chain(PLANTED);
                    for (share, overhead) in self.planted.iter_mut().zip(overheads) {
                        share.add(told_with(&slowdown, overhead));
                    }
                    self.chances += chance(&slowdown, summary.record.precision.is_some());
                    self.widths += width;
                    self.blocks += slowdown.pairs as f64;
                }
                BURN => self.burning.add(holds(&slowdown, planted[&one.workload])),
                _ => {}
            }
        }
    }

    fn take_overall(&mut self, summary: &Summary) {
        let mut all = summary.overhead.iter();
        let copy = all.find(|one| one.configuration == COPY);
        if let Some(slowdown) = copy.and_then(|one| one.slowdown) {
            self.overall.add(holds(&slowdown, 1.0));
        }
    }
}

fn holds(slowdown: &Slowdown, truth: f64) -> bool {
    slowdown.low.is_some_and(|low| low <= truth) && slowdown.high.is_some_and(|high| high >= truth)
}

/// Whether it is told as more when every cell takes longer by `overhead`. The model is linear on logarithms,
/// so that moves the estimate and both ends by as much: the noise is the machine's, and the truth is known.
fn told_with(slowdown: &Slowdown, overhead: f64) -> bool {
    slowdown.low.is_some_and(|low| low * (1.0 + overhead) > 1.0)
}

/// How likely [`RESOLVABLE`] half-widths of such an interval are told. Its variance has as many degrees of freedom as
/// there are blocks, and where a precision ends the run its quantile is that of 96 % ([`Stopping`]).
fn chance(slowdown: &Slowdown, precise: bool) -> f64 {
    let Some((low, high)) = slowdown.low.zip(slowdown.high) else {
        return 0.0;
    };
    let law = StudentsT::new(0.0, 1.0, slowdown.pairs as f64).unwrap();
    let reach = (high / low).ln() / 2.0;
    let overhead = (RESOLVABLE * half_width(slowdown)).ln_1p();
    let confidence = if precise { 0.96 } else { 0.95 };
    let quantile = law.inverse_cdf(0.5 + confidence / 2.0);
    law.cdf(quantile * (overhead / reach - 1.0))
}

fn half_width(slowdown: &Slowdown) -> f64 {
    let ends = slowdown.high.zip(slowdown.low);
    ends.map_or(f64::INFINITY, |(high, low)| (high - low) / 2.0)
}

/// Draws them.
pub(crate) struct Stretches<'a> {
    runs: &'a [Run],
    planted: Vec<BTreeMap<String, f64>>,
    rng: StdRng,
}

impl<'a> Stretches<'a> {
    pub(crate) fn new(runs: &'a [Run], seed: u64) -> Self {
        Self {
            runs,
            planted: runs.iter().map(Run::planted).collect(),
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// Stretches of so many blocks, each over all workloads.
    pub(crate) fn fixed(&mut self, blocks: u32) -> Tally {
        let mut tally = Tally::default();
        while tally.copy.all < INTERVALS {
            let (place, begin) = self.draw(blocks);
            let run = &self.runs[place];
            let summary = run.summary(run.cells.keys(), begin..begin + blocks, None);
            tally.take(run, &summary, &self.planted[place]);
            tally.take_overall(&summary);
        }
        self.apart(&mut tally, f64::from(blocks));
        tally
    }

    /// Stretches that a precision ends, or the longest there may be: a budget that is spent.
    pub(crate) fn stopped(&mut self, precision: f64) -> Tally {
        let mut tally = Tally::default();
        while tally.copy.all < INTERVALS {
            let (place, begin) = self.draw(LONGEST);
            let run = &self.runs[place];
            for workload in run.cells.keys() {
                let blocks = precise(&run.cells[workload], begin, precision);
                let only = std::iter::once(workload);
                let summary = run.summary(only, begin..begin + blocks, Some(precision));
                tally.take(run, &summary, &self.planted[place]);
            }
        }
        let mean = tally.blocks();
        self.apart(&mut tally, mean);
        tally
    }

    /// A run and the block that a stretch begins with. Each stretch is as likely as any other.
    fn draw(&mut self, blocks: u32) -> (usize, u32) {
        let begins = self
            .runs
            .iter()
            .map(|run| (run.blocks() + 1).saturating_sub(blocks));
        let begins: Vec<u32> = begins.collect();
        let mut place = self.rng.random_range(0..begins.iter().sum::<u32>());
        for (run, &of_run) in begins.iter().enumerate() {
            if place < of_run {
                return (run, place + 1);
            }
            place -= of_run;
        }
        unreachable!("the place is below the sum")
    }

    /// How many stretches of that length lie beside each other.
    fn apart(&self, tally: &mut Tally, blocks: f64) {
        let count = |runs: &[Run]| -> usize {
            let each = runs
                .iter()
                .map(|run| (f64::from(run.blocks()) / blocks) as usize);
            each.sum()
        };
        let (beside, workloads) = (count(self.runs), self.runs[0].cells.len());
        let each = [
            &mut tally.copy,
            &mut tally.pair,
            &mut tally.quiet,
            &mut tally.burning,
        ];
        for share in each.into_iter().chain(&mut tally.planted) {
            share.apart = beside * workloads;
        }
        tally.overall.apart = beside;
        for run in self.runs {
            if let Some(share) = tally.by_run.get_mut(&run.name) {
                share.apart = count(std::slice::from_ref(run)) * workloads;
            }
        }
    }
}

/// After how many blocks from `begin` on the rule of `harness run --precision` ends.
fn precise(cells: &BTreeMap<u32, Vec<Cell>>, begin: u32, precision: f64) -> u32 {
    let mut observations = Vec::new();
    for blocks in 1..=LONGEST {
        let block = cells.get(&(begin + blocks - 1)).into_iter().flatten();
        observations.extend(block.filter_map(observation));
        let is_enough = blocks as usize >= FEWEST_BLOCKS
            && enough(&fit(&observations, 3, Stopping::Precision), precision);
        if is_enough {
            return blocks;
        }
    }
    LONGEST
}

fn observation(cell: &Cell) -> Option<Observation> {
    let configuration = ["null", COPY, BURN]
        .iter()
        .position(|one| *one == cell.configuration)?;
    Some(Observation {
        block: cell.repetition,
        configuration,
        copy: u8::from(configuration == 0 && !cell.baseline),
        order: cell.order,
        value: cell.cost.wall_ms?,
        stolen: cell.noise.stolen,
    })
}
