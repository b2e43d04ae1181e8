//! `harness compare A B`: the differences between two records that are beyond the noise.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::print;
use crate::cli::CompareArgs;
use crate::exit::misuse;
use report;
use scoring::Summary;

/// Prints the differences, and writes them as a page where one is wanted.
pub(super) fn compare(args: &CompareArgs) -> Result<()> {
    let read = |dir: &Path| Summary::read(dir).map_err(|error| misuse(format!("{error:#}")));
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let names = [&args.old, &args.new].map(|dir| dir.display().to_string());
    let found = report::compare(&old, &new, names);
    if let Some(out) = &args.out {
        let text = report::compared_page(&found)?;
        fs::write(out, text).with_context(|| format!("{}: cannot be written", out.display()))?;
    }
    print(&report::compared_text(&found))
}
