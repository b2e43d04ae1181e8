//! The matrix of cases: what each configuration saw of each, and why.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table};
use serde::Serialize;

use contract::plain;

use crate::fit::Look;
use scoring::record::Status;
use scoring::{CaseOutcome, CaseScore, EVERYTHING, Summary};

/// All cases of a record, ready to be laid out.
#[derive(Debug, Serialize)]
pub(crate) struct Cases {
    /// Those that can run here.
    configurations: Vec<String>,
    /// From which configuration to which: as many as fit beside each other.
    groups: Vec<(usize, usize)>,
    /// Of each configuration, how often each outcome: "71 seen, 9 not seen".
    totals: Vec<String>,
    /// The same rows as below, those with the most failures first.
    failures_first: Vec<usize>,
    rows: Vec<Row>,
    /// What was left out, and why.
    not_measured: Vec<NotMeasured>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    analysis: String,
    /// In the order of the configurations.
    cells: Vec<Seen>,
}

#[derive(Debug, Serialize)]
struct NotMeasured {
    name: String,
    why: String,
    analysis: String,
}

#[derive(Clone, Debug, Serialize)]
struct Seen {
    /// For a style sheet: good, plain or bad.
    tone: &'static str,
    words: String,
}

/// Takes the cases of a record apart from what is left, which is about load.
pub(crate) fn apart(summary: Summary) -> (Summary, Option<Cases>) {
    let cases = Cases::of(&summary);
    (summary.without_cases(), cases)
}

/// Configurations beside each other.
const BESIDE: usize = 6;

impl Cases {
    fn of(summary: &Summary) -> Option<Self> {
        let able = summary
            .record
            .monitors
            .iter()
            .filter(|one| one.unavailable.is_none());
        let configurations: Vec<_> = able
            .map(|one| one.name.clone())
            .filter(|name| name != "null")
            .collect();
        let starts = (0..configurations.len().max(1)).step_by(BESIDE);
        let mut cases = Self {
            groups: starts
                .map(|from| (from, (from + BESIDE).min(configurations.len())))
                .collect(),
            totals: Vec::new(),
            failures_first: Vec::new(),
            configurations,
            rows: Vec::new(),
            not_measured: Vec::new(),
        };
        for workload in summary.record.workloads.iter().filter(|one| one.is_case()) {
            let of = |configuration: &String| {
                summary.cases.iter().find(|one| {
                    one.workload == workload.name && one.configuration == *configuration
                })
            };
            let scores: Vec<_> = cases.configurations.iter().map(of).collect();
            let (name, analysis) = (workload.name.clone(), workload.analysis.clone());
            match nowhere(&scores) {
                Some(why) => cases.not_measured.push(NotMeasured {
                    name,
                    why,
                    analysis,
                }),
                None => {
                    let cells = scores.into_iter().map(seen).collect();
                    cases.rows.push(Row {
                        name,
                        analysis,
                        cells,
                    });
                }
            }
        }
        let all = cases.configurations.iter();
        cases.totals = all.map(|name| total(summary, name)).collect();
        let bad = |row: &Row| row.cells.iter().filter(|cell| cell.tone == "bad").count();
        cases.failures_first = (0..cases.rows.len()).collect();
        cases
            .failures_first
            .sort_by_key(|&place| std::cmp::Reverse(bad(&cases.rows[place])));
        (!cases.rows.is_empty() || !cases.not_measured.is_empty()).then_some(cases)
    }

    /// For a terminal.
    pub(crate) fn terminal(&self, look: Look) -> String {
        let mut text = String::new();
        for &(from, until) in &self.groups {
            text += &format!("\n{}\n", self.table((from, until), look).trim_fmt());
        }
        let mut missing = String::new();
        for NotMeasured { name, why, .. } in &self.not_measured {
            missing += &format!("{} cannot run here: {}\n", plain(name), plain(why));
        }
        text + &look.fitted(&missing)
    }

    /// What the configurations in these places saw.
    fn table(&self, (from, until): (usize, usize), look: Look) -> Table {
        let mut table = Table::new();
        table
            .load_preset(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        if look.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let width = look.width.unwrap_or(WIDTH);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        let names = self.configurations[from..until].iter();
        let head = std::iter::once("case").chain(names.map(String::as_str));
        table.add_row(head.map(|word| Cell::new(plain(word)).add_attribute(Attribute::Bold)));
        for row in &self.rows {
            let mut cells = vec![Cell::new(plain(&row.name))];
            cells.extend(row.cells[from..until].iter().map(cell));
            table.add_row(cells);
        }
        if let Some(names) = table.column_mut(0) {
            names.set_constraint(ColumnConstraint::ContentWidth);
        }
        table
    }
}

/// Of a terminal that does not say how wide it is.
const WIDTH: usize = 120;

fn cell(seen: &Seen) -> Cell {
    let cell = Cell::new(plain(&seen.words));
    match seen.tone {
        "good" => cell.fg(Color::Green),
        "bad" => cell.fg(Color::Red),
        _ => cell,
    }
}

/// How often each outcome, in the order of their first case.
fn total(summary: &Summary, configuration: &str) -> String {
    let own = summary
        .cases
        .iter()
        .filter(|one| one.configuration == configuration);
    let mut counts: Vec<(String, usize)> = Vec::new();
    for outcome in own.filter_map(|one| one.outcome) {
        let word = outcome.to_string();
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    counts.sort_by_key(|one| std::cmp::Reverse(one.1));
    let words = counts.iter().map(|(word, count)| format!("{count} {word}"));
    words.collect::<Vec<_>>().join(", ")
}

/// Why the case could be run under no monitor.
fn nowhere(scores: &[Option<&CaseScore>]) -> Option<String> {
    let all = scores
        .iter()
        .flatten()
        .all(|one| one.status == Status::Unavailable);
    let why = scores.iter().flatten().find_map(|one| one.error.clone());
    all.then(|| why.unwrap_or_else(|| "no monitor can run here: see harness doctor".into()))
}

fn seen(score: Option<&CaseScore>) -> Seen {
    let Some(score) = score else {
        return Seen {
            tone: "plain",
            words: "not run".into(),
        };
    };
    let tone = match score.outcome {
        Some(CaseOutcome::Seen) => "good",
        Some(CaseOutcome::NotSeen | CaseOutcome::Wrongly | CaseOutcome::Twice) => "bad",
        _ => "plain",
    };
    let mut words = findings(score);
    if !score.same {
        words += ", not each time";
    }
    match score.status {
        Status::Ok => {}
        Status::Failed => words = with(&words, "failed", score),
        Status::Unavailable => words = with(&words, "cannot run here", score),
    }
    Seen { tone, words }
}

fn with(words: &str, how: &str, score: &CaseScore) -> String {
    let why = format!(
        "{how}: {}",
        score.error.as_deref().unwrap_or("no reason given")
    );
    if score.outcome.is_some() {
        format!("{words}; {why}")
    } else {
        why
    }
}

/// "not seen: exec, exit; seen wrongly: ppid wrong".
pub(crate) fn findings(score: &CaseScore) -> String {
    let mut words: Vec<String> = score
        .outcome
        .iter()
        .filter(|outcome| **outcome == CaseOutcome::Seen)
        .map(CaseOutcome::to_string)
        .collect();
    for group in score.findings.chunk_by(|a, b| a.outcome == b.outcome) {
        let what: Vec<_> = group
            .iter()
            .map(|one| one.what.as_str())
            .filter(|what| *what != EVERYTHING)
            .collect();
        let colon = if what.is_empty() { "" } else { ": " };
        words.push(format!("{}{colon}{}", group[0].outcome, what.join(", ")));
    }
    words.join("; ")
}
