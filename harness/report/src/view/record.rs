//! A record as its templates see it.

use anyhow::Result;
use scoring::record::{MonitorInfo, Record, Status};
use scoring::{Cell, Summary};
use serde::Serialize;

use super::cell_row;
use super::workload::{self, Ids, Workload};
use crate::blind::Blind;
use crate::cases::Cases;
use crate::cost::Costs;
use crate::format;
use crate::machine::{config, machine};
use crate::overview::Overview;
use crate::parts::Parts;
use crate::plots::Plot;
use crate::sweep::Sweeps;
use crate::thinned::thinned;
use crate::verdict::{LEGEND, Verdict};
use crate::{lineage, told};

#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    /// What all anchors of it begin with.
    id: &'a str,
    name: &'a str,
    command: String,
    started: &'a str,
    version: &'a str,
    /// Of the harness that measured.
    commit: Option<&'a str>,
    seed: u64,
    scale: f64,
    repetitions: u32,
    kernel: &'a str,
    cpu: &'a str,
    machine: String,
    /// Other records of the page that are of the same machine.
    same_machine: Vec<String>,
    config: String,
    correctness_only: bool,
    /// What is too small to be called a difference, over all and by workload.
    floor: Option<String>,
    floors: String,
    recovered: &'a [String],
    /// What could not be measured there.
    notes: &'a [String],
    /// What is left out of summary.json.
    thinned: Option<String>,
    verdict: Verdict,
    lender: Option<&'a str>,
    /// Records of the page and of the same machine that answer a need differently.
    others: Vec<Other>,
    legend: &'static str,
    overview: Overview,
    workloads: Vec<Workload<'a>>,
    lineage: lineage::Table,
    told: told::Matrix,
    blind: &'a Blind,
    ids: Ids,
    row_head: &'static [&'static str],
    short_head: &'static [&'static str],
    keys: &'static [&'static str],
    short_keys: &'static [&'static str],
    cell_head: &'static [&'static str],
    cases: Option<&'a Cases>,
    sweep: Option<&'a Sweeps>,
    costs: Option<&'a Costs>,
    monitors: Vec<Monitor<'a>>,
    faults: Vec<&'a Cell>,
    headline: &'a [Plot],
    plots: &'a [Plot],
}

/// Another answer to a need.
#[derive(Debug, Serialize)]
pub(super) struct Other {
    pub(super) need: String,
    pub(super) words: String,
}

#[derive(Debug, Serialize)]
struct Monitor<'a> {
    name: &'a str,
    about: &'a str,
    why: Option<String>,
}

impl<'a> View<'a> {
    pub(super) fn new(
        parts: &'a Parts,
        same_machine: Vec<String>,
        others: Vec<Other>,
    ) -> Result<Self> {
        let summary = &parts.load;
        let record = &summary.record;
        let mut ids = workload::ids(record, &parts.id);
        ids.extend(parts.sweep.iter().flat_map(Sweeps::ids));
        let failed = |cell: &&Cell| cell.status == Status::Failed;
        let floor = summary.noise_floor.all.as_ref();
        Ok(Self {
            id: &parts.id,
            name: &parts.name,
            command: command(record),
            started: &record.started,
            version: &record.version,
            commit: record.commit.as_deref(),
            seed: record.seed,
            scale: record.scale,
            repetitions: record.repetitions,
            kernel: &record.machine.kernel,
            cpu: &record.machine.cpu,
            machine: machine(&record.machine),
            same_machine,
            config: config(&record.machine),
            correctness_only: record.machine.correctness_only,
            floor: floor.map(|floor| share(floor.factor)),
            floors: floors(summary),
            recovered: &record.recovered,
            notes: &record.notes,
            thinned: thinned(summary),
            verdict: Verdict::new(summary)?,
            lender: parts.lender.as_deref(),
            others,
            legend: LEGEND,
            overview: Overview::new(summary),
            workloads: workload::all(parts, &ids),
            lineage: lineage::Table::new(summary),
            told: told::Matrix::new(summary),
            blind: &parts.blind,
            ids,
            row_head: &format::HEAD,
            short_head: &format::SHORT_HEAD,
            keys: &format::KEYS,
            short_keys: &format::SHORT_KEYS,
            cell_head: &cell_row::HEAD,
            cases: parts.cases.as_ref(),
            sweep: parts.sweep.as_ref(),
            costs: parts.costs.as_ref(),
            monitors: record.monitors.iter().map(monitor).collect(),
            faults: summary.cells.iter().filter(failed).collect(),
            headline: &parts.headline,
            plots: &parts.plots,
        })
    }
}

/// As it was typed, the program by its name alone.
fn command(record: &Record) -> String {
    let words = record.command.iter().skip(1).map(String::as_str);
    let all = ["harness"].into_iter().chain(words);
    all.collect::<Vec<_>>().join(" ")
}

fn share(factor: f64) -> String {
    format!("{:.1} %", (factor - 1.0) * 100.0)
}

fn floors(summary: &Summary) -> String {
    let all = summary.noise_floor.workloads.iter();
    let words = all.map(|(name, floor)| format!("{name} {}", share(floor.factor)));
    words.collect::<Vec<_>>().join(", ")
}

fn monitor(one: &MonitorInfo) -> Monitor<'_> {
    Monitor {
        name: &one.name,
        about: &one.about,
        why: one.unavailable.as_ref().map(|lines| lines.join("; ")),
    }
}
