//! `harness score`: computes a record again from its raw files, or checks one that others send.

mod check;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::args::ToolsArgs;
use crate::exit::{misuse, say};
use crate::scorer;
use scoring::record::{Record, Status};
use scoring::sweep::result::Sweep;

/// A record folder.
#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// The record
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Write nothing, and say what keeps it from being a record to publish, a line for each fault: exit code 2
    #[arg(long)]
    check: bool,
}

pub(crate) const EXAMPLES: &str = "Examples:
  harness score /tmp/record             summary.json and missed.json again, from raw/
  harness score --check /tmp/record     whether it may be published: docs/SUBMISSIONS.md";

/// Writes summary.json, of a sweep also sweep.json.
pub(crate) fn score(args: &ScoreArgs) -> Result<()> {
    if args.check {
        return check::check(&args.dir);
    }
    Record::read(&args.dir).map_err(|error| misuse(format!("{error:#}")))?;
    ToolsArgs::of_record(&args.dir)?;
    let summary = scorer::record(&args.dir)?;
    if Sweep::read(&args.dir)?.is_some() {
        Sweep::new(&summary).write(&args.dir)?;
    }
    let failed = summary
        .cells
        .iter()
        .filter(|cell| cell.status == Status::Failed);
    let mut count = 0;
    for cell in failed {
        let why = cell.error.as_deref().unwrap_or("failed");
        let (workload, monitor, turn) = (&cell.workload, &cell.configuration, cell.repetition);
        say(&format!(
            "{workload} under {monitor}, repetition {turn}: {why}"
        ));
        count += 1;
    }
    if count > 0 {
        bail!("{count} cells failed: the lines above name each");
    }
    Ok(())
}
