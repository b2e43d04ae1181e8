//! What a page shows of figures over records: a line for each, drawn small, those that changed first.

use serde::Serialize;

use super::follow::{Changed, Point, Series, Trend};
use super::text::{count, figure, point};

/// Size of a drawing, and what is left free round it.
const SIZE: (f64, f64) = (180.0, 36.0);
const EDGE: f64 = 4.0;

/// The page.
#[derive(Debug, Serialize)]
pub(crate) struct Lines<'a> {
    machine: &'a str,
    records: &'a [Point],
    /// What was tested.
    tested: String,
    lines: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    configuration: &'a str,
    workload: &'a str,
    figure: &'static str,
    /// Corners of the line, as SVG has them, one line for each run of records that have a value.
    runs: Vec<String>,
    /// Where it changed, across.
    marks: Vec<f64>,
    width: f64,
    height: f64,
    first: String,
    last: String,
    least: String,
    most: String,
    tested: bool,
    changes: Vec<Words>,
    /// One for each record.
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Words {
    tone: &'static str,
    text: String,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(found: &'a Trend) -> Self {
        let mut all: Vec<&Series> = found.series.iter().collect();
        all.sort_by_key(|one| one.changes.is_empty());
        let changes = found.series.iter().map(|one| one.changes.len()).sum();
        Self {
            machine: &found.machine,
            records: &found.records,
            tested: count(found, changes),
            lines: all.into_iter().map(|one| Line::of(found, one)).collect(),
        }
    }
}

impl<'a> Line<'a> {
    fn of(found: &'a Trend, one: &'a Series) -> Self {
        let known: Vec<f64> = one.values.iter().flatten().copied().collect();
        let least = known.iter().copied().fold(f64::INFINITY, f64::min);
        let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let across = |at: f64| {
            let steps = (one.values.len().max(2) - 1) as f64;
            EDGE + at / steps * (SIZE.0 - 2.0 * EDGE)
        };
        let up = |value: f64| {
            let share = if most > least {
                (value - least) / (most - least)
            } else {
                0.5
            };
            SIZE.1 - EDGE - share * (SIZE.1 - 2.0 * EDGE)
        };
        let corner =
            |(at, value): (usize, f64)| format!("{:.1},{:.1}", across(at as f64), up(value));
        let written = |value: Option<&f64>| value.map_or("-".into(), |value| figure(*value));
        Self {
            configuration: &one.configuration,
            workload: &one.workload,
            figure: one.figure,
            runs: runs(&one.values)
                .into_iter()
                .map(|run| {
                    let corners: Vec<_> = run.into_iter().map(corner).collect();
                    corners.join(" ")
                })
                .collect(),
            marks: one
                .changes
                .iter()
                .map(|change| across(change.at as f64 - 0.5))
                .collect(),
            width: SIZE.0,
            height: SIZE.1,
            first: written(known.first()),
            last: written(known.last()),
            least: figure(least),
            most: figure(most),
            tested: one.tested,
            changes: one
                .changes
                .iter()
                .map(|change| words(found, change))
                .collect(),
            values: one
                .values
                .iter()
                .map(|value| written(value.as_ref()))
                .collect(),
        }
    }
}

/// Values beside each other, without those that are not known.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let places: Vec<_> = values.iter().copied().enumerate().collect();
    let parts = places.split(|one| one.1.is_none());
    let run = |part: &[(usize, Option<f64>)]| {
        part.iter()
            .filter_map(|&(at, value)| Some((at, value?)))
            .collect()
    };
    parts.filter(|part| !part.is_empty()).map(run).collect()
}

fn words(found: &Trend, change: &Changed) -> Words {
    let (tone, word) = if change.better {
        ("good", "better")
    } else {
        ("bad", "worse")
    };
    Words {
        tone,
        text: format!(
            "{word}: {} to {}, from {} on{}",
            figure(change.before),
            figure(change.after),
            change.record,
            point(found, change.at)
        ),
    }
}
