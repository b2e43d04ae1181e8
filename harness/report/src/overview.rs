//! A record on one screen: each technique on each family of workloads, and the four answers.

use serde::Serialize;

use super::format::{self, Row, Said, Tone};
use crate::advise::Answer;
use crate::numbers::{bare_percent, percent};
use scoring::{Comparison, Summary};

/// The matrix.
#[derive(Debug, Serialize)]
pub(super) struct Brief {
    /// Workloads whose names begin alike.
    families: Vec<String>,
    rows: Vec<Line>,
}

/// A technique.
#[derive(Debug, Serialize)]
struct Line {
    configuration: String,
    families: Vec<Share>,
}

/// A technique on a family: each figure is that of the worst workload.
#[derive(Debug, Serialize)]
struct Share {
    missed: Said,
    cpu: Said,
    slowdown: Said,
}

/// The matrix and the answers, for a document that has no room for more.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) brief: Brief,
    pub(super) answers: Vec<Answer>,
}

impl Brief {
    pub(super) fn new(summary: &Summary) -> Self {
        let mut families: Vec<String> = Vec::new();
        for one in &summary.record.workloads {
            let name = family(&one.name).to_owned();
            if !families.contains(&name) {
                families.push(name);
            }
        }
        let monitors = summary.record.monitors.iter().map(|one| &one.name);
        let measured = |name: &&String| {
            let mut all = summary.comparison.iter();
            *name != "null" && all.any(|one| one.configuration == **name && one.repetitions > 0)
        };
        let line = |monitor: &String| Line {
            configuration: monitor.clone(),
            families: families
                .iter()
                .map(|name| share(summary, name, monitor))
                .collect(),
        };
        let rows = monitors.filter(measured).map(line).collect();
        Self { rows, families }
    }
}

/// `short-lived` of `short-lived/vfork`.
fn family(workload: &str) -> &str {
    workload.split(['/', '{']).next().unwrap_or(workload)
}

fn share(summary: &Summary, name: &str, monitor: &str) -> Share {
    let all = summary.comparison.iter();
    let all: Vec<&Comparison> = all
        .filter(|one| {
            one.configuration == monitor && one.repetitions > 0 && family(&one.workload) == name
        })
        .collect();
    let worst = |figure: &dyn Fn(&Comparison) -> Option<f64>| {
        let found = all.iter().filter_map(|one| Some((*one, figure(one)?)));
        found.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(one, _)| one)
    };
    let slowest = worst(&|one| Some(one.slowdown?.ratio));
    let dearest = worst(&|one| Some(one.system_cpu_us_per_event?.estimate.value));
    Share {
        missed: missed(&all),
        cpu: dearest.map_or_else(none, format::system_cpu),
        slowdown: slowest.map_or_else(none, format::slowdown),
    }
}

fn none() -> Said {
    Said {
        full: "-".into(),
        short: "-".into(),
        tone: Tone::Plain,
    }
}

/// Of the kinds that are offered; of which that is all, unless it is all three.
fn missed(all: &[&Comparison]) -> Said {
    let pooled = |one: &&Comparison| format::pooled(one);
    let shares = all.iter().map(pooled).filter(|(_, truths)| *truths > 0);
    let shares: Vec<_> = shares.collect();
    let rate = |of: &(u64, u64)| of.0 as f64 / of.1 as f64;
    let worst = shares.iter().max_by(|a, b| rate(a).total_cmp(&rate(b)));
    let Some(worst) = worst else {
        return none();
    };
    let (short, tone) = if worst.0 == 0 {
        let truths = shares.iter().map(|share| share.1).sum();
        let most = percent(scoring::stats::binomial(0, truths).1).replace(' ', "");
        (format!("0 \u{2264}{most}"), Tone::Good)
    } else if worst.0 == worst.1 {
        ("all".to_owned(), Tone::Bad)
    } else {
        (format!("{}%", bare_percent(rate(worst))), Tone::Bad)
    };
    let short = match all.first().and_then(|one| Row::offered_only(one)) {
        Some(kinds) => format!("{short} ({kinds} only)"),
        None => short,
    };
    Said {
        full: short.clone(),
        short,
        tone,
    }
}
