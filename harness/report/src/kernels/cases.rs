//! What the same case showed on several kernels, where it was not the same on all of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use scoring::record::Status;
use scoring::{CaseScore, Summary};
use serde::{Deserialize, Serialize};

use super::head::{Head, Named};
use crate::cases::findings;
use crate::each_once::each_once;

/// Why answers differ, by hand: what the kernels do differently is in no record.
static REASONS: LazyLock<Vec<Reason>> = LazyLock::new(|| {
    // A test reads it, too, and fails where it cannot be read.
    read_reasons().map_or_else(|_| Vec::new(), |all| all.difference)
});
/// Of a technique that the record lacks, or that cannot run there at all: the first table says which.
const LEFT_OUT: &str = "-";

/// The cases of several records.
#[derive(Debug, Serialize)]
pub(super) struct Differences<'a> {
    kernels: Vec<Head<'a>>,
    /// How many cases some record has.
    cases: usize,
    /// Pairs of a case and a configuration that more than one kernel answers, and those of them whose answers are
    /// the same.
    pairs: usize,
    equal: usize,
    rows: Vec<Row<'a>>,
}

/// Configurations that answer alike, case by case.
#[derive(Debug, Serialize)]
struct Row<'a> {
    case: &'a str,
    configurations: Vec<&'a str>,
    /// By kernel.
    answers: Vec<String>,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasons {
    difference: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Beginnings of names.
    cases: Vec<String>,
    /// All where there is none.
    #[serde(default)]
    configurations: Vec<String>,
    why: String,
}

impl<'a> Differences<'a> {
    /// Of the first record of each kernel that has cases; `None` when these are not several. A record may have been
    /// lent the cases of another of its machine.
    pub(super) fn new(all: &[Named<'a>]) -> Option<Self> {
        let with_cases = || all.iter().filter(|one| !one.1.cases.is_empty());
        let kernel = |one: &Named<'a>| &one.1.record.machine.kernel;
        let kernels = each_once(with_cases().map(kernel));
        if kernels.len() < 2 {
            return None;
        }
        let first = |name| with_cases().find(|one| kernel(one) == name);
        let records: Vec<_> = kernels.into_iter().filter_map(first).collect();
        let scores: Vec<_> = records.iter().map(|one| by_name(one.1)).collect();
        let all = records.iter().flat_map(|one| one.1.cases.iter());
        let cases = each_once(all.clone().map(|one| &*one.workload));
        let configurations = each_once(all.map(|one| &*one.configuration));
        let mut found = Self {
            kernels: records.iter().map(|one| Head::of(one)).collect(),
            cases: cases.len(),
            pairs: 0,
            equal: 0,
            rows: Vec::new(),
        };
        for &case in &cases {
            for &configuration in &configurations {
                let of = scores.iter().map(|one| one.get(&(case, configuration)));
                found.add((case, configuration), &of.collect::<Vec<_>>());
            }
        }
        Some(found)
    }

    fn add(&mut self, (case, configuration): (&'a str, &'a str), scores: &[Option<&&CaseScore>]) {
        let answers: Vec<_> = scores.iter().map(|one| answer(*one)).collect();
        let different = each_once(answers.iter().filter(|one| *one != LEFT_OUT));
        let compared = answers.iter().filter(|one| *one != LEFT_OUT).count();
        if compared < 2 {
            return;
        }
        self.pairs += 1;
        if different.len() < 2 {
            self.equal += 1;
            return;
        }
        let why = why(case, configuration, scores);
        let same =
            |row: &&mut Row<'_>| row.case == case && row.answers == answers && row.why == why;
        match self.rows.iter_mut().find(same) {
            Some(row) => row.configurations.push(configuration),
            None => self.rows.push(Row {
                case,
                configurations: vec![configuration],
                answers,
                why,
            }),
        }
    }
}

/// The scores of those techniques that could run.
fn by_name(one: &Summary) -> BTreeMap<(&str, &str), &CaseScore> {
    let able = one.record.monitors.iter();
    let able: Vec<_> = able
        .filter(|one| one.unavailable.is_none())
        .map(|one| &*one.name)
        .collect();
    let all = one.cases.iter();
    all.filter(|one| able.contains(&&*one.configuration))
        .map(|one| ((&*one.workload, &*one.configuration), one))
        .collect()
}

fn answer(score: Option<&&CaseScore>) -> String {
    let Some(score) = score else {
        return LEFT_OUT.into();
    };
    match score.status {
        Status::Unavailable => "cannot".into(),
        Status::Failed => "failed".into(),
        Status::Ok if score.same => findings(score),
        Status::Ok => format!("{}, not each time", findings(score)),
    }
}

/// By hand, or why the case cannot run or failed on one of them.
fn why(case: &str, configuration: &str, scores: &[Option<&&CaseScore>]) -> String {
    let known = REASONS.iter().find(|one| {
        let of = &one.configurations;
        one.cases.iter().any(|name| case.starts_with(&**name))
            && (of.is_empty() || of.iter().any(|name| configuration.starts_with(&**name)))
    });
    let said = || {
        let mut errors = scores.iter().flatten();
        errors.find_map(|one| one.error.clone())
    };
    let why = known.map(|one| one.why.clone()).or_else(said);
    why.unwrap_or_else(|| "not known why".into())
}

fn read_reasons() -> Result<Reasons, toml::de::Error> {
    toml::from_str(include_str!("differences.toml"))
}

#[cfg(test)]
mod tests;
