//! What is printed of records.

use std::path::{Path, PathBuf};

use anyhow::Result;
use scoring::Summary;
use scoring::sweep::result::Sweep;

use crate::blind::Blind;
use crate::fit::Look;
use crate::fold::{fold, folded};
use crate::input::names;
use crate::kernels::Kernels;
use crate::verdict::Verdict;
use crate::{cases, page, sweep, terminal as lines};

/// The verdict of the record `dir`, for a terminal of `width` columns, or one that does not say.
pub fn terminal(dir: &Path, colour: bool, width: Option<usize>) -> Result<String> {
    let look = Look { colour, width };
    if let Some(found) = Sweep::read(dir)? {
        return Ok(look.fitted(&sweep::terminal(&found)));
    }
    let (summary, tested) = fold(Summary::read(dir)?);
    let blind = Blind::new(&summary);
    let (summary, cases) = cases::apart(summary);
    let mut text = String::new();
    if !summary.record.workloads.is_empty() {
        text += &lines::verdict(&summary, &tested, &Verdict::new(&summary)?, look);
    }
    text += &blind.terminal(look);
    text += &cases.map_or_else(String::new, |cases| cases.terminal(look));
    Ok(text)
}

/// The verdict of the record `dir`, as Markdown.
pub fn brief(dir: &Path) -> Result<String> {
    page::brief(&Verdict::new(&folded(Summary::read(dir)?).without_cases())?)
}

/// The kernel matrix of the records in `dirs`, as Markdown.
pub fn kernels(dirs: &[PathBuf]) -> Result<String> {
    let records = dirs
        .iter()
        .map(|dir| Ok(folded(Summary::read(dir)?).without_cases()));
    let records = records.collect::<Result<Vec<_>>>()?;
    let names = names(dirs)?;
    let named = names.iter().map(String::as_str).zip(&records);
    page::kernels(&Kernels::new(&named.collect::<Vec<_>>()))
}
