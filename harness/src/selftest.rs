//! The harness examined: faults are planted exactly, and every figure of the report is held
//! against what was planted. Exact for counts, within one step of the histogram for detection latency.
//!
//! Nothing is taken from the scorer here. What is due is counted while planting, and intervals
//! are added up from chances. It all goes the way of a measured record: a folder with ledgers and
//! spools is written, scored, and read back.

mod as_command;
mod blind;
mod case;
mod expect;
mod expectation;
mod fault_matrix;
mod intervals;
mod latency;
mod lineage;
mod open_loop;
mod overhead;
mod planted_ledger;
mod synthetic;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};
use contract::{Ledger, Spool};
use monitors::replay::{self, Faults, Planted, plant};
use serde_json::{Value, to_value};

use planted_ledger::read;

use crate::checksums;
use crate::scorer;
use crate::select;
use scoring::record::{
    CellRun, Cost, CrossCheck, FORMAT, MonitorInfo, Noise, Record, WorkloadInfo, write_json,
};

pub(crate) use as_command::as_commands;
pub(crate) use blind::examine as blind_windows;
pub(crate) use case::Case;
/// All faults at once, for runs of real workloads under `replay`.
pub(crate) use fault_matrix::EVERYTHING;

/// A ledger that a workload left, or one made up.
pub(crate) struct Source {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub ledger: Ledger,
    /// The folder of the cell that left it.
    pub cell: Option<PathBuf>,
}

/// The made-up ledgers.
pub(crate) fn made() -> Vec<Source> {
    let all = synthetic::all().into_iter();
    all.map(|(name, ledger)| Source {
        name: name.into(),
        ledger,
        cell: None,
    })
    .collect()
}

/// A ledger with faults planted in it, twice.
struct Planting {
    source: usize,
    configuration: String,
    runs: [CellRun; 2],
    planted: [Planted; 2],
}

/// Plants every case of the grid into `dir`, scores it and compares. `seed` decides what is left
/// to chance.
pub(crate) fn examine(sources: &[Source], dir: &Path, seed: u64) -> Result<Vec<Case>> {
    let plantings = plantings(sources, seed)?;
    let bases: Vec<[Cost; 2]> = (0..sources.len()).map(|place| base(place as u64)).collect();
    let record = record(sources, &plantings, seed);
    write_json(&dir.join("record.json"), &record)?;
    for (source, bases) in sources.iter().zip(&bases) {
        nulls(dir, source, bases)?;
    }
    for planting in &plantings {
        for (run, planted) in planting.runs.iter().zip(&planting.planted) {
            write_cell(dir, &sources[planting.source], run, Some(planted))?;
        }
    }
    let summary = to_value(scorer::record_with(dir, read)?)?;
    let cases = plantings.iter().map(|planting| {
        let bases = bases[planting.source];
        let costs = costs_of(&plantings, planting.source);
        judge(
            planting,
            &sources[planting.source],
            (bases, costs),
            &summary,
        )
    });
    Ok(cases.collect())
}

/// What the monitors of a ledger took.
fn costs_of(plantings: &[Planting], source: usize) -> Vec<[Cost; 2]> {
    let ours = plantings.iter().filter(|one| one.source == source);
    ours.map(|one| one.runs.each_ref().map(|run| run.cost.unwrap_or_default()))
        .collect()
}

/// `costs` are those of the null cells and of all monitors of the ledger.
fn judge(
    planting: &Planting,
    source: &Source,
    (bases, costs): ([Cost; 2], Vec<[Cost; 2]>),
    summary: &Value,
) -> Case {
    let planted = planting.planted.each_ref().map(|planted| &planted.figures);
    let mut faults = Vec::new();
    for (run, planted) in planting.runs.iter().zip(planted) {
        let found = row(&summary["cells"], run);
        let found = found.filter(|cell| cell["repetition"] == run.repetition);
        let due = expect::cell(&source.ledger, run, planted);
        let at = format!("repetition {}", run.repetition);
        due.check(found.last().unwrap_or(&Value::Null), &at, &mut faults);
    }
    let case = expect::Case {
        ledger: &source.ledger,
        runs: planting.runs.each_ref(),
        bases,
        costs,
        planted,
    };
    let found = row(&summary["comparison"], &planting.runs[0]).last();
    let due = case.comparison();
    due.check(found.unwrap_or(&Value::Null), "comparison", &mut faults);
    Case {
        name: format!("{} under {}", source.name, planting.configuration),
        faults,
    }
}

/// The rows about the workload and monitor of `run`.
fn row<'a>(rows: &'a Value, run: &CellRun) -> impl Iterator<Item = &'a Value> {
    let (workload, monitor) = (run.workload.clone(), run.configuration.clone());
    let all = rows.as_array().into_iter().flatten();
    all.filter(move |row| row["workload"] == workload && row["configuration"] == monitor)
}

/// So far are cells from each other in the order of all that none is like its neighbour: the slowdown that is due
/// is then that of textbooks.
const APART: u32 = 1000;

/// Every ledger with every fault, where the faults can be told apart in it.
fn plantings(sources: &[Source], seed: u64) -> Result<Vec<Planting>> {
    let mut plantings = Vec::new();
    for (source, Source { name, ledger, .. }) in sources.iter().enumerate() {
        for faults in fault_matrix::FAULTS {
            let configuration =
                select::configuration(&format!("replay{{{faults}}}")).or_else(|error| {
                    if faults.is_empty() {
                        select::configuration("replay")
                    } else {
                        Err(error)
                    }
                })?;
            let options = Faults::of(&configuration.options);
            if !fault_matrix::tells_apart(ledger, &options.claims) {
                continue;
            }
            let place = plantings.len() as u64;
            let planted = [1, 2].map(|turn| plant(ledger, &options, seed ^ (place * 2 + turn)));
            let monitor = configuration.label();
            let run = |turn: usize| CellRun {
                order: APART * ((place * 2) as u32 + turn as u32),
                reported_lost: planted[turn].figures.reported_lost.clone(),
                cost: Some(cost(source as u64, place, turn as u64)),
                ..run(name, &monitor, turn as u32 + 1, place)
            };
            plantings.push(Planting {
                source,
                runs: [run(0), run(1)],
                configuration: monitor,
                planted,
            });
        }
    }
    Ok(plantings)
}

/// What else is planted in a cell: noise and notes of every sort, turn about.
fn run(workload: &str, monitor: &str, repetition: u32, place: u64) -> CellRun {
    let waited = (
        "backlog_wait_ms".to_owned(),
        place * 3 + u64::from(repetition),
    );
    CellRun {
        repetition,
        order: u32::MAX,
        blind: place.is_multiple_of(7).then(|| "planted".into()),
        drained: !place.is_multiple_of(5),
        notes: place
            .is_multiple_of(4)
            .then_some(waited)
            .into_iter()
            .collect(),
        cross_check: Some(CrossCheck {
            by: CrossCheck::COUNT.into(),
            processes: place + 7,
        }),
        noise: Noise {
            steal_ticks: place,
            throttled_us: Some(place * 11),
            load: 0.25 * place as f64,
            stolen: place.is_multiple_of(6),
            ..Noise::default()
        },
        ..CellRun::nothing(workload, monitor)
    }
}

/// What the baseline of a ledger took; both null cells of a repetition took the same, so the noise
/// floor is nothing.
fn base(source: u64) -> [Cost; 2] {
    [1, 2].map(|turn| Cost {
        wall_ns: 1_000_000_000 + source * 1_000_000 + turn,
        workload_cpu_ns: None,
        monitor_cpu_ns: None,
        system_cpu_ns: 400_000_000 + turn,
        peak_rss_bytes: 0,
    })
}

/// By turns much more than the baseline, a little less, and next to nothing more.
fn cost(source: u64, place: u64, turn: u64) -> Cost {
    let base = base(source)[turn as usize];
    let (more, less) = match place % 3 {
        0 => (500_000_000 + turn * 20_000_000, 0),
        1 => (0, 200_000_000 + turn * 1_000_000),
        _ => (1_000_000, 0),
    };
    Cost {
        wall_ns: base.wall_ns + more - less,
        workload_cpu_ns: Some(7_000_000 + place),
        monitor_cpu_ns: Some(3_000_000 + place * 1000 + turn * 500_000),
        system_cpu_ns: base.system_cpu_ns + more / 2 - less / 2,
        peak_rss_bytes: (5 << 20) + place * 4096 + turn,
    }
}

/// Baseline and A/A cell of both repetitions.
fn nulls(dir: &Path, source: &Source, bases: &[Cost; 2]) -> Result<()> {
    for (turn, cost) in (1..).zip(bases) {
        for baseline in [true, false] {
            let run = CellRun {
                order: u32::MAX - APART * (turn * 2 + u32::from(baseline)),
                baseline,
                cost: Some(*cost),
                ..run(&source.name, "null", turn, 1)
            };
            write_cell(dir, source, &run, None)?;
        }
    }
    Ok(())
}

fn write_cell(dir: &Path, source: &Source, run: &CellRun, planted: Option<&Planted>) -> Result<()> {
    let name = format!(
        "{}-{}-{}-{}",
        source.name, run.order, run.baseline, run.repetition
    );
    let cell = dir.join("raw").join(name.replace('/', "_"));
    let bad = |path: &Path| {
        format!(
            "{}: cannot be written: free space on its file system",
            path.display()
        )
    };
    fs::create_dir_all(&cell).with_context(|| bad(&cell))?;
    match &source.cell {
        // The real files are read the real way.
        Some(from) => {
            for entry in fs::read_dir(from)?.flatten() {
                let name = entry.file_name();
                // What is planted is not what was measured.
                let replaced = ["spool.bin", "cell.json", checksums::FILE];
                if !replaced.iter().any(|one| name == *one) {
                    fs::copy(entry.path(), cell.join(name)).with_context(|| bad(&cell))?;
                }
            }
        }
        None => fs::write(cell.join(replay::TRUTHS), source.ledger.encode())?,
    }
    let mut spool = Spool::new(File::create(cell.join("spool.bin"))?)?;
    if let Some(planted) = planted {
        replay::spool(&planted.journal, &mut spool)?;
    }
    write_json(&cell.join("cell.json"), run)
}

fn record(sources: &[Source], plantings: &[Planting], seed: u64) -> Record {
    let workload = |source: &Source| WorkloadInfo {
        name: source.name.clone(),
        model: "planted".into(),
        analysis: String::new(),
        expected: [0; 3],
    };
    let mut names: Vec<&str> = plantings
        .iter()
        .map(|one| one.configuration.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let monitor = |name: &str| MonitorInfo {
        name: name.into(),
        about: String::new(),
        version: None,
        buffer: None,
        unavailable: None,
    };
    Record {
        format: FORMAT,
        record: "selftest".into(),
        started: String::new(),
        command: Vec::new(),
        seed,
        scale: 1.0,
        repetitions: 2,
        precision: None,
        version: env!("CARGO_PKG_VERSION").into(),
        commit: None,
        sources: None,
        machine: Default::default(),
        workloads: sources.iter().map(workload).collect(),
        monitors: std::iter::once("null").chain(names).map(monitor).collect(),
        recovered: Vec::new(),
        notes: Vec::new(),
    }
}

/// Holds a cell that was run for real under `replay` against what its options plant.
pub(crate) fn live(cell: &Path, label: &str) -> Result<Case> {
    let scored = to_value(scorer::cell_with(cell, read)?.cell)?;
    let run: CellRun = scoring::record::read_json(&cell.join("cell.json"))?;
    let ledger = workloads::ledger::read(cell).map_err(Error::from_boxed)?;
    let configuration = select::configuration(label)?;
    let seed = configuration.options.size("seed");
    let planted = plant(&ledger, &Faults::of(&configuration.options), seed);
    let mut faults = Vec::new();
    expect::cell(&ledger, &run, &planted.figures).check(&scored, "cell", &mut faults);
    Ok(Case {
        name: format!("{} really under {label}", run.workload),
        faults,
    })
}

#[cfg(test)]
mod tests;
