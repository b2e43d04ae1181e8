//! The verdict of a record: one sentence for each need, and one line for each configuration.

use anyhow::Result;
use contract::{Field, Kind};
use scoring::{CaseOutcome, Comparison, Summary};
use serde::Serialize;

use crate::advise::{self, Answer};
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
    pub(crate) head: [&'static str; 7],
    pub(crate) rows: Vec<Row>,
    /// "null pairs: 1 of 8 intervals exclude no difference".
    pub(crate) null_pairs: String,
}

/// A configuration over all workloads.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) configuration: String,
    /// In the order of the head, the configuration left out.
    pub(crate) cells: Vec<CellText>,
}

/// What the columns mean.
pub(crate) const LEGEND: &str = "Event loss, fields and slowdown: over all workloads; detection latency and own CPU per event: \
     of the worst. \u{2264}: at most so much is lost, if losses are independent (95 %). \u{b1}: half the 95 % interval, the \
     difference that is resolved. Green: shown to be good (a slowdown of at most 5 %); red: shown to be bad; grey: \
     cannot be told.";

impl Verdict {
    pub(crate) fn new(summary: &Summary) -> Result<Self> {
        let names = counts::configurations(summary).into_iter();
        let answers = match commands::nothing_else(&summary.record) {
            true => Vec::new(),
            false => advise::answers(summary)?,
        };
        Ok(Self {
            commands: commands::commands(summary),
            answers,
            head: [
                "configuration",
                "event loss",
                "fields correct",
                "latency p50/p99",
                "slowdown",
                "own CPU us",
                "blind to",
            ],
            rows: names.map(|name| row(summary, name)).collect(),
            null_pairs: null_pairs(summary),
        })
    }
}

/// How real pairs of `null` against `null` fared.
fn null_pairs(summary: &Summary) -> String {
    let pairs = &summary.noise_floor.null_pairs;
    match pairs.of {
        0 => "null pairs: none".into(),
        of => format!(
            "null pairs: {} of {of} intervals exclude no difference",
            pairs.outside
        ),
    }
}

fn row(summary: &Summary, name: &str) -> Row {
    let rows: Vec<_> = counts::measured(summary, name).collect();
    let speed = !summary.record.machine.correctness_only;
    let if_speed = |text: CellText| if speed { text } else { CellText::none() };
    Row {
        configuration: name.to_owned(),
        cells: vec![
            lost(summary, &rows),
            fields(&rows),
            if_speed(overall::latency(&rows)),
            if_speed(format::slowdown(overall::slowdown(summary, name))),
            if_speed(overall::own_cpu(&rows)),
            blind(summary, name, &rows),
        ],
    }
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
        None => CellText::new("loss not tested", "not tested", Tone::Unknown),
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
    let note = format!("{} not offered", absent.join(", "));
    if found.tone != Tone::Bad {
        let full = format!("{}; {note}", found.full);
        return CellText::new(full, note, Tone::Plain);
    }
    CellText::new(
        format!("{}; {note}", found.full),
        format!("{}; {note}", found.short),
        found.tone,
    )
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
        true => CellText::none(),
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
