//! Records of one machine in the order of their dates, and each figure over them.

use scoring::Summary;
use scoring::record::{FORMAT, Machine};
use serde::Serialize;

use super::change::{self, ALARM};
use super::figure::{FIGURES, Figure};
use crate::each_once::each_once;
use crate::machine::machine;

/// A record by the name it is told by.
#[derive(Clone, Copy)]
pub struct Follow<'a> {
    /// Where it is.
    pub name: &'a str,
    /// What it has.
    pub summary: &'a Summary,
}

/// Figures over records: docs/FORMAT.md has its keys.
#[derive(Debug, Serialize)]
pub struct Trend {
    pub(super) format: u32,
    pub(super) machine: String,
    pub(super) alarm: f64,
    pub(super) fewest: usize,
    pub(super) records: Vec<Point>,
    pub(super) series: Vec<Series>,
}

#[derive(Debug, Serialize)]
pub(super) struct Point {
    pub(super) record: String,
    pub(super) started: String,
    pub(super) commit: Option<String>,
    pub(super) version: String,
    pub(super) kernel: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Series {
    pub(super) configuration: String,
    pub(super) workload: String,
    pub(super) figure: &'static str,
    /// One for each record.
    pub(super) values: Vec<Option<f64>>,
    /// Whether there are enough values to tell a change from chance.
    pub(super) tested: bool,
    pub(super) changes: Vec<Changed>,
}

#[derive(Debug, Serialize)]
pub(super) struct Changed {
    /// Place of the first record after it.
    pub(super) at: usize,
    pub(super) record: String,
    /// Means of the values since the change before, and until the one after.
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) better: bool,
    pub(super) chance: f64,
}

/// What records of one machine have in common: its kernel and distribution may change, and are told.
fn hardware(one: &Machine) -> (&str, &str, &str, u32, u64, bool) {
    let memory = one.memory_bytes >> 20;
    (
        &one.arch,
        &one.cpu,
        &one.virtualisation,
        one.cpus,
        memory,
        one.correctness_only,
    )
}

/// The records of the machine that has most of them, of equals that of the latest record; and a line for each of
/// those that are left out.
pub fn apart<'a>(all: &[Follow<'a>]) -> (Vec<Follow<'a>>, Vec<String>) {
    let of = |one: &Follow<'a>| hardware(&one.summary.record.machine);
    let started = |one: &Follow<'a>| one.summary.record.started.clone();
    let count = |one: &Follow<'a>| all.iter().filter(|other| of(other) == of(one)).count();
    let Some(chosen) = all.iter().max_by_key(|one| (count(one), started(one))) else {
        return (Vec::new(), Vec::new());
    };
    let (own, others): (Vec<_>, Vec<_>) =
        all.iter().copied().partition(|one| of(one) == of(chosen));
    let line = |one: &Follow<'a>| {
        let machine = &one.summary.record.machine;
        format!(
            "{}: is of another machine ({} CPUs, {}, {} MiB), left out: follow its records apart",
            one.name,
            machine.cpus,
            machine.cpu,
            machine.memory_bytes >> 20
        )
    };
    (own, others.iter().map(line).collect())
}

/// Follows the figures of records of one machine.
pub fn follow(all: &[Follow<'_>]) -> Trend {
    let mut all = all.to_vec();
    all.sort_by(|a, b| a.summary.record.started.cmp(&b.summary.record.started));
    let summaries: Vec<&Summary> = all.iter().map(|one| one.summary).collect();
    let mut series = series(&summaries);
    let scaled: Vec<Vec<Option<f64>>> = series
        .iter()
        .map(|(one, figure)| {
            one.values
                .iter()
                .map(|value| value.map(figure.scale))
                .collect()
        })
        .collect();
    let points: Vec<Point> = all.iter().map(point).collect();
    let seed = summaries.last().map_or(0, |one| one.record.seed);
    let found = change::changes(&scaled, seed);
    for ((one, _), changes) in series.iter_mut().zip(&found) {
        one.changes = changed(&one.values, changes, &points);
    }
    Trend {
        format: FORMAT,
        machine: summaries
            .last()
            .map_or_else(String::new, |one| machine(&one.record.machine)),
        alarm: ALARM,
        fewest: change::FEWEST,
        records: points,
        series: series.into_iter().map(|(one, _)| one).collect(),
    }
}

fn point(one: &Follow<'_>) -> Point {
    let record = &one.summary.record;
    Point {
        record: one.name.to_owned(),
        started: record.started.clone(),
        commit: record.commit.clone(),
        version: record.version.clone(),
        kernel: record.machine.kernel.clone(),
    }
}

/// Every figure that any record has, in the order in which they are met.
fn series(all: &[&Summary]) -> Vec<(Series, &'static Figure)> {
    let rows = all.iter().flat_map(|one| &one.comparison);
    let rows = rows.filter(|row| row.configuration != "null");
    let names = each_once(rows.map(|row| (&row.configuration, &row.workload)));
    let each = names
        .iter()
        .flat_map(|name| FIGURES.iter().map(move |figure| (name, figure)));
    let read = |(&(configuration, workload), figure): (&(&String, &String), &'static Figure)| {
        let value = |one: &&Summary| {
            let speed = !one.record.machine.correctness_only;
            let row = one
                .of(workload, configuration)
                .filter(|_| speed || !figure.speed)?;
            (figure.read)(one, row).filter(|value| value.is_finite())
        };
        let values: Vec<_> = all.iter().map(value).collect();
        let known = values.iter().flatten().count();
        (known > 0).then(|| {
            let series = Series {
                configuration: configuration.clone(),
                workload: workload.clone(),
                figure: figure.name,
                tested: known >= change::FEWEST,
                values,
                changes: Vec::new(),
            };
            (series, figure)
        })
    };
    each.filter_map(read).collect()
}

fn changed(values: &[Option<f64>], all: &[change::Change], points: &[Point]) -> Vec<Changed> {
    let mean = |from: usize, until: usize| {
        let known: Vec<f64> = values[from..until].iter().flatten().copied().collect();
        known.iter().sum::<f64>() / known.len().max(1) as f64
    };
    let each = all.iter().enumerate().map(|(place, one)| {
        let from = place.checked_sub(1).map_or(0, |before| all[before].at);
        let until = all.get(place + 1).map_or(values.len(), |next| next.at);
        let (before, after) = (mean(from, one.at), mean(one.at, until));
        Changed {
            at: one.at,
            record: points[one.at].record.clone(),
            before,
            after,
            better: after < before,
            chance: one.chance,
        }
    });
    each.collect()
}
