//! The tamper matrix of `scripts/tamper`: who can blind each technique, and whether it says so. A section of a
//! page over records, and a page of its own.

mod read;
mod terminal;
mod view;

use std::path::Path;

use anyhow::Result;

pub(crate) use view::Matrix;

use read::Tamper;

/// The file that makes a folder a tamper matrix.
pub(crate) const FILE: &str = "tamper.json";

/// Whether the folder is one: it has that file, and is no record of cells.
pub fn is_tamper(dir: &Path) -> bool {
    dir.join(FILE).is_file() && !dir.join("summary.json").exists()
}

/// The matrix in `dir`.
///
/// # Errors
///
/// One line that names the file and what is wrong in it.
pub(crate) fn matrix(dir: &Path) -> Result<Matrix> {
    Ok(Matrix::new(&Tamper::read(&dir.join(FILE))?))
}

/// The matrix in `dir` for a terminal.
///
/// # Errors
///
/// One line that names the file and what is wrong in it.
pub fn tamper_text(dir: &Path) -> Result<String> {
    Ok(terminal::text(&matrix(dir)?))
}
