//! Whether records of one machine give the same answer to a need, and where not, why.

use scoring::Summary;

use super::question::{Asked, Candidate, Question};
use super::rules::{Need, Rules};

/// A record and what it is called.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it holds.
    pub summary: &'a Summary,
}

/// A record of the same machine with another answer.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// What it says, and why that is not the same.
    pub words: String,
    /// Both measured the same, and by the same figure each prefers what the other does not.
    pub contradicts: bool,
}

/// The records of the machine of `one` that answer `need` differently.
pub fn others(
    rules: &Rules,
    need: &Need,
    asked: Asked,
    one: Named<'_>,
    all: &[Named<'_>],
) -> Vec<Other> {
    let identity = one.summary.record.machine.identity();
    let same = all.iter().filter(|other| {
        !std::ptr::eq(other.summary, one.summary)
            && other.summary.record.machine.identity() == identity
            && !other.summary.comparison.is_empty()
    });
    let own = Side::new(rules, need, asked, one);
    same.filter_map(|other| own.difference(&Side::new(rules, need, asked, *other)))
        .collect()
}

/// One of two records.
struct Side<'a> {
    name: &'a str,
    question: Question<'a>,
    candidates: Vec<Candidate<'a>>,
    choices: Vec<&'a str>,
}

/// Why a choice of one record is none of the other.
struct Reason {
    words: String,
    contradicts: bool,
}

impl<'a> Side<'a> {
    fn new(rules: &'a Rules, need: &'a Need, asked: Asked, named: Named<'a>) -> Self {
        let question = Question {
            rules,
            need,
            summary: named.summary,
            asked,
        };
        let candidates = question.candidates();
        let able: Vec<_> = candidates.iter().filter(|one| one.is_able()).collect();
        let choices = question.best(&able, &mut Vec::new());
        Self {
            name: named.name,
            question,
            candidates,
            choices,
        }
    }

    fn difference(&self, other: &Self) -> Option<Other> {
        let missing = |of: &Self, from: &Self| -> Vec<&'a str> {
            let choices = of.choices.iter().copied();
            choices
                .filter(|name| !from.choices.contains(name))
                .collect()
        };
        let (gone, new) = (missing(self, other), missing(other, self));
        if gone.is_empty() && new.is_empty() {
            return None;
        }
        let gone = gone.into_iter().map(|name| self.why(other, name));
        let new = new.into_iter().map(|name| other.why(self, name));
        let reasons: Vec<_> = gone.chain(new).collect();
        let mut words: Vec<_> = reasons.iter().map(|one| one.words.clone()).collect();
        words.dedup();
        let says = match other.choices.is_empty() {
            true => "no choice".into(),
            false => other.choices.join(" or "),
        };
        Some(Other {
            name: other.name.to_owned(),
            words: format!(
                "{}, of the same machine, says {says}: {}",
                other.name,
                words.join("; ")
            ),
            contradicts: reasons.iter().any(|one| one.contradicts),
        })
    }

    /// Why `name`, a choice of this record, is none of `other`.
    fn why(&self, other: &Self, name: &str) -> Reason {
        let plain = |words: String| Reason {
            words,
            contradicts: false,
        };
        let there = other
            .candidates
            .iter()
            .find(|one| one.configuration == name);
        let Some(there) = there.filter(|_| other.measured(name)) else {
            return plain(format!("{name} was not measured in {}", other.name));
        };
        if let Some(fail) = there.fails.first() {
            return plain(format!("in {} {name} {}", other.name, fail.words));
        }
        if let Some(unknown) = there.unknown.first() {
            return plain(format!("{} does not hold {unknown}", other.name));
        }
        self.beaten(other, name)
    }

    /// By what `name` is beaten in `other`, and not here.
    fn beaten(&self, other: &Self, name: &str) -> Reason {
        let able = other.candidates.iter().filter(|one| one.is_able());
        let found = able.into_iter().find_map(|rival| {
            let (metric, ..) = other.question.decisive(rival.configuration, name)?;
            Some((rival.configuration, metric))
        });
        let Some((rival, metric)) = found else {
            return Reason {
                words: format!("{name} is as good there by every figure"),
                contradicts: true,
            };
        };
        let label = metric.label();
        let words = format!(
            "by its {label} {rival} is better than {name} in {}",
            other.name
        );
        let own = (
            self.question.read(metric, name),
            self.question.read(metric, rival),
        );
        let reversed = match own {
            (Ok(one), Ok(two)) => one.beats(&two, metric),
            _ => false,
        };
        let why = if !self.measured(rival) {
            format!("{rival} was not measured in {}", self.name)
        } else if self.workloads() != other.workloads() {
            "the two have other workloads".into()
        } else if reversed {
            format!("in {} it is the other way round", self.name)
        } else {
            format!("{} cannot tell them apart by it", self.name)
        };
        Reason {
            contradicts: reversed && self.workloads() == other.workloads() && self.measured(rival),
            words: format!("{words}; {why}"),
        }
    }

    fn measured(&self, name: &str) -> bool {
        let mut all = self.question.summary.comparison.iter();
        all.any(|one| one.configuration == name && one.repetitions > 0)
    }

    fn workloads(&self) -> Vec<&str> {
        let all = self.question.summary.record.workloads.iter();
        let mut names: Vec<_> = all
            .filter(|one| !one.is_case())
            .map(|one| &*one.name)
            .collect();
        names.sort_unstable();
        names
    }
}
