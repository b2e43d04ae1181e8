//! `harness explain`: which events a monitor missed, reported wrongly or reported though they never
//! happened, and the likely cause.

use std::collections::BTreeSet;
use std::io::{IsTerminal, stdout};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::exit::{misuse, say};
use crate::output::print;
use crate::select;
use report::explain::{self, Wanted};
use scoring::record::Record;
use scoring::{Summary, What};

pub(crate) const EXAMPLES: &str = "Examples:
  harness explain /tmp/record                          everything that went wrong, cell by cell
  harness explain /tmp/record --missed -m preload      which events preload missed, and why
  harness explain /tmp/record --wrong -w short-lived | jq '.cells[].groups[].likely_cause'
On a terminal it is text, in a pipe JSON (docs/FORMAT.md).";

/// A record, and what of it.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The record
    #[arg(value_name = "RECORD")]
    dir: PathBuf,
    /// Only events that were not reported
    #[arg(long)]
    missed: bool,
    /// Only events with a field that is not correct
    #[arg(long)]
    wrong: bool,
    /// Only reported events that never happened
    #[arg(long = "false")]
    false_positive: bool,
    /// Configurations of the record: name or pattern; may be repeated
    #[arg(short = 'm', long = "monitor", value_name = "PATTERN")]
    monitors: Vec<String>,
    /// Workloads of the record: name or pattern; may be repeated
    #[arg(short = 'w', long = "workload", value_name = "PATTERN")]
    workloads: Vec<String>,
}

/// Prints what went wrong.
pub(crate) fn explain(args: &ExplainArgs) -> Result<()> {
    let bad = |error: anyhow::Error| misuse(format!("{error:#}"));
    Record::read(&args.dir).map_err(bad)?;
    let summary = Summary::read(&args.dir).map_err(bad)?;
    // Of a case, cells of which nothing went wrong may be left out.
    let cases = summary.cases.iter();
    let cases = cases.map(|case| [&*case.configuration, &*case.workload]);
    let cells = summary.cells.iter();
    let cells = cells.map(|cell| [&*cell.configuration, &*cell.workload]);
    let each: BTreeSet<_> = cells.chain(cases).collect();
    let names = |place: usize| {
        let all: BTreeSet<&str> = each.iter().map(|both| both[place]).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let (monitors, workloads) = (names(0), names(1));
    let monitors = select::recorded("-m", &args.monitors, &monitors)?;
    let workloads = select::recorded("-w", &args.workloads, &workloads)?;
    let asked = [
        (args.missed, What::Missed),
        (args.wrong, What::Wrong),
        (args.false_positive, What::FalsePositive),
    ];
    let what: Vec<What> = asked.iter().filter(|one| one.0).map(|one| one.1).collect();
    let wanted = Wanted {
        what: &what,
        workload: &|name| workloads.contains(&name),
        configuration: &|name| monitors.contains(&name),
    };
    let found = explain::explain(&args.dir, &wanted).map_err(bad)?;
    if let Some(line) = explain::not_asked(&found) {
        say(&line);
    }
    if stdout().is_terminal() {
        return print(&explain::text(&found));
    }
    print(&(serde_json::to_string_pretty(&found)? + "\n"))
}
