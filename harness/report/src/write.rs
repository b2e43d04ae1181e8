//! The files of a report.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use scoring::Summary;

use crate::input::{self, Input};
use crate::parts::Parts;
use crate::pictures::Pictures;
use crate::tamper::{self, Matrix};
use crate::view::Page;
use crate::{page, plots};

/// Writes `README.md` and `plots/` into the record `dir`: what is committed of a report. It follows
/// from `summary.json` (and `sweep.json`) alone, so the same files come out wherever it is made again.
pub fn readme(dir: &Path, pictures: Pictures) -> Result<()> {
    let (title, parts) = one(dir)?;
    put_readme(dir, &Page::new(&title, &parts, None)?)?;
    put_plots(dir, &parts, pictures)
}

/// Writes `README.md`, `plots/`, `report.html` and `runs.csv` into the record `dir`.
pub fn all(dir: &Path, pictures: Pictures) -> Result<()> {
    let record = Input::read(dir)?;
    put(&dir.join("runs.csv"), scoring::runs(&Summary::read(dir)?)?)?;
    let title = record.name.clone();
    put_all(dir, &title, vec![record], None, pictures)
}

/// Writes `README.md` and `report.html` into the folder of a tamper matrix.
pub fn tamper(dir: &Path) -> Result<()> {
    let page = Page::new("Tamper matrix", &[], Some(tamper::matrix(dir)?))?;
    put_readme(dir, &page)?;
    put(&dir.join("report.html"), page::html(&page)?)
}

/// Writes one report over many records into `out`, kept apart by machine, with the section of a tamper matrix.
pub fn merge(
    dirs: &[PathBuf],
    tampered: Option<&Path>,
    out: &Path,
    pictures: Pictures,
) -> Result<()> {
    let matrix = tampered.map(tamper::matrix).transpose()?;
    let records = Input::read_all(dirs)?;
    fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    put(&out.join("runs.csv"), rows(dirs)?)?;
    put_all(
        out,
        &format!("{} records", records.len()),
        records,
        matrix,
        pictures,
    )
}

fn one(dir: &Path) -> Result<(String, Vec<Parts>)> {
    let record = Input::read(dir)?;
    Ok((record.name.clone(), Parts::of_all(vec![record])?))
}

fn put_all(
    dir: &Path,
    title: &str,
    records: Vec<Input>,
    matrix: Option<Matrix>,
    pictures: Pictures,
) -> Result<()> {
    let parts = Parts::of_all(records)?;
    let page = Page::new(title, &parts, matrix)?;
    put_readme(dir, &page)?;
    put(&dir.join("report.html"), page::html(&page)?)?;
    put_plots(dir, &parts, pictures)
}

fn put_readme(dir: &Path, page: &Page<'_>) -> Result<()> {
    put(&dir.join("README.md"), page::markdown(page)?)
}

fn put_plots(dir: &Path, parts: &[Parts], pictures: Pictures) -> Result<()> {
    let folder = dir.join("plots");
    fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    for plot in parts.iter().flat_map(Parts::drawn) {
        let path = folder.join(&plot.file);
        put(&path, &plot.svg)?;
        if pictures == Pictures::Png {
            put(&path.with_extension("png"), plots::png(&plot.svg)?)?;
        }
    }
    Ok(())
}

/// All rows of all records under one head; the column `record` tells them apart.
fn rows(dirs: &[PathBuf]) -> Result<String> {
    let mut text = String::new();
    for (dir, name) in dirs.iter().zip(input::names(dirs)?) {
        let mut summary = Summary::read(dir)?;
        summary.record.record = name;
        let table = scoring::runs(&summary)?;
        let (head, rows) = table.split_once('\n').unwrap_or_default();
        if text.is_empty() {
            text = format!("{head}\n");
        }
        text += rows;
    }
    Ok(text)
}

fn put(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    contract::file::write(path, text)
        .with_context(|| format!("{}: cannot be written", path.display()))
}
