//! One configuration on one workload of a sweep, in words.

use scoring::Latency;
use scoring::stats::Estimate;
use scoring::sweep::Load;
use scoring::sweep::result::{Burst, Missed, Point, SweepResult};
use serde::Serialize;

use crate::numbers::{bare_percent, few, micros, percent, thousands};

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) configuration: String,
    pub(super) not_measured: Option<String>,
    pub(super) holds: String,
    pub(super) latency: String,
    pub(super) latency_half: String,
    pub(super) gives: String,
    pub(super) ceiling: String,
    pub(super) first_loss: String,
    pub(super) unfinished: Option<String>,
    pub(super) burst: String,
    curve: Vec<[String; 7]>,
}

/// In words; `id` is its anchor.
pub(super) fn row(one: &SweepResult, id: String) -> Row {
    let measured = !one.curve.is_empty();
    let ceiling = one.at_ceiling.as_ref();
    Row {
        id,
        configuration: one.configuration.clone(),
        not_measured: (!measured).then(|| one.errors.join("; ")),
        holds: one
            .holds
            .as_ref()
            .map_or("none that was tried".into(), held),
        latency: latency(one.holds.as_ref()),
        latency_half: latency(one.half.as_ref()),
        gives: gives(one),
        ceiling: ceiling.map_or("-".into(), |point| {
            format!("{}; {} reached", missed(&point.missed), achieved(point))
        }),
        first_loss: first_loss(one),
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

/// At which rate it no longer holds, and why.
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

/// From which rate on something is lost; where nothing is, from which on the workload is held up.
fn first_loss(one: &SweepResult) -> String {
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
        latency(Some(point)),
        point
            .own_cpu_us_per_event
            .map_or("-".into(), |cpu| few(cpu.value)),
    ]
}

pub(super) fn rate(point: &Point) -> String {
    thousands(u64::from(point.offered_per_s))
}

pub(super) fn of_ceiling(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn achieved(point: &Point) -> String {
    point.achieved_per_s.as_ref().map_or("-".into(), estimate)
}

pub(super) fn estimate(one: &Estimate) -> String {
    let whole = |value: f64| thousands(value.max(0.0).round() as u64);
    let ends = one
        .low
        .zip(one.high)
        .map(|(low, high)| format!(" ({} to {})", whole(low), whole(high)));
    format!("{}{}", whole(one.value), ends.unwrap_or_default())
}

fn latency(point: Option<&Point>) -> String {
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
    let (low, high) = (bare_percent(one.low), bare_percent(one.high));
    format!("{of} ({share}, {low} to {high})")
}
