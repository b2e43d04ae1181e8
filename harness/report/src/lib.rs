//! Tables, plots and pages from `summary.json`. Pure: a record can be shown again anywhere.

pub mod advise;
mod cases;
mod compare;
mod family;
mod format;
mod kernels;
pub mod numbers;
mod overview;
mod page;
mod plots;
mod sweep;
mod terminal;
mod view;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::cases::Cases;
pub use self::compare::{Differences, compare, text as compared_text};
use self::kernels::Kernels;
use self::overview::Brief;
use self::plots::Plot;
use self::sweep::Sweeps;
use self::view::{Page, View};
use scoring::Summary;
use scoring::sweep::result::Sweep;

/// Image formats to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// SVG.
    Svg,
    /// SVG, and PNG beside it.
    Png,
}

/// Writes `README.md`, `report.html` and `plots/` into the record `dir`.
pub fn write(dir: &Path, pictures: Pictures) -> Result<()> {
    let one = Input::read(dir)?;
    let name = one.name.clone();
    pages(dir, &name, vec![one], pictures)
}

/// Writes one report over many records into `out`, kept apart by machine.
pub fn merge(dirs: &[PathBuf], out: &Path, pictures: Pictures) -> Result<()> {
    let mut all = dirs
        .iter()
        .map(|dir| Input::read(dir))
        .collect::<Result<Vec<_>>>()?;
    let names: Vec<_> = all.iter().map(|one| one.name.clone()).collect();
    for (one, dir) in all.iter_mut().zip(dirs) {
        if names.iter().filter(|name| **name == one.name).count() > 1 {
            one.name = dir.display().to_string();
        }
    }
    // Those of one machine stand together, in the order in which they were made.
    all.sort_by(|a, b| {
        let [a, b] = [a, b].map(|one| &one.summary.record);
        let machine = a.machine.identity().cmp(&b.machine.identity());
        machine.then_with(|| a.started.cmp(&b.started))
    });
    let title = format!("{} records", all.len());
    fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    put(&out.join("runs.csv"), rows(&all)?)?;
    lend_cases(&mut all);
    pages(out, &title, all, pictures)
}

/// Gives every record without cases those of its machine, for the answers.
fn lend_cases(all: &mut [Input]) {
    let lender = |one: &Input| {
        let lenders = all
            .iter()
            .filter(|other| other.summary.lends_to(&one.summary));
        let latest = lenders.max_by_key(|other| &other.summary.record.started)?;
        Some((latest.name.clone(), latest.summary.cases.clone()))
    };
    let lent: Vec<_> = all.iter().map(lender).collect();
    for (one, lent) in all.iter_mut().zip(lent) {
        if let Some((name, cases)) = lent {
            one.lender = Some(name);
            one.summary.cases = cases;
        }
    }
}

/// All rows of all records under one head; the column `record` tells them apart.
fn rows(all: &[Input]) -> Result<String> {
    let mut text = String::new();
    for one in all {
        let mut summary = one.summary.clone();
        summary.record.record.clone_from(&one.name);
        let table = scoring::runs(&summary)?;
        let (head, rows) = table.split_once('\n').unwrap_or_default();
        if text.is_empty() {
            text = format!("{head}\n");
        }
        text += rows;
    }
    Ok(text)
}

/// A record as it was read.
struct Input {
    name: String,
    /// The record whose cases count for this one too.
    lender: Option<String>,
    summary: Summary,
    sweep: Option<Sweep>,
}

impl Input {
    fn read(dir: &Path) -> Result<Self> {
        let summary = Summary::read(dir)?;
        Ok(Self {
            name: summary.record.record.clone(),
            lender: None,
            summary,
            sweep: Sweep::read(dir)?,
        })
    }
}

/// A record taken apart into what is shown in ways of its own: load, cases, a sweep.
struct Parts {
    name: String,
    lender: Option<String>,
    /// Nothing of a case or a trial of a sweep is in it.
    load: Summary,
    cases: Option<Cases>,
    sweep: Option<Sweeps>,
    plots: Vec<Plot>,
}

impl Parts {
    fn new(input: Input, id: &str, lead: &str) -> Result<Self> {
        let Input {
            name,
            lender,
            summary,
            sweep,
        } = input;
        let sweep = sweep.map(|found| Sweeps::new(&summary, &found, id, lead));
        let sweep = sweep.transpose()?;
        let (mut load, cases) = cases::apart(summary);
        if sweep.is_some() {
            load.comparison.clear();
            load.record.workloads.clear();
        }
        Ok(Self {
            plots: plots::draw(&load, lead)?,
            name,
            lender,
            load,
            cases,
            sweep,
        })
    }

    /// Every plot of it.
    fn drawn(&self) -> impl Iterator<Item = &Plot> {
        let sections = self.sweep.iter().flat_map(|sweep| &sweep.sections);
        let swept = sections.flat_map(|section| &section.plots);
        self.plots.iter().chain(swept)
    }
}

/// The other records of the same machine.
fn twins(all: &[Parts], place: usize) -> Vec<String> {
    let own = all[place].load.record.machine.identity();
    let others = all.iter().enumerate().filter(|(other, _)| *other != place);
    let same = others.filter(|(_, one)| one.load.record.machine.identity() == own);
    same.map(|(_, one)| one.name.clone()).collect()
}

/// README.md, report.html and plots/ over `records`.
fn pages(dir: &Path, title: &str, records: Vec<Input>, pictures: Pictures) -> Result<()> {
    let folder = dir.join("plots");
    fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let many = records.len() > 1;
    let parts = records.into_iter().zip(1..).map(|(one, number)| {
        let lead = if many {
            format!("{number}-")
        } else {
            String::new()
        };
        Parts::new(one, &view::id(number), &lead)
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    for plot in parts.iter().flat_map(Parts::drawn) {
        let path = folder.join(&plot.file);
        put(&path, &plot.svg)?;
        if pictures == Pictures::Png {
            put(&path.with_extension("png"), plots::png::png(&plot.svg)?)?;
        }
    }
    let views = parts.iter().enumerate();
    let views =
        views.map(|(place, one)| View::new(one, &view::id(place + 1), twins(&parts, place)));
    let page = Page {
        kernels: Kernels::of_many(parts.iter().map(|one| &one.load)),
        title: title.to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        records: views.collect::<Result<_>>()?,
    };
    put(&dir.join("README.md"), page::markdown(&page)?)?;
    put(&dir.join("report.html"), page::html(&page)?)
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

/// The record `dir` on one screen, as Markdown.
pub fn brief(dir: &Path) -> Result<String> {
    let summary = Summary::read(dir)?.without_cases();
    page::brief(&overview::Page {
        brief: Brief::new(&summary),
        answers: view::answers(&summary)?,
    })
}

/// The kernel matrix of the records in `dirs`, as Markdown.
pub fn kernels(dirs: &[PathBuf]) -> Result<String> {
    let records = dirs.iter().map(|dir| Summary::read(dir));
    let records = records.collect::<Result<Vec<_>>>()?;
    page::kernels(&Kernels::new(&records.iter().collect::<Vec<_>>()))
}

fn put(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}

/// What the techniques of one kind are called, by the label of one of them; "other" where it is not known.
pub fn family(label: &str) -> &'static str {
    family::of(label).1
}
