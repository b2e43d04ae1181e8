//! Tables, plots and pages from `summary.json`. Pure: a record can be shown again anywhere.

mod figures;
mod page;
mod plots;
mod terminal;
mod view;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use self::view::View;
use crate::score::Summary;

/// Writes `README.md`, `report.html` and `plots/` into the record `dir`.
pub fn write(dir: &Path) -> Result<()> {
    let summary = Summary::read(dir)?;
    let plots = dir.join("plots");
    fs::create_dir_all(&plots).with_context(|| format!("{}: cannot be made", plots.display()))?;
    let drawn = plots::draw(&summary)?;
    for plot in &drawn {
        put(&plots.join(format!("{}.svg", plot.name)), &plot.svg)?;
    }
    let view = View::new(&summary, &drawn);
    put(&dir.join("README.md"), &page::markdown(&view)?)?;
    put(&dir.join("report.html"), &page::html(&view)?)
}

/// The matrix of the record `dir`, for a terminal.
pub fn terminal(dir: &Path, colour: bool) -> Result<String> {
    Ok(terminal::matrix(&Summary::read(dir)?, colour))
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}
