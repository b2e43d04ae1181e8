//! `harness report`: writes a record's report and shows its matrix; of several records it shows the
//! kernel matrix.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use anyhow::Result;

use super::print;
use crate::cli::ReportArgs;
use crate::exit::misuse;
use report::Pictures;
use scoring::record::Record;

/// Writes README.md, the plots, report.html and runs.csv, and prints the matrix of every record; of several
/// records without a place for their report, prints the kernel matrix.
pub(super) fn report(args: &ReportArgs) -> Result<()> {
    for dir in &args.dirs {
        Record::read(dir).map_err(|error| misuse(format!("{error:#}")))?;
    }
    if args.brief {
        return args
            .dirs
            .iter()
            .try_for_each(|dir| print(&report::brief(dir)?));
    }
    let pictures = if args.png {
        Pictures::Png
    } else {
        Pictures::Svg
    };
    match (&args.dirs[..], &args.out) {
        ([dir], None) => report::write_all(dir, pictures)?,
        (_, None) if args.png => return Err(misuse("--png: several records need --out DIR")),
        (dirs, None) => return print(&report::kernels(dirs)?),
        (dirs, Some(out)) => report::merge(dirs, out, pictures)?,
    }
    args.dirs.iter().try_for_each(|dir| show(dir))
}

/// Prints the matrix of the record in `dir`.
pub(super) fn show(dir: &Path) -> Result<()> {
    let colour =
        stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    print(&report::terminal(dir, colour)?)
}
