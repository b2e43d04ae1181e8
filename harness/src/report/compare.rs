//! Two records side by side: only what differs by more than chance and noise. Both intervals are
//! there for that; where they touch, nothing is said.

use std::collections::BTreeSet;

use contract::{Fact, Kind};
use serde::Serialize;

use super::figures::{missed, monitor_cpu, slowdown, system_cpu};
use super::view::machine;
use crate::numbers::{bare_percent, percent};
use crate::score::{Comparison, Floor, Summary};
use crate::stats;
use crate::text::plain;

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
    /// What only one of them has.
    only: Vec<String>,
}

/// One figure that is not the same.
#[derive(Debug, Serialize)]
struct Difference {
    workload: String,
    monitor: String,
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
    /// Counts and shares: the interval says all.
    None,
    /// What null against null differs by, as a factor.
    Factor,
    /// The same in microseconds of CPU.
    Cpu,
}

type Read = Box<dyn Fn(&Comparison) -> Option<Side>>;

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
        only: only(old, new),
    };
    let speeds = found.no_speed.is_none();
    let figures: Vec<_> = figures()
        .into_iter()
        .filter(|figure| speeds || figure.noise == Noise::None)
        .collect();
    for (one, other) in both(old, new) {
        let floors = [old, new].map(|summary| summary.noise_floor.of(&one.workload));
        for figure in &figures {
            if let Some((was, is)) = (figure.read)(one).zip((figure.read)(other)) {
                found.compared += 1;
                found.rows.extend(differ(figure, one, &was, &is, floors));
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
        let other = new.of(&one.workload, &one.monitor)?;
        (other.repetitions > 0 && one.monitor != "null").then_some((one, other))
    })
}

fn differ(
    figure: &Figure,
    one: &Comparison,
    was: &Side,
    is: &Side,
    floors: [Option<&Floor>; 2],
) -> Option<Difference> {
    let (rose, fell) = (is.low > was.high, is.high < was.low);
    let floors = floors.into_iter().flatten();
    let noise = match figure.noise {
        Noise::None => false,
        Noise::Factor => {
            let most = floors.map(|floor| floor.factor).fold(1.0, f64::max);
            (is.value / was.value).max(was.value / is.value) <= most
        }
        Noise::Cpu => {
            let most = floors.map(|floor| floor.system_cpu_us_per_moment);
            (is.value - was.value).abs() <= most.fold(0.0, f64::max)
        }
    };
    ((rose || fell) && !noise).then(|| Difference {
        workload: one.workload.clone(),
        monitor: one.monitor.clone(),
        figure: figure.name.clone(),
        old: was.said.clone(),
        new: is.said.clone(),
        better: rose == figure.more_is_better,
    })
}

fn figures() -> Vec<Figure> {
    let kinds = Kind::ALL.into_iter().map(|kind| {
        less(&format!("{kind} missed"), Noise::None, move |one| {
            let loss = one.loss.get(kind).filter(|loss| loss.truths > 0)?;
            side(loss.rate, (loss.low, loss.high), missed(Some(loss)).full)
        })
    });
    let facts = Fact::ALL.into_iter().map(|fact| Figure {
        more_is_better: true,
        ..less(
            &format!("{} right", fact.as_str()),
            Noise::None,
            move |one| right(one, fact),
        )
    });
    kinds
        .chain(facts)
        .chain(falsehoods())
        .chain(speeds())
        .collect()
}

/// A figure of which less is better.
fn less(name: &str, noise: Noise, read: impl Fn(&Comparison) -> Option<Side> + 'static) -> Figure {
    Figure {
        name: name.into(),
        more_is_better: false,
        noise,
        read: Box::new(read),
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

fn right(one: &Comparison, fact: Fact) -> Option<Side> {
    let score = one.facts.get(fact).filter(|score| score.offered)?;
    let n = score.right + score.wrong + score.truncated + score.absent;
    let (low, high) = stats::binomial(score.right, n);
    let share = score.right as f64 / n as f64;
    let ends = format!("{} to {}", bare_percent(low), bare_percent(high));
    let found = side(share, (low, high), format!("{} ({ends})", percent(share)));
    found.filter(|_| n > 0)
}

fn falsehoods() -> [Figure; 2] {
    let count = |name, of: fn(&Comparison) -> u64| {
        less(name, Noise::None, move |one| {
            let n = of(one);
            side(n as f64, (n as f64, n as f64), n.to_string())
        })
    };
    [
        count("invented", |one| one.invented),
        count("repeated", |one| one.repeated),
    ]
}

fn speeds() -> [Figure; 3] {
    [
        less("slowdown", Noise::Factor, |one| {
            let slow = one.slowdown?;
            side(slow.ratio, slow.low.zip(slow.high)?, slowdown(one).full)
        }),
        less("machine CPU per moment", Noise::Cpu, |one| {
            let cpu = one.system_cpu_us_per_moment?.estimate;
            side(cpu.value, cpu.low.zip(cpu.high)?, system_cpu(one).full)
        }),
        less("own CPU per moment", Noise::Factor, |one| {
            let cpu = one.monitor_cpu_us_per_moment?;
            side(cpu.value, cpu.low.zip(cpu.high)?, monitor_cpu(one).full)
        }),
    ]
}

/// Pairs of workload and monitor that were measured on one side alone.
fn only(old: &Summary, new: &Summary) -> Vec<String> {
    let measured = |one: &Summary| -> BTreeSet<String> {
        let of = one
            .comparison
            .iter()
            .filter(|one| one.repetitions > 0 && one.monitor != "null");
        of.map(|one| format!("{} on {}", one.monitor, one.workload))
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
            row.monitor, row.workload, row.figure
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
    lines.iter().map(|line| plain(line) + "\n").collect()
}
