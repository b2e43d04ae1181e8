//! `harness trend`: figures over dated records of one machine, and where they changed.

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use contract::file;

use super::args::records;
use crate::exit::{misuse, say};
use crate::output::{print, show};
use report::trend::{self, Follow};
use scoring::Summary;
use scoring::record::Record;

pub(crate) const EXAMPLES: &str = "Examples:
  harness trend history/*/                       what changed, and from which record on
  harness trend history/*/ --out trend.html      the same as a page with a line for each figure
  harness trend history/*/ | jq '.series[] | select(.changes != [])'
On a terminal it is text, in a pipe JSON (docs/FORMAT.md).";

/// Records to follow.
#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// The records, in any order; those of other machines than the one that has most are left out
    #[arg(value_name = "DIR", required = true)]
    dirs: Vec<PathBuf>,
    /// Also write the figures as a page
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Prints what changed, and writes the page where one is wanted.
pub(crate) fn trend(args: &TrendArgs) -> Result<()> {
    let bad = |error: anyhow::Error| misuse(format!("{error:#}"));
    let mut all: Vec<(String, Summary)> = Vec::new();
    for dir in records(&args.dirs)? {
        Record::read(&dir).map_err(bad)?;
        let one = (dir.display().to_string(), Summary::read(&dir).map_err(bad)?);
        let same = all
            .iter()
            .find(|other| other.1.record.started == one.1.record.started);
        if let Some((other, _)) = same {
            return Err(misuse(format!(
                "{}: was begun at the same time as {other}: give each record once",
                one.0
            )));
        }
        all.push(one);
    }
    let given: Vec<_> = all
        .iter()
        .map(|(dir, summary)| {
            let own = &summary.record.record;
            let same = all.iter().filter(|other| other.1.record.record == *own);
            Follow {
                name: if same.count() == 1 { own } else { dir },
                summary,
            }
        })
        .collect();
    let (own, others) = trend::apart(&given);
    others.iter().for_each(|line| say(line));
    for (name, one) in own.iter().map(|one| (one.name, one.summary)) {
        if let Some(words) = report::thinned(one) {
            say(&format!("{name}: {words}"));
        }
    }
    if own.len() < 2 {
        let name = own.first().map_or("", |one| one.name);
        return Err(misuse(format!(
            "{name}: is the only record of its machine: give two or more of one machine"
        )));
    }
    let found = trend::follow(&own);
    if let Some(out) = &args.out {
        let page = report::trend_page(&found)?;
        file::write(out, page).with_context(|| format!("{}: cannot be written", out.display()))?;
    }
    match stdout().is_terminal() {
        true => show(&trend::text(&found)),
        false => print(&(serde_json::to_string_pretty(&found)? + "\n")),
    }
}
