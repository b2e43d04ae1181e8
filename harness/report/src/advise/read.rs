//! Reads a figure of a configuration from a record, mostly from its worst workload.

use contract::{Field, Kind};
use scoring::stats::Estimate;
use scoring::{CaseOutcome, Cell, Comparison, Floor, Interval, Summary};

use super::metric::Metric;
use super::reading::{Found, Lack, Reading};
use super::shares;
use crate::numbers::count;
use crate::{counts, format, overall};

/// The figure `metric` of `configuration`.
pub(super) fn read(metric: Metric, summary: &Summary, configuration: &str) -> Found {
    if metric.is_speed() && summary.record.machine.correctness_only {
        return unknown("the CPUs were emulated, so its times say nothing");
    }
    if metric == Metric::CasesMissed {
        return cases_missed(summary, configuration);
    }
    let rows: Vec<_> = counts::measured(summary, configuration).collect();
    if rows.is_empty() {
        return unknown("it was not measured");
    }
    match metric {
        Metric::Kinds => Ok(kinds(&rows)),
        Metric::Missed => shares::missed(summary, &rows, &Kind::ALL),
        Metric::MissedMean => shares::missed_mean(summary, &rows),
        Metric::MissedExec => shares::missed(summary, &rows, &[Kind::Exec]),
        Metric::Exe => shares::field(summary, &rows, Field::Exe),
        Metric::Argv => shares::field(summary, &rows, Field::Argv),
        Metric::Ppid => shares::field(summary, &rows, Field::Ppid),
        Metric::FalsePositives => false_positives(summary, &rows, configuration),
        Metric::Slowdown => slowdown(summary, configuration),
        Metric::LosslessRate => lossless_rate(&rows),
        _ => worst(metric, summary, &rows),
    }
}

fn unknown<T>(why: &str) -> Result<T, Lack> {
    Err(Lack::Unknown(why.to_owned()))
}

/// A value and its interval.
type Value = (f64, Option<(f64, f64)>);

/// Over all workloads together.
fn slowdown(summary: &Summary, configuration: &str) -> Found {
    let Some(found) = overall::slowdown(summary, configuration) else {
        return unknown("it was not measured on every workload");
    };
    let floor = summary.noise_floor.all.as_ref();
    let value = (found.ratio, found.low.zip(found.high));
    let (floor, noise) = noise(Metric::Slowdown, floor);
    Ok(Reading {
        value: value.0,
        ends: value.1,
        floor,
        text: format!(
            "slowdown {} over all workloads{noise}",
            format::slowdown(Some(found)).full
        ),
        workloads: Vec::new(),
    })
}

/// The worst workload's, for figures that need no pooling.
fn worst(metric: Metric, summary: &Summary, rows: &[&Comparison]) -> Found {
    let found = rows
        .iter()
        .filter_map(|one| Some((*one, value(metric, one)?)));
    let Some((one, value)) = found.max_by(|a, b| a.1.0.total_cmp(&b.1.0)) else {
        return unknown("the record does not hold it");
    };
    let floor = summary.noise_floor.of(&one.workload);
    Ok(single(metric, one, value, floor))
}

fn value(metric: Metric, one: &Comparison) -> Option<Value> {
    let estimate = |found: Estimate| (found.value, found.low.zip(found.high));
    match metric {
        Metric::OwnCpu => one.own_cpu_us_per_event.map(estimate),
        Metric::SystemCpu => one
            .system_cpu_us_per_event
            .map(|found| estimate(found.estimate)),
        Metric::LatencyP99 => {
            let p99 = one.latency_us.all.as_ref()?.p99;
            let interval = one.latency_us.all_interval.as_ref().map(|of| of.p99);
            Some((p99, interval.and_then(closed)))
        }
        Metric::Memory => one.peak_rss_bytes.map(|bytes| (bytes as f64, None)),
        _ => None,
    }
}

/// An interval without an upper end bounds nothing.
fn closed(one: Interval) -> Option<(f64, f64)> {
    Some((one.low, one.high?))
}

fn single(
    metric: Metric,
    one: &Comparison,
    (value, ends): Value,
    floor: Option<&Floor>,
) -> Reading {
    let (floor, noise) = noise(metric, floor);
    let interval = ends.map_or(String::new(), |(low, high)| {
        format!(" ({} to {})", metric.write(low), metric.write(high))
    });
    let (label, workload) = (metric.label(), &one.workload);
    Reading {
        value,
        ends,
        floor,
        text: format!(
            "{label} {}{interval} on {workload}{noise}",
            metric.write(value)
        ),
        workloads: vec![workload.clone()],
    }
}

/// The noise floor of a figure, and how it is written beside the figure.
fn noise(metric: Metric, floor: Option<&Floor>) -> (Option<f64>, String) {
    let words = |floor: String| format!("; noise floor {floor}");
    match (metric, floor) {
        (Metric::Slowdown, Some(floor)) => {
            let percent = format!("{:.1} %", (floor.factor - 1.0) * 100.0);
            (Some(floor.factor), words(percent))
        }
        (Metric::SystemCpu, Some(floor)) => {
            let us = floor.system_cpu_us_per_event;
            (Some(us), words(metric.write(us)))
        }
        (Metric::Slowdown | Metric::SystemCpu, None) => (None, "; no noise floor measured".into()),
        _ => (None, String::new()),
    }
}

/// The kinds that are offered on any workload: nothing else can be missed.
fn kinds(rows: &[&Comparison]) -> Reading {
    let offered = |kind: &Kind| rows.iter().any(|one| one.loss.get(*kind).is_some());
    let names: Vec<_> = Kind::ALL.into_iter().filter(offered).collect();
    let words: Vec<_> = names.iter().map(|kind| kind.as_str()).collect();
    exact(
        names.len(),
        match words.is_empty() {
            true => "offers neither fork, exec nor exit".into(),
            false => format!("offers {}", words.join(", ")),
        },
    )
}

/// A count of what was claimed or listed, which is no estimate.
fn exact(count: usize, text: String) -> Reading {
    let value = count as f64;
    Reading {
        value,
        ends: Some((value, value)),
        floor: None,
        text,
        workloads: Vec::new(),
    }
}

/// Of so many unrelated events for each true event a guess cannot be told from a report.
const UNVERIFIED: f64 = 0.01;

/// On all workloads together. Where unrelated events cannot be verified there may have been more: a few
/// are said, many leave it unknown.
fn false_positives(summary: &Summary, rows: &[&Comparison], configuration: &str) -> Found {
    let unverified: u64 = rows.iter().map(|one| one.unverified).sum();
    let own = summary.cells.iter().filter(|cell| {
        cell.configuration == configuration && rows.iter().any(|row| row.workload == cell.workload)
    });
    let truths: u64 = own.map(Cell::events).sum();
    let words = format!(
        "{} may never have happened, with no record of all processes of the machine",
        count(unverified, "unrelated event")
    );
    if unverified as f64 > UNVERIFIED * truths as f64 {
        return Err(Lack::Unknown(words));
    }
    let found: u64 = rows.iter().map(|one| one.false_positives).sum();
    let faulty = rows.iter().filter(|one| one.false_positives > 0);
    let text = match unverified {
        0 => count(found, "false positive"),
        _ => format!("{} known; {words}", count(found, "false positive")),
    };
    Ok(Reading {
        workloads: faulty.map(|one| one.workload.clone()).collect(),
        ..exact(found as usize, text)
    })
}

/// The fastest workload of which nothing was missed.
fn lossless_rate(rows: &[&Comparison]) -> Found {
    let whole = |one: &&&Comparison| one.loss.0.values().all(|loss| loss.missed == 0);
    let rates = rows.iter().filter(whole);
    let rates = rates.filter_map(|one| Some((*one, one.events_per_s?)));
    let Some((one, rate)) = rates.max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return unknown("it missed something in every workload");
    };
    Ok(single(Metric::LosslessRate, one, (rate, None), None))
}

/// Cases in which something was not seen, of those that could be run. Where repetitions differ, it was
/// seen in some of them.
fn cases_missed(summary: &Summary, configuration: &str) -> Found {
    let cases = summary
        .cases
        .iter()
        .filter(|one| one.configuration == configuration);
    let played: Vec<_> = cases.filter(|one| one.outcome.is_some()).collect();
    if played.is_empty() {
        return unknown("no case was run: harness run -w case");
    }
    let missed = || {
        let missed = played
            .iter()
            .filter(|one| one.outcome == Some(CaseOutcome::NotSeen));
        missed.copied()
    };
    let (always, ever) = (missed().filter(|one| one.same).count(), missed().count());
    let reading = exact(
        ever,
        format!("something missed in {ever} of {} cases", played.len()),
    );
    Ok(Reading {
        ends: Some((always as f64, ever as f64)),
        ..reading
    })
}
