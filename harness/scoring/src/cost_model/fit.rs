//! Weighted least squares over workloads, non-negative.

use std::collections::BTreeMap;

use super::model::{Fit, FitPoint};
use super::observe::Observation;
use crate::overhead::invert;
use crate::stats::{Estimate, student_quantile};

/// A microsecond, in seconds.
const MICRO: f64 = 1e-6;

/// Execs that are fewer for each fork than this are what started the workload.
const NEGLIGIBLE: f64 = 0.01;

/// Terms are told apart where the determinant of their normalised normal matrix is more than this: of two
/// terms, where they enclose more than about six degrees.
const TOLD_APART: f64 = 0.01;

/// A workload with fewer cells has no error of its own worth its name: what its cells differ by is taken from
/// all workloads together.
const ENOUGH: usize = 8;

/// Which of the terms there are, in the order base, fork, exec.
type Terms = [bool; 3];

/// The mean of the cells of one workload.
struct Group {
    /// 1, forks and execs in each microsecond.
    at: [f64; 3],
    mean: f64,
    /// Squared standard error.
    variance: f64,
    n: usize,
}

/// `None` where too little was measured.
pub(super) fn fit(all: &[Observation], of: impl Fn(&Observation) -> Option<f64>) -> Option<Fit> {
    let mut cells: BTreeMap<&(usize, String), Vec<(&Observation, f64)>> = BTreeMap::new();
    for one in all {
        if let Some(cpus) = of(one) {
            cells.entry(&one.group).or_default().push((one, cpus));
        }
    }
    let n: usize = cells.values().map(Vec::len).sum();
    let df = n.checked_sub(cells.len()).filter(|df| *df > 0)?;
    let groups = groups(&cells)?;
    let terms = terms(&groups)?;
    let (free, covariance) = solve(&groups, terms)?;
    let bounded = bounded(&groups, terms)?;
    let misfit = misfit(&groups, &free).max(misfit(&groups, &bounded));
    let quantile = student_quantile(df as f64)?;
    let covariance = covariance.map(|row| row.map(|one| one * misfit * misfit));
    let estimate = |term: usize| {
        terms[term].then(|| {
            let reach = quantile * covariance[term][term].sqrt();
            around(bounded[term], free[term], reach, n)
        })
    };
    Some(Fit {
        base_cpus: estimate(0),
        fork_us: estimate(1),
        exec_us: estimate(2),
        execs_per_fork: (terms[1] && !terms[2]).then(|| mix(&groups)).flatten(),
        cells: n,
        misfit,
        free,
        covariance,
        quantile,
        points: points(&cells, &groups, quantile),
    })
}

/// A value that may not be below 0, with the interval of the one that may.
pub(super) fn around(value: f64, free: f64, reach: f64, n: usize) -> Estimate {
    Estimate {
        value,
        low: Some((free - reach).max(0.0).min(value)),
        high: Some((free + reach).max(value)),
        n,
    }
}

fn groups(cells: &BTreeMap<&(usize, String), Vec<(&Observation, f64)>>) -> Option<Vec<Group>> {
    let summed: Vec<_> = cells.values().map(|own| summed(own)).collect();
    // What cells of a workload differ by grows with what they cost, and is never less than a tick allows.
    let (mut squares, mut df) = (0.0, 0.0);
    for (own, (_, mean, sum)) in cells.values().zip(&summed) {
        if *mean != 0.0 {
            squares += sum / (mean * mean);
            df += own.len() as f64 - 1.0;
        }
    }
    let relative = (df > 0.0).then(|| squares / df)?;
    let largest = summed.iter().map(|one| one.1.abs()).fold(0.0, f64::max);
    let least = (largest * 1e-6).powi(2).max(f64::MIN_POSITIVE);
    let groups = cells.values().zip(summed).map(|(own, (at, mean, sum))| {
        let n = own.len() as f64;
        let each = match own.len() >= ENOUGH {
            true => sum / (n - 1.0),
            false => relative * mean * mean,
        };
        Group {
            at,
            mean,
            variance: (each / n).max(least),
            n: own.len(),
        }
    });
    Some(groups.collect())
}

/// Where the cells of a workload are, their mean, and the sum of the squares around it.
fn summed(own: &[(&Observation, f64)]) -> ([f64; 3], f64, f64) {
    let n = own.len() as f64;
    let mean = |of: &dyn Fn(&(&Observation, f64)) -> f64| own.iter().map(of).sum::<f64>() / n;
    let at = [
        1.0,
        mean(&|one| one.0.forks_per_s * MICRO),
        mean(&|one| one.0.execs_per_s * MICRO),
    ];
    let middle = mean(&|one| one.1);
    let squares = own.iter().map(|one| (one.1 - middle).powi(2)).sum();
    (at, middle, squares)
}

/// The most terms that these workloads tell apart.
fn terms(groups: &[Group]) -> Option<Terms> {
    let most = |term: usize| groups.iter().map(|one| one.at[term]).fold(0.0, f64::max);
    let execs = most(2) > NEGLIGIBLE * most(1);
    let tried = [
        [true, true, true],
        [false, true, true],
        [true, true, false],
        [false, true, false],
        [true, false, false],
    ];
    let fits = |terms: &&Terms| (!terms[2] || execs) && told_apart(groups, **terms);
    tried.iter().find(fits).copied()
}

/// By the angle between the terms as they are, whatever their errors.
fn told_apart(groups: &[Group], terms: Terms) -> bool {
    let chosen = chosen(terms);
    let length = |term: usize| {
        groups
            .iter()
            .map(|one| one.at[term].powi(2))
            .sum::<f64>()
            .sqrt()
    };
    if chosen.len() > groups.len() || chosen.iter().any(|&term| length(term) <= 0.0) {
        return false;
    }
    let product = |a: usize, b: usize| {
        let sum: f64 = groups.iter().map(|one| one.at[a] * one.at[b]).sum();
        sum / length(a) / length(b)
    };
    let gram = |a: usize, b: usize| product(chosen[a], chosen[b]);
    let determinant = match chosen.len() {
        1 => 1.0,
        2 => 1.0 - gram(0, 1).powi(2),
        _ => {
            let (a, b, c) = (gram(0, 1), gram(0, 2), gram(1, 2));
            1.0 + 2.0 * a * b * c - a * a - b * b - c * c
        }
    };
    determinant > TOLD_APART
}

fn chosen(terms: Terms) -> Vec<usize> {
    (0..3).filter(|&term| terms[term]).collect()
}

/// The terms and their covariance; 0 for those that are left out.
fn solve(groups: &[Group], terms: Terms) -> Option<([f64; 3], [[f64; 3]; 3])> {
    let chosen = chosen(terms);
    let size = chosen.len();
    // Scaled, so that none of the sums is lost beside another.
    let scale: Vec<f64> = chosen
        .iter()
        .map(|&term| {
            groups
                .iter()
                .map(|one| one.at[term].abs())
                .fold(0.0, f64::max)
        })
        .collect();
    let (mut matrix, mut right) = (vec![0.0; size * size], vec![0.0; size]);
    for one in groups {
        for (row, &a) in chosen.iter().enumerate() {
            let left = one.at[a] / scale[row] / one.variance;
            right[row] += left * one.mean;
            for (column, &b) in chosen.iter().enumerate() {
                matrix[row * size + column] += left * one.at[b] / scale[column];
            }
        }
    }
    let inverse = invert(matrix, size);
    let (mut values, mut covariance) = ([0.0; 3], [[0.0; 3]; 3]);
    for (row, &a) in chosen.iter().enumerate() {
        for (column, &b) in chosen.iter().enumerate() {
            let one = inverse[row * size + column] / scale[row];
            values[a] += one * right[column];
            covariance[a][b] = one / scale[column];
        }
    }
    let finite = values
        .iter()
        .chain(covariance.iter().flatten())
        .all(|one| one.is_finite());
    finite.then_some((values, covariance))
}

/// The best that is nowhere below 0: of so few terms every choice can be tried.
fn bounded(groups: &[Group], terms: Terms) -> Option<[f64; 3]> {
    let choices = (0..8_u8).map(|bits| [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0]);
    let within = choices.filter(|one| one.iter().zip(terms).all(|(one, all)| !one || all));
    let solved = within.filter_map(|one| match one.contains(&true) {
        true => solve(groups, one).map(|found| found.0),
        false => Some([0.0; 3]),
    });
    let possible = solved.filter(|one| one.iter().all(|value| *value >= 0.0));
    possible.min_by(|a, b| squares(groups, a).total_cmp(&squares(groups, b)))
}

/// How many times further than their errors the workloads lie from the model; 1 where no more than they may. A
/// term that the bound keeps at 0 is a degree of freedom: where it would be far below, the model is wrong.
fn misfit(groups: &[Group], values: &[f64; 3]) -> f64 {
    let terms = values.iter().filter(|value| **value != 0.0).count();
    match groups.len().saturating_sub(terms) {
        0 => 1.0,
        spare => (squares(groups, values) / spare as f64).sqrt().max(1.0),
    }
}

/// The sum of the squares of how many errors each workload lies from the model.
fn squares(groups: &[Group], values: &[f64; 3]) -> f64 {
    let each = groups
        .iter()
        .map(|one| (one.mean - at(&one.at, values)).powi(2) / one.variance);
    each.sum()
}

/// The model at a place.
pub(super) fn at(place: &[f64; 3], values: &[f64; 3]) -> f64 {
    place.iter().zip(values).map(|(a, b)| a * b).sum()
}

/// Execs for each fork over all workloads; `None` where there are none to speak of.
fn mix(groups: &[Group]) -> Option<f64> {
    let sum = |term: usize| groups.iter().map(|one| one.at[term]).sum::<f64>();
    Some(sum(2) / sum(1)).filter(|mix| *mix > NEGLIGIBLE)
}

fn points(
    cells: &BTreeMap<&(usize, String), Vec<(&Observation, f64)>>,
    groups: &[Group],
    quantile: f64,
) -> Vec<FitPoint> {
    let points = cells.keys().zip(groups).map(|(key, one)| FitPoint {
        workload: key.1.clone(),
        forks_per_s: one.at[1] / MICRO,
        execs_per_s: one.at[2] / MICRO,
        cpus: Estimate {
            value: one.mean,
            low: Some(one.mean - quantile * one.variance.sqrt()),
            high: Some(one.mean + quantile * one.variance.sqrt()),
            n: one.n,
        },
    });
    points.collect()
}
