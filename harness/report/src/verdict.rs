//! The verdict of a record: one sentence for each need, and one line for each configuration.

mod facts;

use anyhow::Result;
use contract::{Field, Kind};
use scoring::{CaseOutcome, Comparison, Summary};
use serde::Serialize;

use self::facts::Facts;
use crate::advise::{self, Answer, Rules};
use crate::commands::{self, Command};
use crate::counts;
use crate::format::{self, CellText, Tone};
use crate::overall;

/// The verdict.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// What each configuration costs and sees on commands that are not ours.
    pub(crate) commands: Vec<Command>,
    /// None where there is nothing but commands: needs are asked of load that is known.
    pub(crate) answers: Vec<Answer>,
    /// How "use netlink" stands to each need; needs of which the same is said are together.
    pub(crate) netlink: Vec<Netlink>,
    pub(crate) head: [&'static str; 7],
    pub(crate) rows: Vec<Row>,
    /// "1 of 8 intervals of nothing against nothing (null pairs) claim a difference".
    pub(crate) null_pairs: String,
}

/// How "use netlink" stands to some needs.
#[derive(Debug, Serialize)]
pub(crate) struct Netlink {
    /// Their titles.
    pub(crate) needs: Vec<String>,
    pub(crate) words: String,
}

/// A configuration over all workloads.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) configuration: String,
    /// What requirements are held against, as JSON.
    pub(crate) facts: String,
    /// In the order of the head, the configuration left out.
    pub(crate) cells: Vec<CellText>,
}

/// What the columns mean.
pub(crate) const LEGEND: &str = "Event loss, fields and overhead are over all workloads; latency and own CPU, which is what the \
     monitor itself takes, are of the worst workload. Overhead: by how much longer programs run. Latency: from just before an event to its \
     report, in half of all and in 99 of 100. In brackets: the 95 % interval; \"at most\": so much may be lost all the same, \
     if losses are independent. Green: shown to be good (an overhead of at most 5 %); red: shown to be bad; grey or a question mark: \
     neither is shown.";

impl Verdict {
    pub(crate) fn new(summary: &Summary) -> Result<Self> {
        let rules = Rules::embedded()?;
        let names = counts::configurations(summary).into_iter();
        let answers = match commands::nothing_else(&summary.record) {
            true => Vec::new(),
            false => advise::answers(summary)?,
        };
        Ok(Self {
            commands: commands::commands(summary),
            netlink: netlink(&answers),
            answers,
            head: [
                "configuration",
                "event loss, %",
                "fields correct, %",
                "latency p50 / p99, ms",
                "overhead, %",
                "own CPU, us/event",
                "blind to",
            ],
            rows: names
                .map(|name| row(&rules, summary, name))
                .collect::<Result<_>>()?,
            null_pairs: null_pairs(summary),
        })
    }
}

fn netlink(answers: &[Answer]) -> Vec<Netlink> {
    let mut all: Vec<Netlink> = Vec::new();
    for one in answers {
        match all.iter_mut().find(|same| same.words == one.netlink) {
            Some(same) => same.needs.push(one.title.clone()),
            None => all.push(Netlink {
                needs: vec![one.title.clone()],
                words: one.netlink.clone(),
            }),
        }
    }
    all
}

/// How real pairs of `null` against `null` fared.
fn null_pairs(summary: &Summary) -> String {
    let pairs = &summary.noise_floor.null_pairs;
    match pairs.of {
        0 => "null pairs: none".into(),
        of => format!(
            "{} of {of} intervals of nothing against nothing (null pairs) claim a difference",
            pairs.outside
        ),
    }
}

fn row(rules: &Rules, summary: &Summary, name: &str) -> Result<Row> {
    let rows: Vec<_> = counts::measured(summary, name).collect();
    let speed = !summary.record.machine.correctness_only;
    let if_speed = |text: CellText| match speed {
        true => text,
        false => CellText::unknown("the CPUs were emulated, so its times say nothing"),
    };
    Ok(Row {
        configuration: name.to_owned(),
        facts: Facts::new(rules, summary, name, &rows).json()?,
        cells: vec![
            lost(summary, &rows),
            fields(&rows),
            if_speed(overall::latency(&rows)),
            if_speed(format::slowdown(overall::slowdown(summary, name))),
            if_speed(overall::own_cpu(&rows)),
            blind(summary, name, &rows),
        ],
    })
}

fn lost(summary: &Summary, rows: &[&Comparison]) -> CellText {
    match overall::lost(summary, rows) {
        Some(share) => {
            let mut text = format::together(&share);
            if let Some(silent) = overall::untested(summary, rows) {
                text.full += &format!("; {silent}");
                text.short += &format!(", {}", silent.replace(" workloads", ""));
            }
            text
        }
        None => CellText::new("loss not tested", format::NOT_TESTED, Tone::Unknown),
    }
}

/// What is not correct; programs and arguments that are not offered are said.
fn fields(rows: &[&Comparison]) -> CellText {
    let found = format::fields(rows);
    let absent: Vec<_> = [Field::Exe, Field::Argv]
        .into_iter()
        .filter(|&field| !counts::offers(rows, field))
        .map(Field::as_str)
        .collect();
    if absent.is_empty() {
        return found;
    }
    let full = format!("{}; {} not offered", found.full, absent.join(", "));
    let short = format!("{}; no {}", found.short, absent.join(" or "));
    match found.tone {
        Tone::Bad => CellText::new(full, short, Tone::Bad),
        _ => CellText::new(full, short, Tone::Plain),
    }
}

/// Workloads that are not seen, kinds that are not offered, and cases that were not seen.
fn blind(summary: &Summary, name: &str, rows: &[&Comparison]) -> CellText {
    let kinds = Kind::ALL.into_iter();
    let absent = kinds.filter(|&kind| rows.iter().all(|row| row.loss.get(kind).is_none()));
    let absent: Vec<_> = absent.map(Kind::as_str).collect();
    let mut words = overall::unseen(rows);
    if !absent.is_empty() {
        words.push(format!("{} not offered", absent.join(", ")));
    }
    words.extend(cases(summary, name));
    match words.is_empty() {
        true => CellText::plain("none found"),
        false => CellText::plain(words.join("; ")),
    }
}

fn cases(summary: &Summary, name: &str) -> Option<String> {
    let own = || {
        let cases = summary.cases.iter();
        cases.filter(|one| one.configuration == name && one.outcome.is_some())
    };
    let unseen = own().filter(|one| one.outcome == Some(CaseOutcome::NotSeen));
    let (unseen, all) = (unseen.count(), own().count());
    (all > 0).then(|| format!("{unseen} of {all} cases"))
}
