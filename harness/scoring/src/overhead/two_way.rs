//! The two-way model of one workload.
//!
//! The estimate is that of least squares for noise that lasts ([`super::least_squares`]). Its variance is a weighted mean of two:
//!
//! ```text
//! own    = n / (n - 1) * sum over blocks of influence^2      df = n - 1
//! common = residual variance * unit variance                 df = residual df
//! variance = (p common + (n - 1) own) / (p + n - 1)          df = p + n - 1
//! ```
//!
//! `own` is robust: it is what the blocks differ in, and holds when configurations differ in noise, and
//! when neighbouring cells are more or less alike than the estimate takes them to be. `common` is the textbook's pooled variance (were neighbours not alike, with complete blocks `1.5 / n` times
//! the residual variance); it has more degrees of freedom, but is right only when all configurations
//! are equally noisy. In simulation, `common` alone covers a configuration twice as noisy as the
//! rest in 83 instead of 95 % of runs, and on the reference machine configurations differ by up to a
//! factor of 1.9. `own` alone is honest, but very wide with three blocks. With a weight of one block
//! ([`PRIOR_BLOCKS`]), `common` narrows the intervals of three blocks by a fifth, and such a
//! configuration keeps at least 93 %; the weight vanishes as blocks accumulate.

use std::collections::BTreeMap;

use super::interval::{Effect, Interval};
use super::least_squares::{Block, Difference, Placed, Solution, solve};
use super::observation::Observation;
use super::outliers::counted;
use super::stopping::{PRIOR_BLOCKS, Stopping};

/// The same for forecasts, which need a small error rather than coverage.
const PLANNING_BLOCKS: f64 = 8.0;

/// The estimates of one workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// By configuration, against `null`. `None` for `null` itself and where fewer than two blocks
    /// hold both the configuration and `null`.
    pub effects: Vec<Option<Effect>>,
    /// The same without an interval, so that one block is enough.
    pub ratios: Vec<Option<f64>>,
    /// Second against first copy of `null`: a ratio that is 1 in truth.
    pub null_pair: Option<Effect>,
    /// By configuration, how many cells count.
    pub cells: Vec<usize>,
    /// Blocks with at least one cell that counts.
    pub blocks: usize,
    /// Stolen cells that are left out.
    pub left_out: usize,
    /// Cells without a positive finite value or with an unknown configuration.
    pub refused: usize,
    /// Degrees of freedom of the residuals.
    pub residual_df: usize,
    /// Residual standard deviation of the logarithms (0.06 is about 6 %), all configurations
    /// together; `None` without degrees of freedom.
    pub residual_sd: Option<f64>,
}

/// How real pairs of `null` against `null` come out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NullPairs {
    /// Intervals that exclude 1; one in twenty is expected to.
    pub outside: usize,
    /// All intervals.
    pub of: usize,
}

/// Fits the model to the cells of one workload; `configurations` counts `null` too.
pub fn fit(cells: &[Observation], configurations: usize, stopping: Stopping) -> Fit {
    let usable = |cell: &&Observation| {
        cell.value.is_finite() && cell.value > 0.0 && cell.configuration < configurations
    };
    let sound: Vec<&Observation> = cells.iter().filter(usable).collect();
    let counted = counted(&sound, configurations);
    let blocks = blocks(&counted, |cell| cell.configuration);
    let solution = solve(&blocks, configurations);
    let own = |of: usize| {
        counted
            .iter()
            .filter(|cell| cell.configuration == of)
            .count()
    };
    Fit {
        effects: (0..configurations)
            .map(|of| effect(&solution, of, stopping))
            .collect(),
        ratios: (0..configurations).map(|of| ratio(&solution, of)).collect(),
        null_pair: null_pair(&counted, configurations, stopping),
        cells: (0..configurations).map(own).collect(),
        blocks: blocks.len(),
        left_out: sound.len() - counted.len(),
        refused: cells.len() - sound.len(),
        residual_df: solution.df,
        residual_sd: residual_variance(&solution).map(f64::sqrt),
    }
}

/// Counts the intervals of `null` against `null` that exclude 1, over several workloads.
pub fn null_pairs<'a>(fits: impl IntoIterator<Item = &'a Fit>) -> NullPairs {
    let pairs: Vec<Effect> = fits.into_iter().filter_map(|fit| fit.null_pair).collect();
    NullPairs {
        outside: pairs
            .iter()
            .filter(|pair| !pair.interval.contains(1.0))
            .count(),
        of: pairs.len(),
    }
}

/// The same model with the two copies of `null` as two configurations, the first as the reference.
fn null_pair(cells: &[&Observation], configurations: usize, stopping: Stopping) -> Option<Effect> {
    let column = |cell: &Observation| match cell.configuration {
        0 => usize::from(cell.copy > 0),
        configuration => configuration + 1,
    };
    effect(
        &solve(&blocks(cells, column), configurations + 1),
        1,
        stopping,
    )
}

fn blocks(cells: &[&Observation], column: impl Fn(&Observation) -> usize) -> Vec<Block> {
    let mut blocks: BTreeMap<u32, Block> = BTreeMap::new();
    for cell in cells {
        let block = blocks.entry(cell.block).or_default();
        block.push(Placed {
            column: column(cell),
            order: cell.order,
            value: cell.value.ln(),
        });
    }
    blocks.into_values().collect()
}

fn ratio(solution: &Solution, column: usize) -> Option<f64> {
    let found = solution.differences.get(column)?.as_ref()?;
    (found.blocks > 0).then(|| found.value.exp())
}

fn effect(solution: &Solution, column: usize, stopping: Stopping) -> Option<Effect> {
    let found = (*solution.differences.get(column)?)?;
    let (variance, df) = variance(&found, solution, PRIOR_BLOCKS)?;
    let (planning, _) = self::variance(&found, solution, PLANNING_BLOCKS)?;
    Some(Effect {
        interval: Interval::new(found.value, variance, df, stopping.confidence())?,
        log: found.value,
        variance,
        df,
        blocks: found.blocks,
        planning: planning * found.blocks as f64,
    })
}

/// The variance of a difference and its degrees of freedom; see the head of this module. The common
/// variance weighs no more than the degrees of freedom it has beyond the difference's own.
fn variance(found: &Difference, solution: &Solution, prior: f64) -> Option<(f64, f64)> {
    let blocks = found.blocks as f64;
    if found.blocks < 2 {
        return None;
    }
    let own = blocks / (blocks - 1.0) * found.influence;
    let beyond = solution.df as f64 - (blocks - 1.0);
    let weight = prior.min(beyond).max(0.0);
    let common = residual_variance(solution).unwrap_or(0.0) * found.unit;
    let df = weight + blocks - 1.0;
    Some(((weight * common + (blocks - 1.0) * own) / df, df))
}

fn residual_variance(solution: &Solution) -> Option<f64> {
    (solution.df > 0).then(|| solution.squares / solution.df as f64)
}

#[cfg(test)]
mod tests;
