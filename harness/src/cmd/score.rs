//! `harness score`: computes a record again from its raw files.

use anyhow::Result;

use crate::cli::DirArgs;
use crate::exit::misuse;
use crate::record::Record;

/// Writes runs.csv and summary.json.
pub(super) fn score(args: &DirArgs) -> Result<()> {
    Record::read(&args.dir).map_err(|error| misuse(format!("{error:#}")))?;
    crate::score::record(&args.dir, &super::SOURCES)?;
    Ok(())
}
