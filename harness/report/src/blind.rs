//! Blind windows, and what is known of processes that ran before: two tables, and lines for a terminal.

use contract::plain;
use scoring::record::{Start, Status};
use scoring::stats::{Estimate, mean};
use scoring::{Cell, Gap, Summary};
use serde::Serialize;

use crate::fit::Look;
use crate::numbers::{few, percent, thousands};

/// What stands over the columns of the windows.
const GAPS: [&str; 9] = [
    "configuration",
    "start, ms",
    "events unseen",
    "after a stop, ms",
    "events unseen",
    "after SIGKILL, ms",
    "events unseen",
    "missed later",
    "processes unknown then",
];

/// And of what ran before.
const BEFORE: [&str; 6] = [
    "configuration",
    "ran before",
    "known",
    "fields correct",
    "told twice",
    "false positives",
];

/// What a record says of them; empty where it has no such cells.
#[derive(Debug, Serialize)]
pub(crate) struct Blind {
    tables: Vec<Table>,
    #[serde(skip)]
    lines: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Table {
    workload: String,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Blind {
    pub(crate) fn new(summary: &Summary) -> Self {
        let (mut tables, mut lines) = (Vec::new(), Vec::new());
        for workload in summary.record.workloads.iter().filter(|one| one.is_blind()) {
            let mut rows = Vec::new();
            let mut gaps = true;
            for monitor in &summary.record.monitors {
                let own = summary.cells.iter().filter(|cell| {
                    cell.workload == workload.name && cell.configuration == monitor.name
                });
                let own: Vec<&Cell> = own.collect();
                let Some(row) = Row::new(&own, summary.record.seed) else {
                    continue;
                };
                gaps = !matches!(row, Row::Before(_));
                lines.push(format!("{}: {}", plain(&monitor.name), row.line()));
                rows.push([vec![monitor.name.clone()], row.cells()].concat());
            }
            if !rows.is_empty() {
                tables.push(Table {
                    workload: workload.name.clone(),
                    head: if gaps { &GAPS } else { &BEFORE },
                    rows,
                });
            }
        }
        Self { tables, lines }
    }

    /// For a terminal.
    pub(crate) fn terminal(&self, look: Look) -> String {
        let lines = self.lines.iter().map(|line| format!("{line}\n"));
        look.fitted(&lines.collect::<String>())
    }
}

/// All cells of one workload under one configuration.
enum Row {
    Gaps(Box<[Window; 3]>, u64),
    Before([u64; 6]),
    /// Why nothing was measured.
    Without(String),
}

/// One kind of start over all repetitions.
struct Window {
    /// `None` where one never ended.
    ms: Option<Estimate>,
    unseen: Option<Estimate>,
    missed_after: u64,
}

impl Row {
    fn new(cells: &[&Cell], seed: u64) -> Option<Self> {
        let measured: Vec<_> = cells
            .iter()
            .filter(|cell| cell.status == Status::Ok)
            .collect();
        let Some(first) = measured.first() else {
            let why = cells.first()?.error.clone();
            return Some(Self::Without(why.unwrap_or_default()));
        };
        if first.gap_ms.is_empty() {
            let all = measured.iter().filter_map(|cell| cell.snapshot);
            let mut sum = [0; 6];
            for one in all {
                let figures = [
                    one.running,
                    one.known,
                    one.correct,
                    one.correct + one.wrong,
                    one.duplicates,
                    one.false_positives,
                ];
                sum.iter_mut()
                    .zip(figures)
                    .for_each(|(sum, one)| *sum += one);
            }
            return Some(Self::Before(sum));
        }
        let of = |after: &str| -> Vec<Gap> {
            let all = measured.iter();
            all.filter_map(|cell| cell.gap_ms.get(after).copied())
                .collect()
        };
        let all = Start::AFTER.map(of);
        let unknown = all.iter().flatten().map(|gap| gap.unknown).sum();
        let windows = all.map(|gaps| Window::new(&gaps, seed));
        Some(Self::Gaps(Box::new(windows), unknown))
    }

    fn cells(&self) -> Vec<String> {
        match self {
            Self::Gaps(windows, unknown) => {
                let figures = windows
                    .iter()
                    .flat_map(|window| [&window.ms, &window.unseen]);
                let mut cells: Vec<_> = figures.map(|figure| shown(figure.as_ref())).collect();
                let missed: u64 = windows.iter().map(|window| window.missed_after).sum();
                cells.extend([missed, *unknown].map(thousands));
                cells
            }
            Self::Before([running, known, correct, fields, twice, never]) => vec![
                thousands(*running),
                share(*known, *running),
                share(*correct, *fields),
                thousands(*twice),
                thousands(*never),
            ],
            Self::Without(why) => vec![why.clone()],
        }
    }

    fn line(&self) -> String {
        let cells = self.cells();
        match self {
            Self::Gaps(..) => format!(
                "blind for {} ms at its start ({} events unseen), {} ms after a stop ({}), {} ms after \
                 SIGKILL ({}); missed later: {}; processes unknown then: {}",
                cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]
            ),
            Self::Before(_) => format!(
                "of {} processes that ran before, known: {}; fields correct: {}; told twice: {}; false \
                 positives: {}",
                cells[0], cells[1], cells[2], cells[3], cells[4]
            ),
            Self::Without(why) => format!("not measured: {}", plain(why)),
        }
    }
}

impl Window {
    fn new(gaps: &[Gap], seed: u64) -> Self {
        let ms: Option<Vec<f64>> = gaps.iter().map(|gap| gap.ms).collect();
        let unseen: Vec<_> = gaps.iter().map(|gap| gap.unseen as f64).collect();
        Self {
            ms: ms.and_then(|ms| mean(&ms, seed)),
            unseen: mean(&unseen, seed),
            missed_after: gaps.iter().map(|gap| gap.missed_after).sum(),
        }
    }
}

/// A value, its interval in brackets.
fn shown(figure: Option<&Estimate>) -> String {
    let Some(figure) = figure else {
        return "never ended".into();
    };
    let value = few(figure.value);
    match figure.low.zip(figure.high) {
        Some((low, high)) => format!("{value} [{}, {}]", few(low.max(0.0)), few(high)),
        None => value,
    }
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "none told".into(),
        _ => percent(part as f64 / whole as f64),
    }
}
