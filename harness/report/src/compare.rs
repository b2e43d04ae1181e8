//! Two records side by side: what differs by more than chance and noise. Both intervals are there
//! for that: how many of them overlap is counted, and each that does not is named.

use std::collections::BTreeSet;

use contract::{Field, Kind};
use serde::Serialize;

use super::format::{missed, monitor_cpu, slowdown, system_cpu};
use super::view::machine;
use crate::numbers::{bare_percent, few, micros, percent};
use contract::plain;
use scoring::record::Status;
use scoring::stats::{self, Estimate};
use scoring::{Comparison, Floor, Interval, Intervals, Summary};

/// Of two records of the same, one interval in so many lies apart: tests/coverage.rs counts.
const BY_CHANCE: usize = 180;

/// What differs.
#[derive(Debug, Serialize)]
pub struct Differences {
    names: [String; 2],
    machines: [String; 2],
    /// Why times and costs are not compared.
    no_speed: Option<String>,
    /// Figures that both records have.
    compared: usize,
    rows: Vec<Difference>,
    /// Intervals that both records have.
    intervals: usize,
    /// How many of them do not overlap.
    apart: usize,
    /// Those of them that are no difference, because they are within the noise.
    noise: Vec<String>,
    /// What only one of them has.
    only: Vec<String>,
}

/// One figure that is not the same.
#[derive(Debug, Serialize)]
struct Difference {
    workload: String,
    configuration: String,
    figure: String,
    old: String,
    new: String,
    better: bool,
}

/// A figure as it is compared.
struct Side {
    value: f64,
    low: f64,
    high: f64,
    said: String,
}

/// What has to be exceeded before a difference is called one, beside both intervals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Noise {
    /// A plain number that has no interval: any other is a difference.
    Number,
    /// Shares of counts: the interval says all.
    None,
    /// What null against null differs by, as a factor.
    Factor,
    /// The same in microseconds of CPU.
    Cpu,
    /// Another figure says the same and is compared.
    Told,
}

impl Noise {
    /// Whether the figure depends on how fast the machine is.
    fn is_speed(self) -> bool {
        matches!(self, Self::Factor | Self::Cpu | Self::Told)
    }
}

type Read = Box<dyn Fn(&Summary, &Comparison) -> Option<Side>>;

/// A figure by its name, how it is read, and whether more of it is better.
struct Figure {
    name: String,
    more_is_better: bool,
    noise: Noise,
    read: Read,
}

/// Compares `new` with `old`.
pub fn compare(old: &Summary, new: &Summary, names: [String; 2]) -> Differences {
    let mut found = Differences {
        names,
        machines: [old, new].map(|one| machine(&one.record.machine)),
        no_speed: no_speed(old, new),
        compared: 0,
        rows: Vec::new(),
        intervals: 0,
        apart: 0,
        noise: Vec::new(),
        only: only(old, new),
    };
    let speeds = found.no_speed.is_none();
    let figures: Vec<_> = figures()
        .into_iter()
        .filter(|figure| speeds || !figure.noise.is_speed())
        .collect();
    for (one, other) in both(old, new) {
        let floors = [old, new].map(|summary| summary.noise_floor.of(&one.workload));
        for figure in &figures {
            if let Some(both) = (figure.read)(old, one).zip((figure.read)(new, other)) {
                found.take(figure, one, &both, floors);
            }
        }
    }
    found
}

fn no_speed(old: &Summary, new: &Summary) -> Option<String> {
    let emulated = |one: &Summary| one.record.machine.correctness_only;
    let why = "times and costs are not compared: a record is from emulated CPUs";
    (emulated(old) || emulated(new)).then(|| why.into())
}

/// What was measured in both.
fn both<'a>(
    old: &'a Summary,
    new: &'a Summary,
) -> impl Iterator<Item = (&'a Comparison, &'a Comparison)> {
    let measured = old.comparison.iter().filter(|one| one.repetitions > 0);
    measured.filter_map(|one| {
        let other = new.of(&one.workload, &one.configuration)?;
        (other.repetitions > 0 && one.configuration != "null").then_some((one, other))
    })
}

impl Differences {
    /// Takes one figure of both records down.
    fn take(
        &mut self,
        figure: &Figure,
        one: &Comparison,
        (was, is): &(Side, Side),
        floors: [Option<&Floor>; 2],
    ) {
        self.compared += 1;
        let (rose, apart) = (is.low > was.high, is.low > was.high || is.high < was.low);
        if figure.noise != Noise::Number {
            self.intervals += 1;
            self.apart += usize::from(apart);
        }
        if !apart {
            return;
        }
        let (workload, monitor) = (one.workload.clone(), one.configuration.clone());
        if within(figure.noise, was, is, floors) {
            let (figure, was, is) = (&figure.name, &was.said, &is.said);
            self.noise
                .push(format!("{monitor} on {workload}: {figure}: {was} and {is}"));
            return;
        }
        self.rows.push(Difference {
            workload,
            configuration: monitor,
            figure: figure.name.clone(),
            old: was.said.clone(),
            new: is.said.clone(),
            better: rose == figure.more_is_better,
        });
    }
}

/// Whether so much of a difference is noise.
fn within(noise: Noise, was: &Side, is: &Side, floors: [Option<&Floor>; 2]) -> bool {
    let floors = floors.into_iter().flatten();
    match noise {
        Noise::Number | Noise::None => false,
        Noise::Told => true,
        Noise::Factor => {
            let most = floors.map(|floor| floor.factor).fold(1.0, f64::max);
            (is.value / was.value).max(was.value / is.value) <= most
        }
        Noise::Cpu => {
            let most = floors.map(|floor| floor.system_cpu_us_per_event);
            (is.value - was.value).abs() <= most.fold(0.0, f64::max)
        }
    }
}

fn figures() -> Vec<Figure> {
    let kinds = Kind::ALL.into_iter().map(|kind| {
        less(&format!("{kind} missed"), Noise::None, move |_, one| {
            let loss = one.loss.get(kind).filter(|loss| loss.truths > 0)?;
            side(loss.rate, (loss.low, loss.high), missed(Some(loss)).full)
        })
    });
    let fields = Field::ALL.into_iter().map(|field| {
        let read = move |all: &Summary, one: &Comparison| right(all, one, field);
        more(&format!("{} right", field.as_str()), Noise::None, read)
    });
    kinds
        .chain(fields)
        .chain(falsehoods())
        .chain(latency())
        .chain(speeds())
        .collect()
}

/// A figure of which less is better.
fn less(
    name: &str,
    noise: Noise,
    read: impl Fn(&Summary, &Comparison) -> Option<Side> + 'static,
) -> Figure {
    Figure {
        name: name.into(),
        more_is_better: false,
        noise,
        read: Box::new(read),
    }
}

/// A figure of which more is better.
fn more(
    name: &str,
    noise: Noise,
    read: impl Fn(&Summary, &Comparison) -> Option<Side> + 'static,
) -> Figure {
    Figure {
        more_is_better: true,
        ..less(name, noise, read)
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what every figure gives that is there"
)]
fn side(value: f64, (low, high): (f64, f64), said: String) -> Option<Side> {
    Some(Side {
        value,
        low,
        high,
        said,
    })
}

/// The share of matched events of which a field is right. Like losses, fields go missing in bursts.
fn right(all: &Summary, one: &Comparison, field: Field) -> Option<Side> {
    let ours = all.cells.iter().filter(|cell| {
        cell.workload == one.workload
            && cell.configuration == one.configuration
            && cell.status == Status::Ok
    });
    let scores = ours.filter_map(|cell| cell.fields.get(field));
    let counts = scores.filter(|score| score.offered).map(|score| {
        let not = score.wrong + score.truncated + score.missing;
        (not, score.correct + not)
    });
    let counts: Vec<(u64, u64)> = counts.filter(|(_, n)| *n > 0).collect();
    let ((not, n), (low, high)) = (stats::pool(&counts), stats::share(&counts));
    let (share, low, high) = (1.0 - not as f64 / n as f64, 1.0 - high, 1.0 - low);
    let ends = format!("{} to {}", bare_percent(low), bare_percent(high));
    let found = side(share, (low, high), format!("{} ({ends})", percent(share)));
    found.filter(|_| n > 0)
}

fn falsehoods() -> [Figure; 2] {
    let count = |name, of: fn(&Comparison) -> u64| {
        less(name, Noise::Number, move |_, one| {
            let n = of(one);
            side(n as f64, (n as f64, n as f64), n.to_string())
        })
    };
    [
        count("false_positives", |one| one.false_positives),
        count("duplicates", |one| one.duplicates),
    ]
}

/// The usual percentiles, of all events and by kind.
fn latency() -> impl Iterator<Item = Figure> {
    type Of = fn(&Intervals) -> Interval;
    let percentiles: [(&str, Of); 4] = [
        ("p50", |of| of.p50),
        ("p90", |of| of.p90),
        ("p99", |of| of.p99),
        ("p99.9", |of| of.p999),
    ];
    let whose = [None].into_iter().chain(Kind::ALL.into_iter().map(Some));
    whose.flat_map(move |kind| {
        percentiles.into_iter().map(move |(percentile, of)| {
            let whose = kind.map_or(String::new(), |kind| format!("{kind} "));
            let name = format!("{whose}latency {percentile}");
            less(&name, Noise::Factor, move |_, one| {
                let late = &one.latency_us;
                let found = match kind {
                    None => late.all_interval.as_ref(),
                    Some(kind) => late.kinds_interval.get(kind),
                };
                span(of(found?))
            })
        })
    })
}

/// Of a percentile only its interval is compared; its middle decides what is within the noise.
fn span(Interval { low, high }: Interval) -> Option<Side> {
    let said = match high {
        Some(high) => format!("{} to {}", micros(low), micros(high)),
        None => format!("{} or more", micros(low)),
    };
    let high = high.unwrap_or(f64::INFINITY);
    let middle = if high.is_finite() {
        (low * high).sqrt()
    } else {
        low
    };
    side(middle, (low, high), said)
}

fn speeds() -> [Figure; 6] {
    let plain = |found: Estimate| {
        let (low, high) = found.low.zip(found.high)?;
        let ends = format!("{} ({} to {})", few(found.value), few(low), few(high));
        side(found.value, (low, high), ends)
    };
    [
        less("slowdown", Noise::Factor, |_, one| {
            let slow = one.slowdown?;
            side(slow.ratio, slow.low.zip(slow.high)?, slowdown(one).full)
        }),
        less("machine CPU per event", Noise::Cpu, |_, one| {
            let cpu = one.system_cpu_us_per_event?.estimate;
            side(cpu.value, cpu.low.zip(cpu.high)?, system_cpu(one).full)
        }),
        less("own CPU per event", Noise::Factor, |_, one| {
            let cpu = one.own_cpu_us_per_event?;
            side(cpu.value, cpu.low.zip(cpu.high)?, monitor_cpu(one).full)
        }),
        less("stall in ms", Noise::Told, move |_, one| {
            plain(one.stall.wall_ms?.estimate)
        }),
        less(
            "wait for the audit queue in ms",
            Noise::Factor,
            move |_, one| plain(one.stall.queue_wait_ms?),
        ),
        more("rate reached", Noise::Factor, move |_, one| {
            plain(one.pace.as_ref()?.achieved_per_s)
        }),
    ]
}

/// Pairs of workload and monitor that were measured on one side alone.
fn only(old: &Summary, new: &Summary) -> Vec<String> {
    let measured = |one: &Summary| -> BTreeSet<String> {
        let of = one
            .comparison
            .iter()
            .filter(|one| one.repetitions > 0 && one.configuration != "null");
        of.map(|one| format!("{} on {}", one.configuration, one.workload))
            .collect()
    };
    let (was, is) = (measured(old), measured(new));
    let gone = was
        .difference(&is)
        .map(|name| format!("only in the first: {name}"));
    gone.chain(
        is.difference(&was)
            .map(|name| format!("only in the second: {name}")),
    )
    .collect()
}

/// For a terminal.
pub fn text(found: &Differences) -> String {
    let mut lines = Vec::new();
    for (name, machine) in found.names.iter().zip(&found.machines) {
        lines.push(format!("{name}: {machine}"));
    }
    lines.extend(found.no_speed.clone());
    lines.push(String::new());
    for row in &found.rows {
        let word = if row.better { "better" } else { "worse" };
        lines.push(format!(
            "{} on {}: {} is {word}",
            row.configuration, row.workload, row.figure
        ));
        lines.push(format!("    {} -> {}", row.old, row.new));
    }
    lines.extend(found.only.iter().cloned());
    lines.push(match found.rows.len() {
        0 => format!(
            "no difference beyond the noise in {} figures",
            found.compared
        ),
        n => format!("{n} of {} figures differ beyond the noise", found.compared),
    });
    lines.push(overlap(found));
    lines.extend(found.noise.iter().map(|what| format!("    {what}")));
    lines.iter().map(|line| plain(line) + "\n").collect()
}

/// Whether the records agree, and how far chance alone would let them.
fn overlap(found: &Differences) -> String {
    let all = found.intervals;
    match found.apart {
        0 => format!("every interval overlaps the other's, {all} of {all}"),
        apart => format!(
            "{} of {all} intervals overlap, {apart} do not (by chance about 1 in {BY_CHANCE} does \
             not): the differences above{}",
            all - apart,
            if found.noise.is_empty() {
                ""
            } else {
                ", and within the noise"
            }
        ),
    }
}
