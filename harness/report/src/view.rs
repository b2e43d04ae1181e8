//! What a page shows of a record, in words and in order; the templates only lay it out.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::Kind;
use serde::Serialize;

use super::Parts;
use super::cases::Cases;
use super::format::{self, Row};
use super::kernels::Kernels;
use super::overview::Brief;
use super::plots::Plot;
use super::sweep::Sweeps;
use crate::advise::{self, Answer, Asked, Rules};
use crate::numbers::{count, few, micros, thousands};
use scoring::record::{Machine, MonitorInfo, Noise, Record, Status, WorkloadInfo};
use scoring::{Cell, Summary};

/// A page over one record or several.
#[derive(Debug, Serialize)]
pub(super) struct Page<'a> {
    pub(super) title: String,
    pub(super) version: &'static str,
    /// Of several records.
    pub(super) kernels: Option<Kernels<'a>>,
    pub(super) records: Vec<View<'a>>,
}

/// A record.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    /// What all anchors of it begin with.
    id: String,
    name: &'a str,
    command: String,
    started: &'a str,
    version: &'a str,
    seed: u64,
    scale: f64,
    repetitions: u32,
    kernel: &'a str,
    machine: String,
    /// Other records of the page that are of the same machine.
    twins: Vec<String>,
    config: String,
    correctness_only: bool,
    /// What is too small to be called a difference, over all and by workload.
    floor: Option<String>,
    floors: String,
    recovered: &'a [String],
    answers: Vec<Answer>,
    lender: Option<&'a str>,
    brief: Brief,
    workloads: Vec<Workload<'a>>,
    /// The anchor of the row of a workload and a monitor.
    ids: Ids,
    cell_head: &'static [&'static str],
    cases: Option<&'a Cases>,
    sweep: Option<&'a Sweeps>,
    monitors: Vec<Monitor<'a>>,
    faults: Vec<&'a Cell>,
    plots: &'a [Plot],
}

#[derive(Debug, Serialize)]
struct Workload<'a> {
    id: String,
    name: &'a str,
    analysis: &'a str,
    /// "32,767 forks, 1 exec, 32,767 exits".
    made: String,
    measured: bool,
    rows: Vec<Linked>,
    cells: Vec<CellRow<'a>>,
}

/// A row and its anchor.
#[derive(Debug, Serialize)]
struct Linked {
    id: String,
    #[serde(flatten)]
    row: Row,
}

/// A cell of a record in a line.
#[derive(Debug, Serialize)]
struct CellRow<'a> {
    configuration: &'a str,
    repetition: u32,
    /// Why there are no figures.
    why: Option<&'a str>,
    figures: Vec<String>,
}

const CELL_HEAD: [&str; 18] = [
    "configuration",
    "repetition",
    "fork missed",
    "exec missed",
    "exit missed",
    "duplicates",
    "false_positives",
    "silent",
    "fork p99",
    "exec p99",
    "exit p99",
    "events/s",
    "wall ms",
    "own CPU us/event",
    "machine CPU us/event",
    "peak MiB",
    "steal ticks",
    "load",
];

#[derive(Debug, Serialize)]
struct Monitor<'a> {
    name: &'a str,
    about: &'a str,
    why: Option<String>,
}

impl<'a> View<'a> {
    /// Of a record whose anchors begin with `id`.
    pub(super) fn new(parts: &'a Parts, id: &str, twins: Vec<String>) -> Result<Self> {
        let summary = &parts.load;
        let record = &summary.record;
        let mut ids = ids(record, id);
        ids.extend(parts.sweep.iter().flat_map(Sweeps::ids));
        let failed = |cell: &&Cell| cell.status == Status::Failed;
        let machine_of = &record.machine;
        Ok(Self {
            name: &parts.name,
            command: command(record),
            started: &record.started,
            version: &record.version,
            seed: record.seed,
            scale: record.scale,
            repetitions: record.repetitions,
            kernel: &machine_of.kernel,
            machine: machine(machine_of),
            twins,
            config: config(machine_of),
            correctness_only: machine_of.correctness_only,
            floor: summary
                .noise_floor
                .all
                .as_ref()
                .map(|floor| share(floor.factor)),
            floors: floors(summary),
            recovered: &record.recovered,
            answers: answers(summary)?,
            lender: parts.lender.as_deref(),
            brief: Brief::new(summary),
            workloads: workloads(summary, id, &ids),
            ids,
            cell_head: &CELL_HEAD,
            cases: parts.cases.as_ref(),
            sweep: parts.sweep.as_ref(),
            monitors: record.monitors.iter().map(monitor).collect(),
            faults: summary.cells.iter().filter(failed).collect(),
            plots: &parts.plots,
            id: id.to_owned(),
        })
    }
}

/// What the rules say for every need.
pub(super) fn answers(summary: &Summary) -> Result<Vec<Answer>> {
    let rules = Rules::embedded()?;
    let answer = |need| advise::answer(&rules, need, summary, Asked::default());
    Ok(rules.needs.iter().map(answer).collect())
}

/// What the anchors of the record in this place begin with.
pub(super) fn id(number: usize) -> String {
    format!("r{number}")
}

fn ids(record: &Record, id: &str) -> Ids {
    let monitors = |w: usize| {
        let all = record.monitors.iter().enumerate();
        all.map(move |(m, one)| (one.name.clone(), format!("{id}-w{w}-m{m}")))
            .collect()
    };
    let all = record.workloads.iter().enumerate();
    all.map(|(w, one)| (one.name.clone(), monitors(w)))
        .collect()
}

/// As it was typed, the program by its name alone.
pub(super) fn command(record: &Record) -> String {
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

fn config(machine: &Machine) -> String {
    let all = machine.config.iter();
    let words = all.map(|(name, value)| format!("{}={value}", name.trim_start_matches("CONFIG_")));
    words.collect::<Vec<_>>().join(" ")
}

type Ids = BTreeMap<String, BTreeMap<String, String>>;

fn workloads<'a>(summary: &'a Summary, id: &str, ids: &Ids) -> Vec<Workload<'a>> {
    let rows = format::rows(summary);
    let link = |row: &Row| {
        let found = ids
            .get(&*row.workload)
            .and_then(|ids| ids.get(&*row.configuration));
        Linked {
            id: found.cloned().unwrap_or_default(),
            row: row.clone(),
        }
    };
    let all = summary.record.workloads.iter().enumerate();
    all.map(|(place, one)| {
        let of = rows.iter().filter(|row| row.workload == one.name);
        let rows: Vec<_> = of.map(link).collect();
        Workload {
            id: format!("{id}-w{place}"),
            name: &one.name,
            analysis: &one.analysis,
            made: made(one),
            measured: rows.iter().any(|linked| linked.row.not_measured.is_none()),
            rows,
            cells: cells(summary, &one.name),
        }
    })
    .collect()
}

/// The cells of a workload, by monitor in the order of the record. Those of monitors that cannot
/// run here at all say nothing that is not said elsewhere.
fn cells<'a>(summary: &'a Summary, workload: &str) -> Vec<CellRow<'a>> {
    let of = |cell: &&Cell| cell.workload == workload && cell.status != Status::Unavailable;
    let mut cells: Vec<_> = summary.cells.iter().filter(of).collect();
    let place = |name: &str| {
        let mut monitors = summary.record.monitors.iter();
        monitors.position(|one| one.name == name)
    };
    cells.sort_by_key(|cell| (place(&cell.configuration), cell.repetition, cell.order));
    cells.into_iter().map(cell_row).collect()
}

fn cell_row(cell: &Cell) -> CellRow<'_> {
    let why = (cell.status != Status::Ok).then(|| cell.error.as_deref().unwrap_or("failed"));
    CellRow {
        configuration: &cell.configuration,
        repetition: cell.repetition,
        why,
        figures: cell_figures(cell),
    }
}

fn cell_figures(cell: &Cell) -> Vec<String> {
    let kinds = || Kind::ALL.into_iter().map(|kind| cell.kinds.get(kind));
    let missed = kinds().map(|score| match score.filter(|score| score.offered) {
        Some(score) => format!("{} of {}", score.missed, score.truths),
        None => "-".into(),
    });
    let late = kinds().map(|score| {
        let late = score.and_then(|score| score.latency_us.as_ref());
        late.map_or("-".into(), |late| micros(late.p99))
    });
    let (duplicates, false_positives) = kinds().flatten().fold((0, 0), |sum, score| {
        (sum.0 + score.duplicates, sum.1 + score.false_positives)
    });
    let figure = |value: Option<f64>| value.map_or("-".into(), few);
    let cost = &cell.cost;
    let memory = cost.peak_rss_bytes.map(|bytes| bytes >> 20);
    let counts = [duplicates, false_positives, cell.silent_lost].map(thousands);
    let costs = [
        cost.events_per_s,
        cost.wall_ms,
        cost.own_cpu_us_per_event,
        cost.system_cpu_us_per_event,
    ];
    let last = [
        memory.map_or("-".into(), |memory| memory.to_string()),
        kept(&cell.noise),
        format!("{:.2}", cell.noise.load),
    ];
    let figures = missed.chain(counts).chain(late);
    figures.chain(costs.map(figure)).chain(last).collect()
}

/// What was kept from a cell: "3", or "3, 1,250 ms throttled, too much".
fn kept(noise: &Noise) -> String {
    let throttled = noise.throttled_us.map_or(0, |us| us / 1000);
    let mut text = noise.steal_ticks.to_string();
    if throttled > 0 {
        text += &format!(", {} ms throttled", thousands(throttled));
    }
    if noise.stolen {
        text += ", too much";
    }
    text
}

fn made(one: &WorkloadInfo) -> String {
    let [fork, exec, exit] = one.expected;
    [
        count(fork, "fork"),
        count(exec, "exec"),
        count(exit, "exit"),
    ]
    .join(", ")
}

fn monitor(one: &MonitorInfo) -> Monitor<'_> {
    Monitor {
        name: &one.name,
        about: &one.about,
        why: one.unavailable.as_ref().map(|lines| lines.join("; ")),
    }
}

/// The machine in one line.
pub(super) fn machine(m: &Machine) -> String {
    let user = if m.uid == 0 {
        "as root".to_owned()
    } else {
        format!("as user {}", m.uid)
    };
    format!(
        "{} CPUs ({}), {} MiB, Linux {} {}, {}, {}, virtualised: {}, clock source {}, control groups {}, {user}",
        m.cpus,
        m.cpu,
        m.memory_bytes >> 20,
        m.kernel,
        m.arch,
        m.distribution,
        m.libc,
        m.virtualisation,
        m.clocksource,
        m.cgroup,
    )
}
