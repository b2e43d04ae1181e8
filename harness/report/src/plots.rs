//! Plots as SVG. Whoever cannot tell colours apart, or prints in grey, loses nothing: bars and
//! points have their names and figures beside them, curves have markers of their own.

mod cpu_vs_rate;
mod forest;
mod labels;
mod latency_curves;
mod panels;
pub(super) mod png;
mod style;
pub(super) mod sweep;

use anyhow::Result;
use serde::Serialize;

use self::forest::{Axis, Chart, Group, Line, Mark};
use self::style::Look;
use super::format;
use crate::numbers::{few, thousands};
use scoring::{Comparison, Summary};

/// A plot, and what it shows as a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plot {
    /// What it is called in an anchor.
    pub(super) name: &'static str,
    /// Its file below plots/.
    pub(super) file: String,
    /// What a link to it says.
    pub(super) nav: &'static str,
    pub(super) title: &'static str,
    /// How to read it.
    pub(super) about: &'static str,
    pub(super) svg: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// What one comparison puts into a plot: `None` where it has no such figure.
type Figure<'a> = &'a dyn Fn(&Comparison) -> Option<(Mark, String)>;

struct Sheet<'a> {
    name: &'static str,
    nav: &'static str,
    title: &'static str,
    about: &'static str,
    axis: Axis,
    figure: Figure<'a>,
}

/// All plots for which there are figures; their files begin with `lead`.
pub(super) fn draw(summary: &Summary, lead: &str) -> Result<Vec<Plot>> {
    let drawn = [
        sheet(summary, &LOSS)?,
        sheet(summary, &REPORTED_LOST)?,
        latency_curves::draw(summary)?,
        sheet(summary, &COST)?,
        sheet(summary, &SYSTEM)?,
        sheet(summary, &SLOWDOWN)?,
        cpu_vs_rate::draw(&cpu_vs_rate::of_run(summary))?,
    ];
    let named = |plot: Plot| Plot {
        file: format!("{lead}{}.svg", plot.name),
        ..plot
    };
    Ok(drawn.into_iter().flatten().map(named).collect())
}

const LOSS: Sheet<'static> = Sheet {
    name: "loss",
    nav: "Missed",
    title: "Missed, of the events each technique offers",
    about: "Logarithmic. A hollow point at 0: nothing was missed, and the line ends at the most that may be missed all \
            the same (95 %). A filled point is the measured share, its line the 95 % interval.",
    axis: Axis::Share,
    figure: &|one| {
        let (missed, truths) = format::pooled(one);
        let (low, high) = scoring::stats::binomial(missed, truths);
        let mark = Mark::Point {
            value: missed as f64 / truths as f64,
            low,
            high,
        };
        let said = format!("{} of {}", thousands(missed), thousands(truths));
        (truths > 0).then_some((mark, said))
    },
};

const REPORTED_LOST: Sheet<'static> = Sheet {
    name: "reported_lost",
    nav: "ReportedLost",
    title: "Of what was missed, how much the technique admits",
    about: "Only where something was missed. The filled part was reported_lost by the technique's own counters; the empty \
            part is loss that nobody would have told of.",
    axis: Axis::From {
        base: 0.0,
        unit: "per cent of what was missed",
    },
    figure: &|one| {
        let (missed, _) = format::pooled(one);
        let told = missed - one.silent_lost.min(missed);
        let mark = Mark::Part {
            part: told as f64 / missed as f64 * 100.0,
            whole: 100.0,
        };
        let said = format!(
            "{} missed, {} reported lost",
            thousands(missed),
            thousands(told)
        );
        (missed > 0).then_some((mark, said))
    },
};

const COST: Sheet<'static> = Sheet {
    name: "cost",
    nav: "Own CPU",
    title: "CPU time of the monitor itself, per event",
    about: "Of the monitor's own process; what it makes the kernel do in other processes is in the next plots. Lines \
            are 95 % intervals.",
    axis: Axis::From {
        base: 0.0,
        unit: "microseconds of CPU per event",
    },
    figure: &|one| {
        let cpu = one.own_cpu_us_per_event.as_ref()?;
        let said = format!("{} us", few(cpu.value));
        Some((bar(cpu.value, cpu.low.zip(cpu.high)), said))
    },
};

const SYSTEM: Sheet<'static> = Sheet {
    name: "system",
    nav: "Machine CPU",
    title: "CPU time of the whole machine beyond its pair, per event",
    about: "Everything the technique costs, wherever it is spent: against the same workload with nobody watching. \
            Lines are 95 % intervals; ~ is within the noise.",
    axis: Axis::From {
        base: 0.0,
        unit: "microseconds of CPU per event beyond null",
    },
    figure: &|one| {
        let extra = one.system_cpu_us_per_event.as_ref()?;
        let cpu = extra.estimate;
        let said = format::system_cpu(one).short + " us";
        Some((bar(cpu.value, cpu.low.zip(cpu.high)), said))
    },
};

const SLOWDOWN: Sheet<'static> = Sheet {
    name: "slowdown",
    nav: "Slowdown",
    title: "How much longer the workload takes while it is watched",
    about: "Wall time over that of its pair: 1 is as fast as with nobody watching. Lines are 95 % intervals; ~ is \
            within the noise.",
    axis: Axis::From {
        base: 1.0,
        unit: "times as long as under null",
    },
    figure: &|one| {
        let slow = one.slowdown.as_ref()?;
        let said = format::slowdown(one).short;
        Some((bar(slow.ratio, slow.low.zip(slow.high)), said))
    },
};

fn bar(value: f64, ends: Option<(f64, f64)>) -> Mark {
    Mark::Bar { value, ends }
}

/// The monitors with measured cells, in the order of the record.
fn monitors(summary: &Summary) -> Vec<&str> {
    let measured = |name: &str| {
        let mut of = summary
            .comparison
            .iter()
            .filter(|one| one.configuration == name);
        of.any(|one| one.repetitions > 0)
    };
    let names = summary.record.monitors.iter().map(|one| one.name.as_str());
    names
        .filter(|name| *name != "null" && measured(name))
        .collect()
}

fn sheet(summary: &Summary, sheet: &Sheet<'_>) -> Result<Option<Plot>> {
    let monitors = monitors(summary);
    let looks = Look::of_all(&monitors);
    let line = |workload: &str, (look, monitor): (&Look, &&str)| {
        let (mark, said) = (sheet.figure)(summary.of(workload, monitor)?)?;
        let name = (*monitor).to_owned();
        Some(Line {
            look: *look,
            name,
            mark,
            said,
        })
    };
    let group = |workload: &str| Group {
        title: workload.to_owned(),
        lines: looks
            .iter()
            .zip(&monitors)
            .filter_map(|one| line(workload, one))
            .collect(),
    };
    let names = summary.record.workloads.iter().map(|one| &*one.name);
    let groups: Vec<_> = names
        .map(group)
        .filter(|group| !group.lines.is_empty())
        .collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let rows = groups.iter().flat_map(rows).collect();
    let chart = Chart {
        axis: sheet.axis,
        groups,
    };
    Ok(Some(Plot {
        name: sheet.name,
        file: String::new(),
        nav: sheet.nav,
        title: sheet.title,
        about: sheet.about,
        svg: forest::draw(&chart)?,
        head: [
            "workload",
            "configuration",
            "measured",
            "figure",
            "low",
            "high",
        ]
        .map(String::from)
        .into(),
        rows,
    }))
}

fn rows(group: &Group) -> impl Iterator<Item = Vec<String>> {
    group.lines.iter().map(|line| {
        let (value, ends) = line.mark.figures();
        let end = |pick: fn((f64, f64)) -> f64| ends.map_or("-".into(), |ends| figure(pick(ends)));
        let words = [group.title.clone(), line.name.clone(), line.said.clone()];
        let figures = [figure(value), end(|ends| ends.0), end(|ends| ends.1)];
        words.into_iter().chain(figures).collect()
    })
}

/// Four significant digits: enough to draw the plot again.
fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let digits = (3.0 - value.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}
