//! `harness report`: writes a record's report again and shows its matrix.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use anyhow::Result;

use super::print;
use crate::cli::DirArgs;
use crate::exit::misuse;
use crate::record::Record;

/// Writes README.md, report.html and the plots, and prints the matrix.
pub(super) fn report(args: &DirArgs) -> Result<()> {
    Record::read(&args.dir).map_err(|error| misuse(format!("{error:#}")))?;
    crate::report::write(&args.dir)?;
    show(&args.dir)
}

/// Prints the matrix of the record in `dir`.
pub(super) fn show(dir: &Path) -> Result<()> {
    let colour =
        stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    print(&crate::report::terminal(dir, colour)?)
}
