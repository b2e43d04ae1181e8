//! `harness compare A B`: the differences between two records that are beyond the noise.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use contract::file;

use crate::exit::misuse;
use crate::output::show;
use scoring::Summary;

/// Two records: two kernels, two machines, two versions of a monitor.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The one to compare with
    #[arg(value_name = "A")]
    old: PathBuf,
    /// The other
    #[arg(value_name = "B")]
    new: PathBuf,
    /// Also write the differences as a page
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Prints the differences, and writes them as a page where one is wanted.
pub(crate) fn compare(args: &CompareArgs) -> Result<()> {
    let read = |dir: &Path| Summary::read(dir).map_err(|error| misuse(format!("{error:#}")));
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let names = [&args.old, &args.new].map(|dir| dir.display().to_string());
    let found = report::compare(&old, &new, names);
    if let Some(out) = &args.out {
        let text = report::compared_page(&found)?;
        file::write(out, text).with_context(|| format!("{}: cannot be written", out.display()))?;
    }
    show(&report::compared_text(&found))
}
