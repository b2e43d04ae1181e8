//! `harness score`: computes a record again from its raw files.

use anyhow::Result;

use crate::cli::DirArgs;
use crate::exit::misuse;
use crate::record::Record;
use crate::sweep::found::Sweep;

/// Writes runs.csv and summary.json, of a sweep also sweep.json.
pub(super) fn score(args: &DirArgs) -> Result<()> {
    Record::read(&args.dir).map_err(|error| misuse(format!("{error:#}")))?;
    let summary = crate::score::record(&args.dir, &super::SOURCES)?;
    match Sweep::read(&args.dir)? {
        Some(_) => Sweep::new(&summary).write(&args.dir),
        None => Ok(()),
    }
}
