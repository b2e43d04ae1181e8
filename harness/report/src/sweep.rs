//! A sweep as a page and as lines on a terminal.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::plots::{self, Plot};
use crate::numbers::{count, few, micros, percent, thousands};
use contract::bare_name;
use contract::plain;
use scoring::record::Record;
use scoring::stats::Estimate;
use scoring::sweep::result::{Burst, Generator, Missed, Point, Sweep, SweepResult};
use scoring::sweep::search::CONFIRM;
use scoring::sweep::{Load, SECONDS};
use scoring::{Latency, Summary};

/// What a sweep found, ready to be laid out.
#[derive(Debug, Serialize)]
pub(super) struct Sweeps {
    seconds: u32,
    confirm: usize,
    pub(super) sections: Vec<Section>,
}

/// One workload that was turned up.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    id: String,
    workload: String,
    analysis: String,
    ceiling: String,
    own: String,
    rows: Vec<Row>,
    pub(super) plots: Vec<Plot>,
}

/// One monitor on it.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    configuration: String,
    not_measured: Option<String>,
    holds: String,
    late: String,
    late_half: String,
    gives: String,
    ceiling: String,
    cliff: String,
    unfinished: Option<String>,
    burst: String,
    curve: Vec<[String; 7]>,
}

impl Sweeps {
    /// Of the record whose anchors begin with `id` and whose plots begin with `lead`.
    pub(super) fn new(summary: &Summary, sweep: &Sweep, id: &str, lead: &str) -> Result<Self> {
        let sections = sweep.generators.iter().enumerate();
        let sections = sections.map(|(place, (workload, generator))| {
            let found: Vec<&SweepResult> = of(sweep, workload).collect();
            let id = format!("{id}-s{place}");
            let plots = plots::sweep::draw(&found, generator)?.into_iter();
            let named = |plot: Plot| Plot {
                file: format!("{lead}{}-{}.svg", place + 1, plot.name),
                ..plot
            };
            Ok(Section {
                workload: workload.clone(),
                analysis: analysis(&summary.record, workload).to_owned(),
                ceiling: estimate(&generator.ceiling_per_s),
                own: own(generator),
                rows: rows(&found, &id),
                plots: plots.map(named).collect(),
                id,
            })
        });
        Ok(Self {
            seconds: SECONDS,
            confirm: CONFIRM,
            sections: sections.collect::<Result<_>>()?,
        })
    }

    /// The anchor of the row of a workload and a monitor.
    pub(super) fn ids(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let rows = |section: &Section| {
            let rows = section.rows.iter();
            rows.map(|row| (row.configuration.clone(), row.id.clone()))
                .collect()
        };
        let sections = self.sections.iter();
        sections
            .map(|section| (section.workload.clone(), rows(section)))
            .collect()
    }
}

fn of<'a>(sweep: &'a Sweep, workload: &str) -> impl Iterator<Item = &'a SweepResult> {
    let workload = workload.to_owned();
    sweep
        .found
        .iter()
        .filter(move |one| one.workload == workload)
}

fn rows(found: &[&SweepResult], id: &str) -> Vec<Row> {
    let rows = found.iter().enumerate();
    rows.map(|(place, one)| Row {
        id: format!("{id}-m{place}"),
        ..row(one)
    })
    .collect()
}

/// What the generator holds by a timetable, unwatched.
fn own(generator: &Generator) -> String {
    generator.holds.as_ref().map_or("no rate".into(), |point| {
        let share = of_ceiling(point.of_ceiling);
        format!("{} a second ({share})", rate(point))
    })
}

fn analysis<'a>(record: &'a Record, workload: &str) -> &'a str {
    let mut all = record.workloads.iter();
    let found = all.find(|one| bare_name(&one.name) == bare_name(workload));
    found.map_or("", |one| &one.analysis)
}

fn row(one: &SweepResult) -> Row {
    let measured = !one.curve.is_empty();
    let ceiling = one.at_ceiling.as_ref();
    Row {
        id: String::new(),
        configuration: one.configuration.clone(),
        not_measured: (!measured).then(|| one.errors.join("; ")),
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
fn gives(one: &SweepResult) -> String {
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
fn cliff(one: &SweepResult) -> String {
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

fn burst(one: &SweepResult) -> String {
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

fn line(point: &Point) -> [String; 7] {
    [
        rate(point),
        of_ceiling(point.of_ceiling),
        achieved(point),
        point.trials.to_string(),
        missed(&point.missed),
        late(Some(point)),
        point
            .own_cpu_us_per_event
            .map_or("-".into(), |cpu| few(cpu.value)),
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
            text += &format!("\n{}\n", plain(&row.configuration));
            let mut lines = match &row.not_measured {
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
