//! A line for each workload and configuration: loss, reported loss, CPU and slowdown.

use anyhow::Result;
use contract::Kind;
use scoring::{Comparison, Summary};

use super::forest::{self, Axis, Chart, Group, Line, Mark};
use super::plot::{Plot, head};
use super::style::Look;
use crate::counts;
use crate::format;
use crate::numbers::{percent, thousands};

/// What one comparison puts into a plot: `None` where it has no such figure.
type Figure<'a> = &'a dyn Fn(&Summary, &Comparison) -> Option<(Mark, String)>;

/// What is drawn, and how.
pub(super) struct Sheet<'a> {
    name: &'static str,
    nav: &'static str,
    title: &'static str,
    legend: &'static str,
    about: &'static str,
    axis: Axis,
    figure: Figure<'a>,
}

pub(super) const LOSS: Sheet<'static> = Sheet {
    name: "loss",
    nav: "Event loss",
    title: "How many events are lost?",
    legend: "filled: share missed, with its 95 % interval; hollow at 0: none missed",
    about: "Of the kinds that are offered. Logarithmic, with a place of its own for 0. Beside 0 stands in brackets what may be lost all the same, were losses \
            independent (95 %).",
    axis: Axis::Share("missed, of all events"),
    figure: &|summary, one| {
        let share = counts::missed(summary, one, &Kind::ALL)?;
        let of = format!("{} of {}", thousands(share.hits), thousands(share.n));
        if share.hits > 0 {
            let (value, low, high) = (share.rate(), share.low, share.high);
            return Some((Mark::Share { value, low, high }, of));
        }
        if !one.loss_tested {
            return Some((Mark::Untested, "not tested".into()));
        }
        let most = share.if_independent.1;
        let text = format!("{of} (at most {})", percent(most));
        Some((Mark::Zero { most }, text))
    },
};

pub(super) const REPORTED_LOSS: Sheet<'static> = Sheet {
    name: "reported-loss",
    nav: "Reported loss",
    title: "Does the monitor say what it lost?",
    legend: "filled: reported by the monitor's own counters; empty: silent loss",
    about: "How much of what was missed the monitor reports as lost; only where something was missed.",
    axis: Axis::Linear("reported, % of what was missed"),
    figure: &|_, one| {
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
    title: "How much CPU does the monitor itself take?",
    legend: "bar: mean over cells; whisker: 95 % interval",
    about: "Of the monitor's own process; what it makes the kernel do in other processes is in the next plots.",
    axis: Axis::Linear("CPU, us per event"),
    figure: &|_, one| {
        let cpu = one.own_cpu_us_per_event.as_ref()?;
        let text = format::own_cpu(one).short;
        Some((bar(cpu.value, cpu.low.zip(cpu.high)), text))
    },
};

pub(super) const SYSTEM_CPU: Sheet<'static> = Sheet {
    name: "system-cpu",
    nav: "System CPU",
    title: "How much CPU does it take in all, wherever it is spent?",
    legend: "bar: estimate; whisker: 95 % interval; an interval that holds 0 cannot tell",
    about: "CPU of the whole system beyond the unmonitored baseline.",
    axis: Axis::Linear("CPU, us per event"),
    figure: &|_, one| {
        let extra = one.system_cpu_us_per_event.as_ref()?;
        let cpu = extra.estimate;
        let text = format::system_cpu(one).short;
        Some((bar(cpu.value, cpu.low.zip(cpu.high)), text))
    },
};

pub(super) const SLOWDOWN: Sheet<'static> = Sheet {
    name: "slowdown",
    nav: "Slowdown",
    title: "How much slower is the workload?",
    legend: "bar: estimate; whisker: 95 % interval; an interval that holds 0 cannot tell",
    about: "Wall time beyond that of the unmonitored baseline, in per cent.",
    axis: Axis::Linear("slowdown, %"),
    figure: &|_, one| {
        let slow = one.slowdown.as_ref()?;
        let text = format::slowdown(Some(slow)).short;
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        let ends = slow.low.map(percent).zip(slow.high.map(percent));
        Some((bar(percent(slow.ratio), ends), text))
    },
};

fn bar(value: f64, ends: Option<(f64, f64)>) -> Mark {
    Mark::Bar { value, ends }
}

/// `None` where the record has no such figure, or where it is nothing everywhere.
pub(super) fn draw(summary: &Summary, sheet: &Sheet<'_>) -> Result<Option<Plot>> {
    let names = counts::configurations(summary);
    let looks = Look::of_all(&names);
    let line = |workload: &str, (look, name): (&Look, &&str)| {
        let row = summary.of(workload, name)?;
        let (mark, text) = (sheet.figure)(summary, row).filter(|_| row.repetitions > 0)?;
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
    let rows = groups.iter().flat_map(rows).collect();
    let chart = Chart {
        title: sheet.title,
        legend: sheet.legend,
        axis: sheet.axis,
        groups,
    };
    let plot = |svg| Plot {
        name: sheet.name,
        file: String::new(),
        nav: sheet.nav,
        title: sheet.title,
        about: sheet.about,
        svg,
        head: head(&["measured", "figure", "low", "high"]),
        rows,
    };
    Ok(forest::draw(&chart)?.map(plot))
}

fn rows(group: &Group) -> impl Iterator<Item = Vec<String>> {
    group.lines.iter().map(|line| {
        let found = line.mark.figures();
        let text = |value: Option<f64>| value.map_or("-".into(), figure);
        let ends = found.and_then(|(_, ends)| ends);
        let words = [group.title.clone(), line.name.clone(), line.text.clone()];
        let figures = [
            text(found.map(|(value, _)| value)),
            text(ends.map(|ends| ends.0)),
            text(ends.map(|ends| ends.1)),
        ];
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
