//! A sweep as a page and as lines on a terminal.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::{page, plots, put, view};
use crate::numbers::{count, micros, percent, thousands};
use crate::record::{Record, Status};
use crate::score::{Latency, Summary};
use crate::stats::Estimate;
use crate::sweep::found::{Burst, Found, Generator, Missed, Point, Sweep};
use crate::sweep::search::CONFIRM;
use crate::sweep::{Load, SECONDS};
use crate::text::plain;

#[derive(Debug, Serialize)]
struct Page<'a> {
    name: &'a str,
    command: String,
    version: &'a str,
    started: &'a str,
    seed: u64,
    machine: String,
    correctness_only: bool,
    seconds: u32,
    confirm: usize,
    sections: Vec<Section<'a>>,
    faults: Vec<String>,
}

/// One workload that was turned up.
#[derive(Debug, Serialize)]
struct Section<'a> {
    workload: &'a str,
    analysis: &'a str,
    ceiling: String,
    own: String,
    rows: Vec<Row>,
    plots: Vec<Picture>,
}

/// One monitor on it.
#[derive(Debug, Serialize)]
struct Row {
    monitor: String,
    absent: Option<String>,
    holds: String,
    late: String,
    late_half: String,
    gives: String,
    ceiling: String,
    cliff: String,
    unfinished: Option<String>,
    burst: String,
    curve: Vec<[String; 6]>,
}

#[derive(Debug, Serialize)]
struct Picture {
    file: String,
    title: &'static str,
    about: &'static str,
}

/// Writes README.md and plots/ of the sweep in `dir`.
pub(super) fn write(dir: &Path, summary: &Summary, sweep: &Sweep) -> Result<()> {
    let folder = dir.join("plots");
    fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let mut sections = Vec::new();
    for (number, (workload, generator)) in sweep.generators.iter().enumerate() {
        let mut section = section(summary, sweep, workload, generator);
        let found: Vec<&Found> = of(sweep, workload).collect();
        section.plots = pictures(&folder, number + 1, &found)?;
        sections.push(section);
    }
    let record = &summary.record;
    let page = Page {
        name: &record.record,
        command: view::command(record),
        version: &record.version,
        started: &record.started,
        seed: record.seed,
        machine: view::machine(&record.machine),
        correctness_only: record.machine.correctness_only,
        seconds: SECONDS,
        confirm: CONFIRM,
        sections,
        faults: faults(summary),
    };
    put(&dir.join("README.md"), &page::sweep(&page)?)
}

fn faults(summary: &Summary) -> Vec<String> {
    let cells = summary.cells.iter();
    let failed = cells.filter(|cell| cell.status == Status::Failed);
    let said = failed.map(|cell| {
        let why = cell.error.as_deref().unwrap_or_default();
        format!(
            "{} under {}, repetition {}: {why}",
            cell.workload, cell.monitor, cell.repetition
        )
    });
    said.collect()
}

fn of<'a>(sweep: &'a Sweep, workload: &str) -> impl Iterator<Item = &'a Found> {
    let workload = workload.to_owned();
    sweep
        .found
        .iter()
        .filter(move |one| one.workload == workload)
}

fn section<'a>(
    summary: &'a Summary,
    sweep: &'a Sweep,
    workload: &'a str,
    generator: &Generator,
) -> Section<'a> {
    let own = generator.holds.as_ref().map_or("no rate".into(), |point| {
        format!(
            "{} a second ({})",
            rate(point),
            of_ceiling(point.of_ceiling)
        )
    });
    Section {
        workload,
        analysis: analysis(&summary.record, workload),
        ceiling: estimate(&generator.ceiling_per_s),
        own,
        rows: of(sweep, workload).map(row).collect(),
        plots: Vec::new(),
    }
}

fn analysis<'a>(record: &'a Record, workload: &str) -> &'a str {
    let name = workload.split('{').next().unwrap_or(workload);
    let own = |label: &str| label.split('{').next() == Some(name);
    let found = record.workloads.iter().find(|one| own(&one.name));
    found.map_or("", |one| &one.analysis)
}

fn pictures(folder: &Path, number: usize, found: &[&Found]) -> Result<Vec<Picture>> {
    let mut pictures = Vec::new();
    let drawn = [
        (
            "loss",
            "Loss against rate",
            "A hollow mark: less than 95 % of the offered rate was reached, because the workload was \
             held up or the machine could do no more.",
            plots::sweep::loss(found)?,
        ),
        (
            "buffer",
            "Buffer against rate",
            "The highest rate that was reached with nothing missed, for each size of the buffer: \
             bytes, for audit records. More buffer helps only as long as the line climbs to the right.",
            plots::sweep::buffers(found)?,
        ),
    ];
    for (name, title, about, svg) in drawn {
        let Some(svg) = svg else { continue };
        let file = format!("{number}-{name}.svg");
        put(&folder.join(&file), &svg)?;
        pictures.push(Picture { file, title, about });
    }
    Ok(pictures)
}

fn row(one: &Found) -> Row {
    let measured = !one.curve.is_empty();
    let ceiling = one.at_ceiling.as_ref();
    Row {
        monitor: one.monitor.clone(),
        absent: (!measured).then(|| one.errors.join("; ")),
        holds: one
            .holds
            .as_ref()
            .map_or("none that was tried".into(), held),
        late: late(one.holds.as_ref()),
        late_half: late(one.half.as_ref()),
        gives: gives(one),
        ceiling: ceiling.map_or("-".into(), |point| {
            format!("{}; {} reached", missed(&point.missed), achieved(point))
        }),
        cliff: cliff(one),
        unfinished: one.unfinished.map(unfinished),
        burst: burst(one),
        curve: one.curve.iter().map(line).collect(),
    }
}

/// "5,907 (69 %), missed 0 of 35,835, at most 0.01 %".
fn held(point: &Point) -> String {
    let share = of_ceiling(point.of_ceiling);
    format!("{} ({share}): {}", rate(point), missed(&point.missed))
}

/// Where and how it gives.
fn gives(one: &Found) -> String {
    let Some(point) = &one.gives else {
        return "nothing up to the ceiling".into();
    };
    let mut why = Vec::new();
    if point.missed.missed > 0 {
        why.push(format!("loses {}", missed(&point.missed)));
    }
    if point.unreached > 0 {
        why.push(format!("reaches only {}", achieved(point)));
    }
    if let Some(ms) = point.queue_wait_ms.filter(|ms| *ms >= 0.5) {
        why.push(format!(
            "waits {} ms for the audit queue",
            thousands(ms.round() as u64)
        ));
    }
    format!(
        "{} ({}): {}",
        rate(point),
        of_ceiling(point.of_ceiling),
        why.join(", ")
    )
}

/// The cliff in one line: from which rate on something is lost, or, where nothing is, from which on
/// the workload is held up.
fn cliff(one: &Found) -> String {
    let at = |point: &Point| format!("{} ({})", rate(point), of_ceiling(point.of_ceiling));
    if let Some(point) = &one.loses {
        let whole = one.lossless.as_ref().map_or(
            "no lower rate that was tried was seen whole".into(),
            |point| format!("at {} {}", at(point), missed(&point.missed)),
        );
        return format!("loses at {}: {}; {whole}", at(point), missed(&point.missed));
    }
    let top = one.at_ceiling.as_ref();
    let whole = top.map_or("-".into(), |point| {
        format!(
            "loses nothing up to the ceiling: at {} {}",
            at(point),
            missed(&point.missed)
        )
    });
    match &one.gives {
        Some(_) => format!("{whole}; gives at {}", gives(one)),
        None => whole,
    }
}

/// The trial that was not made any more.
fn unfinished(next: Load) -> String {
    match next {
        Load::Rate(rate) => format!("{} a second", thousands(rate.into())),
        Load::Burst(length) => format!("{} back to back", thousands(length.into())),
    }
}

fn burst(one: &Found) -> String {
    let size = |burst: &Burst| {
        let ms = micros(burst.seconds * 1e6);
        format!(
            "{} ({ms} at the ceiling)",
            thousands(u64::from(burst.processes))
        )
    };
    match (&one.burst, &one.burst_lost) {
        (Some(whole), None) => format!("at least {}: {}", size(whole), missed(&whole.missed)),
        (Some(whole), Some(lost)) => {
            let next = thousands(u64::from(lost.processes));
            format!(
                "{}: {}; of {next} loses {}",
                size(whole),
                missed(&whole.missed),
                missed(&lost.missed)
            )
        }
        (None, Some(lost)) => format!("below {}", thousands(u64::from(lost.processes))),
        (None, None) => "-".into(),
    }
}

fn line(point: &Point) -> [String; 6] {
    [
        rate(point),
        of_ceiling(point.of_ceiling),
        achieved(point),
        point.trials.to_string(),
        missed(&point.missed),
        late(Some(point)),
    ]
}

fn rate(point: &Point) -> String {
    thousands(u64::from(point.offered_per_s))
}

fn of_ceiling(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn achieved(point: &Point) -> String {
    point.achieved_per_s.as_ref().map_or("-".into(), estimate)
}

fn estimate(one: &Estimate) -> String {
    let whole = |value: f64| thousands(value.max(0.0).round() as u64);
    let ends = one
        .low
        .zip(one.high)
        .map(|(low, high)| format!(" ({} to {})", whole(low), whole(high)));
    format!("{}{}", whole(one.value), ends.unwrap_or_default())
}

fn late(point: Option<&Point>) -> String {
    let all: Option<&Latency> = point.and_then(|point| point.latency_us.as_ref());
    all.map_or("-".into(), |all| {
        format!("{} / {}", micros(all.p50), micros(all.p99))
    })
}

/// "0 of 35,835, at most 0.01 %", or "135 of 12,483 (1.1 %, 0.91 to 1.3)".
fn missed(one: &Missed) -> String {
    let of = format!("{} of {}", thousands(one.missed), thousands(one.truths));
    if one.missed == 0 {
        return format!("{of}, at most {}", percent(one.high));
    }
    let share = percent(one.missed as f64 / one.truths as f64);
    let bare = |share| crate::numbers::bare_percent(share);
    format!("{of} ({share}, {} to {})", bare(one.low), bare(one.high))
}

/// What was found, a few lines for each monitor.
pub(super) fn terminal(sweep: &Sweep) -> String {
    let mut text = String::new();
    for (workload, generator) in &sweep.generators {
        let ceiling = estimate(&generator.ceiling_per_s);
        text += &format!(
            "\n{}: the generator's ceiling is {ceiling} processes a second\n",
            plain(workload)
        );
        for row in of(sweep, workload).map(row) {
            text += &format!("\n{}\n", plain(&row.monitor));
            let mut lines = match &row.absent {
                Some(why) => vec![("cannot be swept", plain(why))],
                None => vec![
                    ("holds", row.holds),
                    (
                        "late there",
                        format!("{}; at half of it {}", row.late, row.late_half),
                    ),
                    ("gives at", row.gives),
                    ("cliff", row.cliff),
                    ("at the ceiling", row.ceiling),
                    ("longest burst", row.burst),
                ],
            };
            lines.extend(
                row.unfinished
                    .map(|next| ("not finished", format!("next {next}"))),
            );
            text.extend(
                lines
                    .into_iter()
                    .map(|(what, says)| format!("  {what:<15} {says}\n")),
            );
        }
    }
    let cells: Vec<usize> = sweep.found.iter().map(|one| one.trials).collect();
    text + &format!("\n{}\n", count(cells.iter().sum::<usize>() as u64, "trial"))
}
