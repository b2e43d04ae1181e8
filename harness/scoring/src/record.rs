//! What a record folder holds, as written while measuring. Everything else in it is computed from
//! this and the raw files: `record.json`, and in `raw/CELL/` a `cell.json`, the ledger and the spool.

mod holds;
mod machine;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

pub use self::holds::Buffer;
pub use machine::Machine;

pub use crate::gap::{BLIND, Start};
pub use crate::json::{read_json, write_json, write_json_pretty};
pub use crate::noise::Noise;

/// The version of every format in docs/FORMAT.md.
pub const FORMAT: u32 = 2;

/// Folder with the definitions of the third-party tools that were measured.
pub const TOOLS: &str = "tools";

/// `record.json`: what was measured, where and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u32,
    /// Name of the folder.
    pub record: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// The command line that made it.
    pub command: Vec<String>,
    /// Seed of the order of cells and of every bootstrap.
    pub seed: u64,
    /// Factor on every workload's number of processes.
    pub scale: f64,
    /// Repetitions of every cell.
    pub repetitions: u32,
    /// The half-width of every slowdown that was asked for, as a share: 0.02 is 2 %. `None` where
    /// the number of blocks or a time was set beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Version of the harness.
    pub version: String,
    /// Its commit, with `-dirty` where the sources below were changed; not known without git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Hash of its sources that decide the figures; not known to a harness from a published package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<String>,
    /// The machine.
    pub machine: Machine,
    /// The workloads with their analysis texts, in the order of the report.
    pub workloads: Vec<WorkloadInfo>,
    /// The monitors, in the order of the report; `null` first.
    pub monitors: Vec<MonitorInfo>,
    /// What earlier, killed runs had left and was put back before this one.
    pub recovered: Vec<String>,
    /// What could not be measured or limited on this machine, each with what is missing and what to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A workload of the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkloadInfo {
    /// Its label, options included.
    pub name: String,
    /// The model that ran it.
    pub model: String,
    /// Why techniques fare as they do on it.
    pub analysis: String,
    /// Expected events at this record's scale, by kind in the order fork, exec, exit.
    pub expected: [u64; 3],
}

/// A monitor of the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MonitorInfo {
    /// Its label: the name, and the options that were given.
    pub name: String,
    /// Its source in one line.
    pub about: String,
    /// What a third-party tool says of its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Size of its buffer (bytes; for audit records), where it is the only option that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer: Option<u64>,
    /// `None` when it could run; else what is missing and what to do, one line each.
    pub unavailable: Option<Vec<String>>,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Measured.
    Ok,
    /// Something went wrong, see `error`.
    Failed,
    /// The monitor or the workload cannot run here, see `error`.
    Unavailable,
}

/// What a cell measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Experiment {
    /// Whether the reader keeps up: a sustained load that goes through the buffer several times.
    Loss,
    /// What it costs: a short cell of a block.
    Overhead,
    /// What is seen of one thing.
    Case,
    /// A trial of a sweep.
    Sweep,
    /// A command of the user's own.
    Foreign,
    /// The same with each exec of it written down before it happens: its fields are judged, and its cost is not.
    Argv,
    /// Whether events come in the order in which they happened.
    Order,
    /// When a monitor sees nothing, and what it tells of processes that ran before it.
    Blind,
    /// Whether interference with its kernel state is noticed.
    Tamper,
}

/// `cell.json`: one workload under one monitor, once, as far as it was measured while it ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CellRun {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// The configuration that a sustained cell is about, where it ran with a smaller buffer: no loss
    /// with that holds for any larger one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<String>,
    /// From 1.
    pub repetition: u32,
    /// Its place in the order of all cells, from 0.
    pub order: u32,
    /// It is the `null` cell that the others of its workload and repetition are compared with;
    /// a `null` cell that is not makes the A/A pair.
    pub baseline: bool,
    /// What it measures.
    pub experiment: Experiment,
    /// How it ended.
    pub status: Status,
    /// Why it failed or could not run.
    pub error: Option<String>,
    /// Why the monitor saw nothing although it ran; no readiness probes were sent then.
    #[serde(default)]
    pub blind: Option<String>,
    /// All readiness probes sent after the workload were reported in time.
    pub drained: bool,
    /// Measured costs; `None` unless the status is ok.
    pub cost: Option<Cost>,
    /// Losses the monitor reports, by cause.
    pub reported_lost: BTreeMap<String, u64>,
    /// What else the monitor counted.
    pub notes: BTreeMap<String, u64>,
    /// What held events between the kernel and the monitor's reader, and how full it was; `None` of
    /// a cell that watched nothing.
    #[serde(default)]
    pub buffer: Option<Buffer>,
    /// CPU time of the monitor's cgroup so far, in nanoseconds, at times on CLOCK_MONOTONIC while
    /// the workload ran; empty where it was not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_cpu_samples: Vec<(u64, u64)>,
    /// What else went on.
    pub noise: Noise,
    /// What the ledger was held against, beside the workload itself.
    #[serde(default)]
    pub cross_check: Option<CrossCheck>,
    /// Of a command that is not ours: [`TRUTH_OF_A_COMMAND`], or `none: ` and why its events are not
    /// known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth_source: Option<String>,
    /// The starts of the monitor where blind windows are measured, in order; each told in `start-N/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Start>,
}

/// Where the true events of a command come from that writes none down itself.
pub const TRUTH_OF_A_COMMAND: &str = "perf counters and process accounting";

/// The model of a workload that is a command which is not ours.
pub const COMMAND_MODEL: &str = "command";

/// A source that the ledger was held against and that the workload did not write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrossCheck {
    /// [`CrossCheck::ACCOUNTING`] or [`CrossCheck::COUNT`].
    pub by: String,
    /// The processes it saw: the workload's own, or those of the whole machine.
    pub processes: u64,
}

impl CrossCheck {
    /// Process by process: pid, parent, status, and whether it executed.
    pub const ACCOUNTING: &str = "process accounting";
    /// Only a bound: no ledger may have more forks than the kernel made.
    pub const COUNT: &str = "the kernel's count of processes";
}

/// What a cell took. Times in nanoseconds, from the start of the workload to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time of the workload.
    pub wall_ns: u64,
    /// CPU time of the workload's cgroup.
    pub workload_cpu_ns: Option<u64>,
    /// CPU time of the monitor's cgroup, until it had drained.
    pub monitor_cpu_ns: Option<u64>,
    /// Busy time of all CPUs together, until the monitor had drained.
    pub system_cpu_ns: u64,
    /// Most memory the monitor's process ever had.
    pub peak_rss_bytes: u64,
}

impl CellRun {
    /// A cell of which nothing is known but its names.
    pub fn nothing(workload: &str, monitor: &str) -> Self {
        Self {
            workload: workload.to_owned(),
            configuration: monitor.to_owned(),
            stands_for: None,
            repetition: 0,
            order: 0,
            baseline: false,
            experiment: Experiment::Overhead,
            status: Status::Ok,
            error: None,
            blind: None,
            drained: false,
            buffer: None,
            own_cpu_samples: Vec::new(),
            cost: None,
            reported_lost: BTreeMap::new(),
            notes: BTreeMap::new(),
            cross_check: None,
            truth_source: None,
            starts: Vec::new(),
            noise: Noise::default(),
        }
    }
}

impl WorkloadInfo {
    /// Whether it shows what is seen of one thing, and says nothing about loss, time and cost.
    pub fn is_case(&self) -> bool {
        self.model == "case"
    }

    /// Whether it shows when nothing is seen, and says nothing about loss and cost.
    pub fn is_blind(&self) -> bool {
        self.name.starts_with(BLIND)
    }

    /// Whether it is a command that writes no event down itself.
    pub fn is_command(&self) -> bool {
        self.model == COMMAND_MODEL
    }
}

impl Record {
    /// Reads `DIR/record.json`.
    pub fn read(dir: &Path) -> Result<Self> {
        let record: Self = read_json(&dir.join("record.json"))?;
        if record.format != FORMAT {
            bail!(
                "{}: is of format {}, this harness reads {FORMAT}: use the harness that wrote it",
                dir.join("record.json").display(),
                record.format
            );
        }
        Ok(record)
    }

    /// Size of the buffer of the configuration called `label`: see [`MonitorInfo::buffer`].
    pub fn buffer_of(&self, label: &str) -> Option<u64> {
        let mut all = self.monitors.iter();
        all.find(|one| one.name == label)?.buffer
    }

    /// The folders of the record's cells, in the order in which they ran.
    pub fn cells(dir: &Path) -> Result<Vec<PathBuf>> {
        let raw = dir.join("raw");
        let entries = fs::read_dir(&raw).with_context(|| {
            format!(
                "{}: cannot be read; a record without raw files can only be shown",
                raw.display()
            )
        })?;
        let mut cells = entries
            .map(|entry| Ok(entry?.path()))
            .filter(|path| {
                path.as_ref()
                    .map_or(true, |path| path.join("cell.json").exists())
            })
            .collect::<std::io::Result<Vec<_>>>()?;
        cells.sort();
        Ok(cells)
    }
}
