//! Whether the figures of a sustained cell drift: those of its first half against those of its second.
//!
//! The cell is cut into twenty segments of equal time, and the ten of one half are held against the
//! ten of the other by Welch's test. A figure drifts where the test allows its difference by chance less
//! often than once in a hundred over all figures of the cell together, and the difference matters:
//! [`POINTS`] for shares, [`PART`] for detection latency and CPU.

use contract::{Claims, Field, Kind, Nanos};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::slices::{Count, SLICES, Slice, Slices};

/// Segments of a cell.
const SEGMENTS: usize = 20;
/// Segments of a half that a figure is known for, at least.
const FEWEST: usize = 5;
/// The chance of a drift where there is none, over all figures of a cell.
const ALARM: f64 = 0.01;
/// Differences of shares that matter.
const POINTS: f64 = 0.01;
/// Differences of other figures that matter, as a part of the smaller.
const PART: f64 = 0.1;

/// Whether one figure may stand for a whole cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stationarity {
    /// Nothing drifts.
    pub stationary: bool,
    /// What drifts.
    pub what: Vec<Drift>,
}

/// A figure that drifts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Which: `missed fork`, `correct exe`, `latency_us`, `own_cpu_us_per_event`.
    pub what: String,
    /// In the first half.
    pub first: f64,
    /// In the second.
    pub second: f64,
}

/// A figure, segment by segment.
struct Series {
    what: String,
    values: Vec<Option<f64>>,
    /// Whether it is a share; the others are compared by their logarithms.
    share: bool,
}

impl Stationarity {
    /// Of one cell. `own_cpu` are times and the CPU time used until then, as far as it is known.
    pub(super) fn of(slices: &Slices, claims: &Claims, own_cpu: &[(u64, u64)]) -> Self {
        let segments: Vec<&[Slice]> = slices.all.chunks(SLICES / SEGMENTS).collect();
        let mut all = shares(&segments, claims);
        let medians = segments.iter().map(|segment| median(segment)).collect();
        all.push(Series {
            what: "latency_us".into(),
            values: medians,
            share: false,
        });
        all.push(Series {
            what: "own_cpu_us_per_event".into(),
            values: cpu(slices.from, &segments, own_cpu),
            share: false,
        });
        all.retain(|series| series.halves().iter().all(|half| half.len() >= FEWEST));
        let alarm = ALARM / all.len().max(1) as f64;
        let what: Vec<Drift> = all
            .iter()
            .filter_map(|series| series.drift(alarm))
            .collect();
        Self {
            stationary: what.is_empty(),
            what,
        }
    }

    /// Of several cells: what drifts in any of them, once.
    pub(super) fn together<'a>(each: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let mut all: Option<Self> = None;
        for one in each {
            let all = all.get_or_insert_with(|| Self {
                stationary: true,
                what: Vec::new(),
            });
            all.stationary &= one.stationary;
            for drift in &one.what {
                if all.what.iter().all(|known| known.what != drift.what) {
                    all.what.push(drift.clone());
                }
            }
        }
        all
    }
}

fn shares(segments: &[&[Slice]], claims: &Claims) -> Vec<Series> {
    let series = |what: String, of: &dyn Fn(&Slice) -> Count| Series {
        what,
        values: segments.iter().map(|one| share(one, of)).collect(),
        share: true,
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| claims.kind(*kind));
    let missed = kinds.map(|kind| {
        let of = move |slice: &Slice| slice.missed[kind as usize];
        series(format!("missed {kind}"), &of)
    });
    let fields = Field::ALL.into_iter().map(|field| {
        let of = move |slice: &Slice| slice.correct[field as usize];
        series(format!("correct {}", field.as_str()), &of)
    });
    missed.chain(fields).collect()
}

fn share(segment: &[Slice], of: &dyn Fn(&Slice) -> Count) -> Option<f64> {
    let sum = |sum: Count, slice: &Slice| (sum.0 + of(slice).0, sum.1 + of(slice).1);
    let (hits, all) = segment.iter().fold((0, 0), sum);
    (all > 0).then(|| hits as f64 / all as f64)
}

/// Of the detection latencies, in microseconds.
fn median(segment: &[Slice]) -> Option<f64> {
    let each = segment.iter().flat_map(|slice| &slice.latencies);
    let mut all: Vec<Nanos> = each.copied().collect();
    let middle = all.len().checked_sub(1)? / 2;
    let (_, median, _) = all.select_nth_unstable(middle);
    Some(*median as f64 / 1000.0)
}

/// CPU in microseconds for each true event.
fn cpu(from: u64, segments: &[&[Slice]], samples: &[(u64, u64)]) -> Vec<Option<f64>> {
    let mut begun = from;
    let each = segments.iter().map(|segment| {
        let until = segment.last().map_or(begun, |slice| slice.until);
        let used = used_at(samples, until).zip(used_at(samples, begun));
        begun = until;
        let truths = segment.iter().flat_map(|slice| slice.missed);
        let events: u64 = truths.map(|count| count.1).sum();
        let (after, before) = used.filter(|_| events > 0)?;
        Some((after - before).max(0.0) / 1000.0 / events as f64)
    });
    each.collect()
}

/// The CPU time used until `at`, between two samples in proportion.
fn used_at(samples: &[(u64, u64)], at: u64) -> Option<f64> {
    let next = samples.partition_point(|sample| sample.0 < at);
    let (after, used_after) = *samples.get(next)?;
    if after == at {
        return Some(used_after as f64);
    }
    let (before, used_before) = *samples.get(next.checked_sub(1)?)?;
    let part = (at - before) as f64 / (after - before) as f64;
    Some(used_before as f64 + part * (used_after as f64 - used_before as f64))
}

impl Series {
    fn halves(&self) -> [Vec<f64>; 2] {
        let (first, second) = self.values.split_at(self.values.len() / 2);
        // A hundredth of a microsecond more, so that nothing has a logarithm too.
        let scale = |value: &f64| {
            if self.share {
                *value
            } else {
                (value + 0.01).ln()
            }
        };
        [first, second].map(|half| half.iter().flatten().map(scale).collect())
    }

    fn drift(&self, alarm: f64) -> Option<Drift> {
        let halves = self.halves();
        let [first, second] = halves.each_ref().map(|half| mean(half));
        let least = if self.share { POINTS } else { PART.ln_1p() };
        let drifts = (first - second).abs() >= least && chance(&halves) < alarm;
        let shown = |value: f64| {
            if self.share {
                value
            } else {
                value.exp() - 0.01
            }
        };
        drifts.then(|| Drift {
            what: self.what.clone(),
            first: shown(first),
            second: shown(second),
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// How often two samples of the same differ so much: Welch's test.
fn chance(halves: &[Vec<f64>; 2]) -> f64 {
    let squared_error = |half: &[f64]| {
        let (n, middle) = (half.len() as f64, mean(half));
        let squares: f64 = half.iter().map(|value| (value - middle).powi(2)).sum();
        (squares / (n - 1.0) / n, n - 1.0)
    };
    let [(one, df_one), (two, df_two)] = halves.each_ref().map(|half| squared_error(half));
    let difference = (mean(&halves[0]) - mean(&halves[1])).abs();
    let error = one + two;
    if error <= 0.0 {
        return if difference > 0.0 { 0.0 } else { 1.0 };
    }
    let df = error.powi(2) / (one.powi(2) / df_one + two.powi(2) / df_two);
    let law = StudentsT::new(0.0, 1.0, df);
    law.map_or(1.0, |law| 2.0 * law.sf(difference / error.sqrt()))
}

#[cfg(test)]
mod tests;
