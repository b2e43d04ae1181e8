//! What is printed of records.

use std::path::{Path, PathBuf};

use anyhow::Result;
use scoring::Summary;
use scoring::sweep::result::Sweep;

use crate::kernels::Kernels;
use crate::overview::Brief;
use crate::terminal::matrix;
use crate::{cases, page, sweep};

/// The matrix of the record `dir`, for a terminal.
pub fn terminal(dir: &Path, colour: bool) -> Result<String> {
    if let Some(found) = Sweep::read(dir)? {
        return Ok(sweep::terminal(&found));
    }
    let (summary, cases) = cases::apart(Summary::read(dir)?);
    let load = !summary.record.workloads.is_empty();
    let mut text = String::new();
    if load {
        text += &matrix(&summary, colour);
    }
    text += &cases.map_or_else(String::new, |cases| cases.terminal(colour));
    Ok(text)
}

/// The record `dir` on one screen, as Markdown.
pub fn brief(dir: &Path) -> Result<String> {
    page::brief(&Brief::new(&Summary::read(dir)?.without_cases())?)
}

/// The kernel matrix of the records in `dirs`, as Markdown.
pub fn kernels(dirs: &[PathBuf]) -> Result<String> {
    let records = dirs.iter().map(|dir| Summary::read(dir));
    let records = records.collect::<Result<Vec<_>>>()?;
    page::kernels(&Kernels::new(&records.iter().collect::<Vec<_>>()))
}
