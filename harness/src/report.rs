//! Tables, plots and pages from `summary.json`. Pure: a record can be shown again anywhere.

mod cases;
mod compare;
mod figures;
mod kernels;
mod page;
mod plots;
mod sweep;
mod terminal;
mod view;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use self::compare::{Differences, compare, text as compared_text};
use self::kernels::Kernels;
use self::plots::Plot;
use self::view::{Page, View};
use crate::record::Machine;
use crate::score::Summary;
use crate::sweep::found::Sweep;

/// Writes `README.md`, `report.html` and `plots/` into the record `dir`.
pub fn write(dir: &Path) -> Result<()> {
    let summary = Summary::read(dir)?;
    if let Some(found) = Sweep::read(dir)? {
        return sweep::write(dir, &summary, &found);
    }
    let name = summary.record.record.clone();
    pages(dir, &name, vec![(name.clone(), summary)])
}

/// Writes one report over many records into `out`, kept apart by machine.
pub fn merge(dirs: &[PathBuf], out: &Path) -> Result<()> {
    let mut records = Vec::new();
    for dir in dirs {
        records.push((dir, Summary::read(dir)?));
    }
    let named = |dir: &PathBuf, summary: &Summary, all: &[(&PathBuf, Summary)]| {
        let name = &summary.record.record;
        let same = all.iter().filter(|(_, other)| other.record.record == *name);
        if same.count() > 1 {
            dir.display().to_string()
        } else {
            name.clone()
        }
    };
    let names: Vec<_> = records
        .iter()
        .map(|(dir, summary)| named(dir, summary, &records))
        .collect();
    let summaries = records.into_iter().map(|(_, summary)| summary);
    let mut all: Vec<_> = names.into_iter().zip(summaries).collect();
    // Those of one machine stand together, in the order in which they were made.
    all.sort_by_key(|(_, one)| (identity(&one.record.machine), one.record.started.clone()));
    let title = format!("{} records", all.len());
    fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    put(&out.join("runs.csv"), &rows(&all)?)?;
    pages(out, &title, all)
}

/// All rows of all records under one head; the column `record` tells them apart.
fn rows(all: &[(String, Summary)]) -> Result<String> {
    let mut text = String::new();
    for (name, summary) in all {
        let mut summary = summary.clone();
        summary.record.record.clone_from(name);
        let table = crate::score::runs(&summary)?;
        let (head, rows) = table.split_once('\n').unwrap_or_default();
        if text.is_empty() {
            text = format!("{head}\n");
        }
        text += rows;
    }
    Ok(text)
}

/// What makes two records those of one machine.
fn identity(m: &Machine) -> (String, String, String, u32, u64, String) {
    (
        m.kernel.clone(),
        m.cpu.clone(),
        m.distribution.clone(),
        m.cpus,
        m.memory_bytes >> 20,
        m.virtualisation.clone(),
    )
}

/// The other records of the same machine.
fn twins(records: &[(String, Summary)], place: usize) -> Vec<String> {
    let own = identity(&records[place].1.record.machine);
    let others = records
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place);
    let same = others.filter(|(_, (_, one))| identity(&one.record.machine) == own);
    same.map(|(_, (name, _))| name.clone()).collect()
}

/// README.md, report.html and plots/ over `records`.
fn pages(dir: &Path, title: &str, records: Vec<(String, Summary)>) -> Result<()> {
    let (records, cases): (Vec<_>, Vec<_>) = records
        .into_iter()
        .map(|(name, summary)| {
            let (load, cases) = cases::apart(summary);
            ((name, load), cases)
        })
        .unzip();
    let folder = dir.join("plots");
    fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let mut drawn: Vec<Vec<Plot>> = Vec::new();
    for (place, (_, summary)) in records.iter().enumerate() {
        let lead = if records.len() > 1 {
            format!("{}-", place + 1)
        } else {
            String::new()
        };
        let plots = plots::draw(summary, &lead)?;
        for plot in &plots {
            put(&folder.join(&plot.file), &plot.svg)?;
        }
        drawn.push(plots);
    }
    let views = records.iter().zip(&drawn).zip(cases).enumerate();
    let views = views.map(|(place, (((name, summary), plots), cases))| {
        let mut view = View::new(summary, plots, place, name.clone())?;
        view.twins = twins(&records, place);
        view.cases = cases;
        Ok(view)
    });
    let summaries: Vec<_> = records.iter().map(|(_, summary)| summary.clone()).collect();
    let page = Page {
        kernels: (records.len() > 1).then(|| Kernels::new(&summaries)),
        title: title.to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        records: views.collect::<Result<_>>()?,
    };
    put(&dir.join("README.md"), &page::markdown(&page)?)?;
    put(&dir.join("report.html"), &page::html(&page)?)
}

/// The differences between two records as a page.
pub fn compared_page(found: &Differences) -> Result<String> {
    page::compared(found)
}

/// The matrix of the record `dir`, for a terminal.
pub fn terminal(dir: &Path, colour: bool) -> Result<String> {
    if let Some(found) = Sweep::read(dir)? {
        return Ok(sweep::terminal(&found));
    }
    let (summary, cases) = cases::apart(Summary::read(dir)?);
    let load = !summary.record.workloads.is_empty();
    let mut text = String::new();
    if load {
        text += &terminal::matrix(&summary, colour);
    }
    text += &cases.map_or_else(String::new, |cases| cases.terminal(colour));
    Ok(text)
}

/// The kernel matrix of the records in `dirs`, as Markdown.
pub fn kernels(dirs: &[PathBuf]) -> Result<String> {
    let records = dirs.iter().map(|dir| Summary::read(dir));
    let records = records.collect::<Result<Vec<_>>>()?;
    page::kernels(&Kernels::new(&records))
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}
