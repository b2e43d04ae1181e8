//! The kernel matrix: the same comparison on several kernels, technique by technique. Times are left
//! out: these records come from machines that have nothing in common but the question.

use contract::{Field, Kind};
use serde::Serialize;

use super::format::pooled;
use crate::numbers::{percent, thousands};
use scoring::{Comparison, Summary};

/// Several records.
#[derive(Debug, Serialize)]
pub(super) struct Kernels<'a> {
    records: Vec<Head<'a>>,
    techniques: Vec<Technique<'a>>,
    workloads: Vec<Losses<'a>>,
    /// Some record is from emulated CPUs.
    emulated: bool,
}

/// A column.
#[derive(Debug, Serialize)]
struct Head<'a> {
    kernel: &'a str,
    record: &'a str,
    started: &'a str,
    virtualisation: &'a str,
    distribution: &'a str,
}

#[derive(Debug, Serialize)]
struct Technique<'a> {
    name: &'a str,
    /// By record.
    states: Vec<String>,
    reasons: Vec<Reason<'a>>,
}

/// Why it does not simply work, and on which kernels it is so.
#[derive(Debug, Serialize)]
struct Reason<'a> {
    kernels: Vec<&'a str>,
    why: String,
}

#[derive(Debug, Serialize)]
struct Losses<'a> {
    name: &'a str,
    rows: Vec<(&'a str, Vec<String>)>,
}

impl<'a> Kernels<'a> {
    /// Of those that compare techniques; `None` when these are not several.
    pub(super) fn of_many(records: impl Iterator<Item = &'a Summary>) -> Option<Self> {
        let records: Vec<_> = records.filter(|one| !one.comparison.is_empty()).collect();
        (records.len() > 1).then(|| Self::new(&records))
    }

    /// Of scored records, in the order in which they were named.
    pub(super) fn new(records: &[&'a Summary]) -> Self {
        let monitors = each(records, |one| {
            let all = one.record.monitors.iter().map(|monitor| &*monitor.name);
            all.filter(|name| *name != "null").collect()
        });
        let workloads = each(records, |one| {
            one.record.workloads.iter().map(|w| &*w.name).collect()
        });
        Self {
            records: records.iter().map(|one| head(one)).collect(),
            techniques: monitors.iter().map(|m| technique(records, m)).collect(),
            workloads: workloads
                .into_iter()
                .map(|name| losses(records, name, &monitors))
                .collect(),
            emulated: records
                .iter()
                .any(|one| one.record.machine.correctness_only),
        }
    }
}

/// What all records name, each once, in the order in which they come up.
fn each<'a>(records: &[&'a Summary], names: impl Fn(&'a Summary) -> Vec<&'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in records.iter().flat_map(|one| names(one)) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn head(one: &Summary) -> Head<'_> {
    Head {
        kernel: &one.record.machine.kernel,
        record: &one.record.record,
        started: &one.record.started,
        virtualisation: &one.record.machine.virtualisation,
        distribution: &one.record.machine.distribution,
    }
}

fn technique<'a>(records: &[&'a Summary], name: &'a str) -> Technique<'a> {
    let mut states = Vec::new();
    let mut reasons: Vec<Reason<'a>> = Vec::new();
    for one in records {
        let of = one.comparison.iter().filter(|c| c.configuration == name);
        let (state, whys) = state(&of.collect::<Vec<_>>());
        states.push(state);
        for why in whys {
            let kernel = &*one.record.machine.kernel;
            match reasons.iter_mut().find(|reason| reason.why == why) {
                Some(reason) => reason.kernels.push(kernel),
                None => reasons.push(Reason {
                    kernels: vec![kernel],
                    why,
                }),
            }
        }
    }
    Technique {
        name,
        states,
        reasons,
    }
}

/// How a technique fares on one kernel over all workloads, in a word, and why.
fn state(all: &[&Comparison]) -> (String, Vec<String>) {
    let measured: Vec<_> = all.iter().filter(|one| one.repetitions > 0).collect();
    let mut whys = once(all.iter().flat_map(|one| one.errors.iter().cloned()));
    if measured.is_empty() {
        let word = match all {
            [] => "-",
            _ if all.iter().any(|one| one.failed > 0) => "failed",
            _ => "cannot",
        };
        return (word.into(), whys);
    }
    whys.extend(once(measured.iter().filter_map(|one| one.blind.clone())));
    if measured.iter().all(|one| one.blind.is_some()) {
        return ("sees nothing".into(), whys);
    }
    let gaps = once(measured.iter().flat_map(|one| missing(one)));
    whys.extend(measured.iter().filter_map(|one| gap(one)));
    match (gaps.is_empty(), whys.is_empty()) {
        (true, true) => ("works".into(), whys),
        (true, false) => ("in part".into(), whys),
        _ => (format!("in part: not all {}", gaps.join(", ")), whys),
    }
}

fn once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// The kinds and fields that were not all told rightly, or are not offered.
fn missing(one: &Comparison) -> Vec<&'static str> {
    let kinds = Kind::ALL.into_iter();
    let kinds = kinds.filter(|&kind| one.loss.get(kind).is_none_or(|loss| loss.missed > 0));
    let fields = Field::ALL.into_iter();
    let fields = fields.filter(|&field| {
        one.fields
            .get(field)
            .is_some_and(|score| score.offered && score.wrong + score.truncated + score.missing > 0)
    });
    let kinds = kinds.map(Kind::as_str);
    kinds.chain(fields.map(Field::as_str)).collect()
}

/// The same in words, with the workload and how it is with each.
fn gap(one: &Comparison) -> Option<String> {
    if one.blind.is_some() {
        return None;
    }
    let kinds = Kind::ALL.into_iter().filter_map(|kind| {
        let name = kind.as_str();
        let Some(loss) = one.loss.get(kind) else {
            return Some(format!("{name} not offered"));
        };
        match loss.missed {
            0 => None,
            all if all == loss.truths => Some(format!("every {name} missed")),
            some => Some(format!(
                "{name} missed {some} of {}",
                thousands(loss.truths)
            )),
        }
    });
    let fields = Field::ALL.into_iter().filter_map(|field| {
        let score = one.fields.get(field).filter(|score| score.offered)?;
        let all = score.correct + score.wrong + score.truncated + score.missing;
        let share = percent(score.correct as f64 / all as f64);
        (score.correct < all).then(|| format!("{} right in {share}", field.as_str()))
    });
    let words: Vec<_> = kinds.chain(fields).collect();
    (!words.is_empty()).then(|| format!("{}: {}", one.workload, words.join(", ")))
}

fn losses<'a>(records: &[&'a Summary], name: &'a str, monitors: &[&'a str]) -> Losses<'a> {
    let row = |monitor: &'a str| {
        let of = |one: &&Summary| {
            let mut all = one.comparison.iter();
            let found = all.find(|c| c.workload == name && c.configuration == monitor);
            found.map_or_else(|| "-".into(), loss)
        };
        (monitor, records.iter().map(of).collect())
    };
    Losses {
        name,
        rows: monitors.iter().map(|monitor| row(monitor)).collect(),
    }
}

/// All offered kinds together.
fn loss(one: &Comparison) -> String {
    let (missed, truths) = pooled(one);
    match (one.repetitions, one.failed) {
        (0, 0) => "cannot".into(),
        (0, _) => "failed".into(),
        _ if missed == 0 => format!("0 of {}", thousands(truths)),
        _ if missed == truths => format!("all {}", thousands(truths)),
        _ => {
            let share = percent(missed as f64 / truths as f64);
            format!("{} of {} ({share})", thousands(missed), thousands(truths))
        }
    }
}
