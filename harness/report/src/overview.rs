//! A record on one screen: each configuration on each family of workloads, and the answers.

use anyhow::Result;
use scoring::{Comparison, Summary};
use serde::Serialize;

use crate::advise::{self, Answer};
use crate::format::{self, CellText, Tone, tight};
use crate::numbers::{bare_percent, percent};

/// Each configuration on each family of workloads.
#[derive(Debug, Serialize)]
pub(crate) struct Overview {
    /// Workloads whose names begin alike.
    families: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    configuration: String,
    families: Vec<Figures>,
}

/// A configuration on a family: each figure is that of the worst workload.
#[derive(Debug, Serialize)]
struct Figures {
    missed: CellText,
    cpu: CellText,
    slowdown: CellText,
}

/// The overview and the answers, for a document that has no room for more.
#[derive(Debug, Serialize)]
pub(crate) struct Brief {
    overview: Overview,
    answers: Vec<Answer>,
}

impl Brief {
    pub(crate) fn new(summary: &Summary) -> Result<Self> {
        Ok(Self {
            overview: Overview::new(summary),
            answers: advise::answers(summary)?,
        })
    }
}

impl Overview {
    pub(crate) fn new(summary: &Summary) -> Self {
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
        let line = |monitor: &String| Row {
            configuration: monitor.clone(),
            families: families
                .iter()
                .map(|name| figures(summary, name, monitor))
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

fn figures(summary: &Summary, name: &str, monitor: &str) -> Figures {
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
    Figures {
        missed: missed(&all),
        cpu: dearest.map_or_else(CellText::none, format::system_cpu),
        slowdown: slowest.map_or_else(CellText::none, format::slowdown),
    }
}

/// Of the kinds that are offered; of which that is all, unless it is all three.
fn missed(all: &[&Comparison]) -> CellText {
    let pooled = |one: &&Comparison| format::pooled(one);
    let shares = all.iter().map(pooled).filter(|(_, truths)| *truths > 0);
    let shares: Vec<_> = shares.collect();
    let rate = |of: &(u64, u64)| of.0 as f64 / of.1 as f64;
    let worst = shares.iter().max_by(|a, b| rate(a).total_cmp(&rate(b)));
    let Some(worst) = worst else {
        return CellText::none();
    };
    let (short, tone) = if worst.0 == 0 {
        let truths = shares.iter().map(|share| share.1).sum();
        let most = tight(&percent(scoring::stats::binomial(0, truths).1));
        (format!("0 \u{2264}{most}"), Tone::Good)
    } else if worst.0 == worst.1 {
        ("all".to_owned(), Tone::Bad)
    } else {
        (format!("{}%", bare_percent(rate(worst))), Tone::Bad)
    };
    let short = match all.first().and_then(|one| format::offered_only(one)) {
        Some(kinds) => format!("{short} ({kinds} only)"),
        None => short,
    };
    CellText::new(short.clone(), short, tone)
}
