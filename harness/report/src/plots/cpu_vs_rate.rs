//! CPU against rate, a panel for each technique: of the monitor itself, and of the whole system beyond
//! the same rate unmonitored, which includes the kernel's part. Drawn from a sweep, or from a run over
//! workloads that differ in their rate alone.

use anyhow::Result;

use super::panels::{self, Axes, Panel, Point, Series, Up};
use super::plot::{Plot, head};
use crate::each_once::each_once;
use crate::format::pooled;
use crate::numbers::{few, percent, thousands};
use contract::bare_name;
use scoring::sweep::result::{Generator, SweepResult};
use scoring::{Comparison, Summary};

/// One configuration at one rate.
pub(super) struct Cost {
    workload: String,
    configuration: String,
    /// Processes a second offered.
    rate: f64,
    /// The monitor's own CPU, in microseconds per event.
    own: f64,
    /// The same of the whole system, beyond the unmonitored baseline.
    system: Option<f64>,
    /// Share missed of what is offered.
    missed: f64,
    unreached: bool,
}

/// The trials of one configuration. The system's CPU beyond the baseline is known at rates that were
/// tried unmonitored too.
pub(super) fn of_sweep(one: &SweepResult, generator: &Generator) -> Vec<Cost> {
    let points = one.curve.iter().filter_map(|point| {
        let mut baselines = generator.curve.iter();
        let base = baselines.find(|base| base.offered_per_s == point.offered_per_s);
        let base = base.and_then(|base| base.system_cpu_us_per_event);
        let system = point.system_cpu_us_per_event.zip(base);
        Some(Cost {
            workload: one.workload.clone(),
            configuration: one.configuration.clone(),
            rate: f64::from(point.offered_per_s),
            own: point.own_cpu_us_per_event?.value,
            system: system.map(|(all, base)| all.value - base.value),
            missed: point.missed.missed as f64 / point.missed.truths.max(1) as f64,
            unreached: point.unreached > 0,
        })
    });
    points.collect()
}

/// The cells of a run whose workloads have a timetable, where there are several rates.
pub(super) fn of_run(summary: &Summary) -> Vec<Cost> {
    let all = summary.comparison.iter();
    let all = all.filter(|one| one.configuration != "null" && one.repetitions > 0);
    let found: Vec<_> = all.filter_map(paced).collect();
    let mut rates: Vec<f64> = found.iter().map(|one| one.rate).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    if rates.len() > 1 { found } else { Vec::new() }
}

fn paced(one: &Comparison) -> Option<Cost> {
    let pace = one.pace.as_ref()?;
    let (missed, truths) = pooled(one);
    Some(Cost {
        workload: one.workload.clone(),
        configuration: one.configuration.clone(),
        rate: pace.offered_per_s,
        own: one.own_cpu_us_per_event.as_ref()?.value,
        system: one
            .system_cpu_us_per_event
            .map(|system| system.estimate.value),
        missed: missed as f64 / truths.max(1) as f64,
        unreached: pace.unreached > 0,
    })
}

const TITLE: &str = "CPU per event against rate";

/// What is drawn as the least: less than this is none that could be measured.
const LEAST: f64 = 0.1;

/// `None` when there is nothing to draw.
pub(super) fn draw(all: &[Cost]) -> Result<Option<Plot>> {
    let axes = Axes {
        title: TITLE,
        legend: "a per cent beside a mark: missed there; hollow: less than 95 % of the rate was reached",
        across: "processes a second offered",
        unit: "us of CPU per event",
        up: Up::Log(LEAST),
    };
    let plot = |svg| Plot {
        name: "cpu",
        file: String::new(),
        nav: "CPU against rate",
        title: TITLE,
        about: "Solid: the monitor itself. Dashed: the whole system beyond the same rate unmonitored, the kernel's part \
                included; at the bottom it could not be told from nothing. Of each technique with its defaults; \
                the table has every size of its buffer. A per cent beside a mark is what was missed there, which \
                saves CPU; of marks too near to each other the least and the most. Hollow: less than 95 % of the \
                rate was reached.",
        svg,
        head: head(&["offered a second", "own CPU us", "system CPU us", "missed"]),
        rows: all.iter().map(row).collect(),
    };
    Ok(panels::draw(&panels(all), axes)?.map(plot))
}

fn row(one: &Cost) -> Vec<String> {
    let words = [one.workload.clone(), one.configuration.clone()];
    let figures = [
        thousands(one.rate.round() as u64),
        few(one.own),
        one.system
            .map_or("-".into(), |system| format!("{system:+.1}")),
        percent(one.missed),
    ];
    words.into_iter().chain(figures).collect()
}

fn panels(all: &[Cost]) -> Vec<Panel> {
    let names = each_once(all.iter().map(|one| bare_name(&one.configuration)));
    let panels = names.into_iter().map(|name| {
        let label = plain_label(all, name);
        let mut points: Vec<_> = all
            .iter()
            .filter(|one| one.configuration == label)
            .collect();
        points.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        Panel {
            title: label.to_owned(),
            series: vec![own(&points), system(&points)],
        }
    });
    panels.collect()
}

/// The configuration with the options it has when none are given; of the others the last.
fn plain_label<'a>(all: &'a [Cost], name: &'a str) -> &'a str {
    let own = || {
        let labels = all.iter().map(|one| one.configuration.as_str());
        labels.filter(|label| bare_name(label) == name)
    };
    own()
        .find(|label| *label == name)
        .or_else(|| own().next_back())
        .unwrap_or(name)
}

fn own(points: &[&Cost]) -> Series {
    let point = |one: &&Cost| Point {
        x: one.rate,
        y: one.own,
        hollow: one.unreached,
        note: (one.missed > 0.0).then_some(one.missed),
    };
    Series {
        label: "the monitor itself".into(),
        dashed: false,
        points: points.iter().map(point).collect(),
    }
}

fn system(points: &[&Cost]) -> Series {
    let points = points.iter().filter_map(|one| {
        Some(Point {
            x: one.rate,
            y: one.system?,
            hollow: one.unreached,
            note: None,
        })
    });
    Series {
        label: "the whole system, beyond the baseline".into(),
        dashed: true,
        points: points.collect(),
    }
}
