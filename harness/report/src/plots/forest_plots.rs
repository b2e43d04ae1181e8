//! A line for each workload and configuration: loss, reported loss, CPU and slowdown.

use anyhow::Result;
use scoring::{Comparison, Summary};

use super::configurations::measured;
use super::forest::{self, Axis, Chart, Group, Line, Mark};
use super::plot::{Plot, head};
use super::style::Look;
use crate::format;
use crate::numbers::{few, thousands};

/// What one comparison puts into a plot: `None` where it has no such figure.
type Figure<'a> = &'a dyn Fn(&Comparison) -> Option<(Mark, String)>;

/// What is drawn, and how.
pub(super) struct Sheet<'a> {
    name: &'static str,
    nav: &'static str,
    title: &'static str,
    about: &'static str,
    axis: Axis,
    figure: Figure<'a>,
}

pub(super) const LOSS: Sheet<'static> = Sheet {
    name: "loss",
    nav: "Missed",
    title: "Event loss, of the kinds that are offered",
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
        let text = format!("{} of {}", thousands(missed), thousands(truths));
        (truths > 0).then_some((mark, text))
    },
};

pub(super) const REPORTED_LOSS: Sheet<'static> = Sheet {
    name: "reported-loss",
    nav: "Reported loss",
    title: "Reported loss: how much of what was missed the monitor reports as lost",
    about: "Only where something was missed. The filled part is in the monitor's own counters; the empty part is silent \
            loss.",
    axis: Axis::From {
        base: 0.0,
        unit: "per cent of what was missed",
    },
    figure: &|one| {
        let (missed, _) = format::pooled(one);
        let reported = missed - one.silent_lost.min(missed);
        let mark = Mark::Part {
            part: reported as f64 / missed as f64 * 100.0,
            whole: 100.0,
        };
        let text = format!(
            "{} missed, {} reported",
            thousands(missed),
            thousands(reported)
        );
        (missed > 0).then_some((mark, text))
    },
};

pub(super) const OWN_CPU: Sheet<'static> = Sheet {
    name: "own-cpu",
    nav: "Own CPU",
    title: "CPU of the monitor itself, per event",
    about: "Of the monitor's own process; what it makes the kernel do in other processes is in the next plots. Lines \
            are 95 % intervals.",
    axis: Axis::From {
        base: 0.0,
        unit: "microseconds of CPU per event",
    },
    figure: &|one| {
        let cpu = one.own_cpu_us_per_event.as_ref()?;
        let text = format!("{} us", few(cpu.value));
        Some((bar(cpu.value, cpu.low.zip(cpu.high)), text))
    },
};

pub(super) const SYSTEM_CPU: Sheet<'static> = Sheet {
    name: "system-cpu",
    nav: "System CPU",
    title: "CPU of the whole system beyond the unmonitored baseline, per event",
    about: "All CPU that the technique costs, wherever it is spent. Lines are 95 % intervals; ~ is within the noise.",
    axis: Axis::From {
        base: 0.0,
        unit: "microseconds of CPU per event beyond the baseline",
    },
    figure: &|one| {
        let extra = one.system_cpu_us_per_event.as_ref()?;
        let cpu = extra.estimate;
        let text = format::system_cpu(one).short + " us";
        Some((bar(cpu.value, cpu.low.zip(cpu.high)), text))
    },
};

pub(super) const SLOWDOWN: Sheet<'static> = Sheet {
    name: "slowdown",
    nav: "Slowdown",
    title: "Slowdown of the workload",
    about: "Wall time over that of the unmonitored baseline: 1 is as fast as unmonitored. Lines are 95 % intervals; ~ \
            is within the noise.",
    axis: Axis::From {
        base: 1.0,
        unit: "times as long as unmonitored",
    },
    figure: &|one| {
        let slow = one.slowdown.as_ref()?;
        let text = format::slowdown(one).short;
        Some((bar(slow.ratio, slow.low.zip(slow.high)), text))
    },
};

fn bar(value: f64, ends: Option<(f64, f64)>) -> Mark {
    Mark::Bar { value, ends }
}

/// `None` where the record has no such figure.
pub(super) fn draw(summary: &Summary, sheet: &Sheet<'_>) -> Result<Option<Plot>> {
    let names = measured(summary);
    let looks = Look::of_all(&names);
    let line = |workload: &str, (look, name): (&Look, &&str)| {
        let (mark, text) = (sheet.figure)(summary.of(workload, name)?)?;
        let name = (*name).to_owned();
        Some(Line {
            look: *look,
            name,
            mark,
            text,
        })
    };
    let group = |workload: &str| Group {
        title: workload.to_owned(),
        lines: looks
            .iter()
            .zip(&names)
            .filter_map(|one| line(workload, one))
            .collect(),
    };
    let workloads = summary.record.workloads.iter().map(|one| &*one.name);
    let groups: Vec<_> = workloads
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
        head: head(&["measured", "figure", "low", "high"]),
        rows,
    }))
}

fn rows(group: &Group) -> impl Iterator<Item = Vec<String>> {
    group.lines.iter().map(|line| {
        let (value, ends) = line.mark.figures();
        let end = |pick: fn((f64, f64)) -> f64| ends.map_or("-".into(), |ends| figure(pick(ends)));
        let words = [group.title.clone(), line.name.clone(), line.text.clone()];
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
