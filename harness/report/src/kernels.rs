//! The kernel matrix: the same comparison on several kernels, configuration by configuration. Times
//! are left out: these records come from machines that have nothing in common but the question.

mod cases;
mod head;
mod state;

use scoring::{Comparison, Summary};
use serde::Serialize;

use self::cases::Differences;
use self::head::{Head, Named};
use self::state::state;
use crate::each_once::each_once;
use crate::format::pooled;
use crate::numbers::{percent, thousands};

/// Several records.
#[derive(Debug, Serialize)]
pub(crate) struct Kernels<'a> {
    /// Those that compare configurations under load; the columns.
    records: Vec<Head<'a>>,
    /// And those that have nothing but cases.
    all: Vec<Head<'a>>,
    configurations: Vec<Configuration<'a>>,
    workloads: Vec<Losses<'a>>,
    /// Some record is from emulated CPUs.
    emulated: bool,
    cases: Option<Differences<'a>>,
}

#[derive(Debug, Serialize)]
struct Configuration<'a> {
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
    /// Of those that compare configurations; `None` when these are not several.
    pub(crate) fn of_many(records: impl Iterator<Item = Named<'a>>) -> Option<Self> {
        let found = Self::new(&records.collect::<Vec<_>>());
        (found.records.len() > 1 || found.cases.is_some()).then_some(found)
    }

    /// Of scored records, in the order in which they were named.
    pub(crate) fn new(all: &[Named<'a>]) -> Self {
        let compared = all.iter().filter(|one| !one.1.comparison.is_empty());
        let records: Vec<_> = compared.clone().map(|one| one.1).collect();
        let records = &records[..];
        let monitors = each(records, |one| {
            let all = one.record.monitors.iter().map(|monitor| &*monitor.name);
            all.filter(|name| *name != "null").collect()
        });
        let workloads = each(records, |one| {
            one.record.workloads.iter().map(|w| &*w.name).collect()
        });
        Self {
            records: compared.map(Head::of).collect(),
            all: all.iter().map(Head::of).collect(),
            configurations: monitors
                .iter()
                .map(|name| configuration(records, name))
                .collect(),
            workloads: workloads
                .into_iter()
                .map(|name| losses(records, name, &monitors))
                .collect(),
            emulated: all.iter().any(|one| one.1.record.machine.correctness_only),
            cases: Differences::new(all),
        }
    }
}

/// What all records name, each once, in the order in which they come up.
fn each<'a>(records: &[&'a Summary], names: impl Fn(&'a Summary) -> Vec<&'a str>) -> Vec<&'a str> {
    each_once(records.iter().flat_map(|one| names(one)))
}

fn configuration<'a>(records: &[&'a Summary], name: &'a str) -> Configuration<'a> {
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
    Configuration {
        name,
        states,
        reasons,
    }
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
