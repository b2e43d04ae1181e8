//! The matrix in words: a table for each technique, and each act with what came of it.

use serde::Serialize;

use super::read::{Interval, Measured, Outcome, Row, State, Tamper};
use crate::each_once::each_once;
use crate::numbers::percent;

#[derive(Debug, Serialize)]
pub(crate) struct Matrix {
    command: String,
    commit: String,
    kernel: String,
    cells: usize,
    probes: Vec<String>,
    adversaries: Vec<[String; 2]>,
    pub(super) techniques: Vec<Technique>,
    acts: Vec<Act>,
}

#[derive(Debug, Serialize)]
pub(super) struct Technique {
    pub(super) name: String,
    /// Where it was attacked: the guest, or nothing for the machine itself.
    pub(super) guest: Option<String>,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Acts>,
}

#[derive(Debug, Serialize)]
pub(super) struct Acts {
    pub(super) act: String,
    pub(super) cells: Vec<Cell>,
}

/// What one adversary reached: the words, and how they look.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    pub(super) text: String,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct Act {
    name: String,
    analysis: String,
    results: Vec<Detail>,
}

/// All that is known of an act of one adversary on one configuration.
#[derive(Debug, Serialize)]
struct Detail {
    configuration: String,
    adversary: String,
    result: String,
    repetitions: String,
    lost: String,
    told: String,
    words: String,
    place: String,
}

impl Matrix {
    pub(super) fn new(found: &Tamper) -> Self {
        let tables = each_once(found.tamper.iter().map(table));
        Self {
            command: found.record.command.clone(),
            commit: found.record.commit.clone(),
            kernel: found.record.kernel.clone(),
            cells: found.cells.len(),
            probes: found.record.probes.clone(),
            adversaries: found
                .adversaries
                .iter()
                .map(|one| [one.name.clone(), one.what.clone()])
                .collect(),
            techniques: tables
                .into_iter()
                .map(|own| technique(found, own))
                .collect(),
            acts: acts(found),
        }
    }
}

/// What has a table of its own: a technique, in a guest or not.
type Table<'a> = (&'a str, Option<&'a str>);

fn table(row: &Row) -> Table<'_> {
    (row.technique(), row.guest.as_deref())
}

fn technique(found: &Tamper, of: Table<'_>) -> Technique {
    let own: Vec<&Row> = found.tamper.iter().filter(|row| table(row) == of).collect();
    let who = each_once(found.tamper.iter().map(|row| row.adversary.as_str()));
    let row = |act: &str| {
        let one = |who: &&str| {
            own.iter()
                .find(|row| row.act() == act && row.adversary == *who)
        };
        Acts {
            act: act.to_owned(),
            cells: who.iter().map(|who| cell(one(who))).collect(),
        }
    };
    let acts = each_once(own.iter().map(|row| row.act()));
    let head = std::iter::once("act").chain(who.iter().copied());
    Technique {
        name: of.0.to_owned(),
        guest: of.1.map(str::to_owned),
        head: head.map(str::to_owned).collect(),
        rows: acts.into_iter().map(row).collect(),
    }
}

fn cell(row: Option<&&Row>) -> Cell {
    let Some(row) = row else {
        return Cell {
            text: "not run".into(),
            class: "soft",
        };
    };
    Cell {
        text: words(row),
        class: row.measured.as_ref().map_or("soft", class),
    }
}

/// What blinds in silence is bad; what is refused, has no effect or is told is good; late is neither.
fn class(one: &Measured) -> &'static str {
    match one.result {
        Outcome::Silent => "bad",
        Outcome::ToldLate => "",
        Outcome::Refused | Outcome::WithoutEffect | Outcome::Told => "good",
    }
}

fn name(result: Outcome) -> &'static str {
    match result {
        Outcome::Refused => "refused",
        Outcome::WithoutEffect => "without effect",
        Outcome::Told => "told",
        Outcome::ToldLate => "told late",
        Outcome::Silent => "silent",
    }
}

fn result(row: &Row) -> String {
    let measured = row.measured.as_ref().map(|one| {
        let same = if one.same { "" } else { ", not each time" };
        format!("{}{same}", name(one.result))
    });
    let word = match row.status {
        State::Ok => None,
        State::Failed => Some("failed"),
        State::Unavailable => Some("unavailable"),
    };
    let why = row.error.as_deref().unwrap_or("no reason is given");
    let without = word.map(|word| format!("{word}: {why}"));
    let parts: Vec<_> = measured.into_iter().chain(without).collect();
    parts.join("; ")
}

fn words(row: &Row) -> String {
    let text = result(row);
    let Some(one) = &row.measured else {
        return text;
    };
    let mut inner = Vec::new();
    if !matches!(one.result, Outcome::Refused | Outcome::WithoutEffect)
        && let Some((lost, ..)) = one.lost_share
    {
        inner.push(format!("{} lost", percent(lost)));
        let late = one.unseen_share.map_or(0.0, |(unseen, ..)| unseen - lost);
        if late > 0.005 {
            inner.push(format!("{} late", percent(late)));
        }
    }
    if one.forged.iter().any(|count| *count > 0) {
        inner.push(format!(
            "{} forged in {}",
            one.forged.iter().sum::<u64>(),
            row.repetitions
        ));
    }
    if let Some(told) = one.told_s {
        inner.push(seconds(told));
    }
    match inner.is_empty() {
        true => text,
        false => format!("{text} ({})", inner.join(", ")),
    }
}

fn seconds((mean, low, high): Interval) -> String {
    match low.zip(high) {
        Some((low, high)) => format!("{mean:.2} s, {low:.2} to {high:.2}"),
        None => format!("{mean:.2} s"),
    }
}

/// Each act that was done to something, in the order of the record's list.
fn acts(found: &Tamper) -> Vec<Act> {
    let listed = found.acts.iter().map(|act| act.name.as_str());
    let names = each_once(listed.chain(found.tamper.iter().map(Row::act)));
    let act = |name: &str| Act {
        name: name.to_owned(),
        analysis: found
            .acts
            .iter()
            .find(|act| act.name == name)
            .map_or_else(String::new, |act| act.analysis.clone()),
        results: found
            .tamper
            .iter()
            .filter(|row| row.act() == name)
            .map(detail)
            .collect(),
    };
    let acts = names.into_iter().map(act);
    acts.filter(|act| !act.results.is_empty()).collect()
}

fn detail(row: &Row) -> Detail {
    let each = |values: &[u64]| {
        values
            .iter()
            .map(u64::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let one = row.measured.as_ref();
    let spoken = |one: &Measured| match (one.said.as_str(), one.answer.as_str()) {
        ("", answer) => answer.to_owned(),
        (said, _) => said.to_owned(),
    };
    let guest = row.guest.as_ref().map(|key| format!("guest {key}"));
    let commits = row
        .commits
        .iter()
        .map(|commit| commit.chars().take(12).collect());
    Detail {
        configuration: row.configuration.clone(),
        adversary: row.adversary.clone(),
        result: result(row),
        repetitions: one.map_or_else(String::new, |one| match one.same {
            true => format!("{}, the same", row.repetitions),
            false => format!("{}, not the same", row.repetitions),
        }),
        lost: one.map_or_else(String::new, |one| {
            format!("{} of {}", each(&one.lost), each(&one.due))
        }),
        told: one
            .and_then(|one| {
                one.told_s
                    .map(|told| format!("{} by {}", seconds(told), one.told_by.join(", ")))
            })
            .unwrap_or_default(),
        words: one.map(spoken).unwrap_or_default(),
        place: guest
            .into_iter()
            .chain(row.kernels.iter().cloned())
            .chain(commits)
            .collect::<Vec<String>>()
            .join(", "),
    }
}
