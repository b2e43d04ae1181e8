//! `harness score`: computes a record again from its raw files.

use anyhow::{Result, bail};

use super::add_tools;
use crate::cli::{DirArgs, ToolsArgs};
use crate::exit::{misuse, say};
use scoring::record::{Record, Status};
use scoring::sweep::result::Sweep;

/// Writes summary.json, of a sweep also sweep.json.
pub(super) fn score(args: &DirArgs) -> Result<()> {
    Record::read(&args.dir).map_err(|error| misuse(format!("{error:#}")))?;
    // What a tool said is read as it was when it was measured.
    let tools = args.dir.join(scoring::record::TOOLS);
    let dir = tools.exists().then_some(tools);
    add_tools(&ToolsArgs { dir })?;
    let summary = crate::scorer::record(&args.dir, &super::SOURCES)?;
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
