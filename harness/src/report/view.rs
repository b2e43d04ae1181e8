//! What a page shows of a record, in words and in order; the templates only lay it out.

use serde::Serialize;

use super::figures::{self, Row};
use super::plots::Plot;
use crate::numbers::count;
use crate::record::{Machine, MonitorInfo, Record, Status, WorkloadInfo};
use crate::score::{Cell, Summary};

/// A record.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    name: &'a str,
    command: String,
    started: &'a str,
    version: &'a str,
    seed: u64,
    scale: f64,
    repetitions: u32,
    machine: String,
    correctness_only: bool,
    /// What is too small to be called a difference.
    floor: Option<String>,
    recovered: &'a [String],
    workloads: Vec<Workload<'a>>,
    monitors: Vec<Monitor<'a>>,
    faults: Vec<&'a Cell>,
    plots: &'a [Plot],
}

#[derive(Debug, Serialize)]
struct Workload<'a> {
    name: &'a str,
    analysis: &'a str,
    /// "32,767 forks, 1 exec, 32,767 exits".
    made: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Monitor<'a> {
    name: &'a str,
    about: &'a str,
    why: Option<String>,
}

impl<'a> View<'a> {
    /// Of a scored record and its plots.
    pub(super) fn new(summary: &'a Summary, plots: &'a [Plot]) -> Self {
        let record = &summary.record;
        let rows = figures::rows(summary);
        let failed = |cell: &&Cell| cell.status == Status::Failed;
        Self {
            name: &record.record,
            command: command(record),
            started: &record.started,
            version: &record.version,
            seed: record.seed,
            scale: record.scale,
            repetitions: record.repetitions,
            machine: machine(&record.machine),
            correctness_only: record.machine.correctness_only,
            floor: floor(summary),
            recovered: &record.recovered,
            workloads: record
                .workloads
                .iter()
                .map(|one| workload(one, &rows))
                .collect(),
            monitors: record.monitors.iter().map(monitor).collect(),
            faults: summary.cells.iter().filter(failed).collect(),
            plots,
        }
    }
}

/// As it was typed, the program by its name alone.
fn command(record: &Record) -> String {
    let words = record.command.iter().skip(1).map(String::as_str);
    ["harness"]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn floor(summary: &Summary) -> Option<String> {
    let floor = summary.noise_floor.all.as_ref()?;
    Some(format!("{:.1} %", (floor.factor - 1.0) * 100.0))
}

fn workload<'a>(one: &'a WorkloadInfo, rows: &[Row]) -> Workload<'a> {
    let [fork, exec, exit] = one.expected;
    let of = rows.iter().filter(|row| row.workload == one.name);
    Workload {
        name: &one.name,
        analysis: &one.analysis,
        made: [
            count(fork, "fork"),
            count(exec, "exec"),
            count(exit, "exit"),
        ]
        .join(", "),
        rows: of.cloned().collect(),
    }
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
    format!(
        "{} CPUs ({}), {} MiB, Linux {} {}, {}, {}, virtualised: {}, clock source {}, control groups {}, user id {}",
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
        m.uid
    )
}
