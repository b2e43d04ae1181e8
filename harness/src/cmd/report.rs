//! `harness report`: writes a record's report and shows its matrix; of several records it shows the
//! kernel matrix.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::args::records;
use crate::exit::misuse;
use crate::output::{print, width};
use report::Pictures;
use scoring::Summary;
use scoring::record::Record;

pub(crate) const EXAMPLES: &str = "Examples:
  harness report results/reference                     README.md, report.html and plots/ in it
  harness report --png results/reference               the same, and every plot as PNG too
  harness report --brief results/reference             the matrix and the answers of a README
  harness report --claims results                      the folklore, claim by claim, from all records
  harness report --buffers results/reference           how large buffers must be, by rate and CPUs
  harness report results/kernels/*/                    which technique works on which kernel, as Markdown
  harness report results/tamper                        the matrix of scripts/tamper: README.md, report.html
  harness report results/reference results/tamper --out /tmp/both    a record, with that matrix as a section
  harness report results/kernels/*/ --out /tmp/kernels one report over many machines, kept apart";

/// Records to show.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The records
    #[arg(value_name = "DIR", required = true)]
    dirs: Vec<PathBuf>,
    /// Only print the record on one screen, as Markdown: a matrix and the four answers; with --claims, the verdicts
    #[arg(long, conflicts_with = "out")]
    brief: bool,
    /// Only print what the records in this folder say of the claims that are made of the techniques, as Markdown
    #[arg(long, conflicts_with_all = ["out", "png"])]
    claims: bool,
    /// Only print how large each technique's buffer must be, by rate and number of CPUs, extrapolated from these records
    #[arg(long, conflicts_with_all = ["out", "png", "brief", "claims"])]
    buffers: bool,
    /// Write every plot as PNG too, beside its SVG
    #[arg(long, conflicts_with = "brief")]
    png: bool,
    /// Where the report over several records is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes README.md, the plots, report.html and runs.csv, and prints the matrix of every record; of several
/// records without a place for their report, prints the kernel matrix.
pub(crate) fn report(args: &ReportArgs) -> Result<()> {
    let bad = |error| misuse(format!("{error:#}"));
    if args.claims {
        let [folder] = &args.dirs[..] else {
            return Err(misuse("--claims: give one folder of records, as results"));
        };
        return print(&report::claims(folder, args.brief).map_err(bad)?);
    }
    let (tampered, rest): (Vec<PathBuf>, Vec<_>) = args
        .dirs
        .iter()
        .cloned()
        .partition(|dir| report::is_tamper(dir));
    let tampered = match &tampered[..] {
        [] => None,
        [one] => Some(one.as_path()),
        [_, second, ..] => {
            let why = "a second tamper matrix: give one at a time";
            return Err(misuse(format!("{}: {why}", second.display())));
        }
    };
    if let (Some(dir), []) = (tampered, &rest[..]) {
        return tamper(dir, args);
    }
    let dirs = records(&rest)?;
    for dir in &dirs {
        Record::read(dir).map_err(bad)?;
        Summary::read(dir).map_err(bad)?;
    }
    if args.buffers {
        return print(&report::buffers(&dirs)?);
    }
    if args.brief {
        return dirs.iter().try_for_each(|dir| print(&report::brief(dir)?));
    }
    let pictures = if args.png {
        Pictures::Png
    } else {
        Pictures::Svg
    };
    if let (Some(dir), None) = (tampered, &args.out) {
        let why = "the matrix is no part of a record: give --out DIR for a report over both";
        return Err(misuse(format!("{}: {why}", dir.display())));
    }
    match (&dirs[..], &args.out) {
        ([dir], None) => report::write_all(dir, pictures)?,
        (_, None) if args.png => return Err(misuse("--png: several records need --out DIR")),
        (dirs, None) => return print(&report::kernels(dirs)?),
        (dirs, Some(out)) => report::merge(dirs, tampered, out, pictures).map_err(bad)?,
    }
    dirs.iter().try_for_each(|dir| show(dir))
}

/// Writes the pages of a tamper matrix, and prints it.
fn tamper(dir: &Path, args: &ReportArgs) -> Result<()> {
    if args.brief || args.png || args.out.is_some() {
        let why = "a tamper matrix alone takes no --brief, --png or --out: leave them out";
        return Err(misuse(format!("{}: {why}", dir.display())));
    }
    let text = report::tamper_text(dir).map_err(|error| misuse(format!("{error:#}")))?;
    report::write_tamper(dir)?;
    print(&text)
}

/// Prints the matrix of the record in `dir`.
pub(crate) fn show(dir: &Path) -> Result<()> {
    let colour =
        stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    print(&report::terminal(dir, colour, width())?)
}
