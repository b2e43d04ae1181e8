//! Detection latency as percentile curves, a panel for each workload; of many configurations one for each
//! family, on the workload where it is latest. Across are nines, so that the tail has room.

use anyhow::Result;
use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;

use super::canvas;
use super::legend::{self, Entry, Sign};
use super::plot::Plot;
use super::style::{self, Look, Sheet, WIDTH, failed};
use crate::counts;
use crate::each_once::each_once;
use crate::family;
use crate::numbers::micros;
use scoring::{Comparison, Summary};

const PANEL: (u32, u32) = (WIDTH / 2, 270);
const HEAD: u32 = 56;
const LEFT: i32 = 64;
const TITLE: &str = "How soon is an event reported?";
const LEGEND: &str = "up: the detection latency that a share of the events, across, did not exceed";
/// Under the axis across, in every panel.
const ACROSS: &str = "share of the events, as a percentile";
/// Lines that can be told apart in one panel.
const MOST: usize = 7;
const PERCENTILES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 0.9999];

struct Curve<'a> {
    look: Look,
    /// Markers of different curves are at different places, so that they do not hide each other.
    shift: usize,
    configuration: &'a str,
    one: &'a Comparison,
}

/// The curves of one workload; where there are many configurations, of one family of them.
struct Panel<'a> {
    workload: &'a str,
    family: Option<&'static str>,
    curves: Vec<Curve<'a>>,
}

impl Panel<'_> {
    /// The highest p99 of its curves.
    fn latest(&self) -> f64 {
        let all = self.curves.iter().filter_map(|curve| at(curve.one, 0.99));
        all.fold(0.0, f64::max)
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |curve: &Curve<'_>| Entry {
            sign: Sign::Line(curve.look),
            name: curve.configuration.to_owned(),
        };
        self.curves.iter().map(entry).collect()
    }
}

/// The families of these configurations, in their order.
fn families(names: &[&str]) -> Vec<&'static str> {
    each_once(names.iter().map(|name| family::of(name).1))
}

/// All panels on one sheet; `None` without a latency.
pub(super) fn draw(summary: &Summary) -> Result<Option<Plot>> {
    let names = counts::configurations(summary);
    let looks = Look::of_all(&names);
    let curve = |workload: &str, place: usize| {
        let one = summary.of(workload, names[place])?;
        (one.latency_us.curve.len() > 1).then_some(Curve {
            look: looks[place],
            shift: place % 5 * 2,
            configuration: names[place],
            one,
        })
    };
    let panel = |workload, family: Option<&'static str>| {
        let own = |place: &usize| family.is_none_or(|name| family::of(names[*place]).1 == name);
        let places = (0..names.len()).filter(own);
        let curves: Vec<_> = places.filter_map(|place| curve(workload, place)).collect();
        (!curves.is_empty()).then_some(Panel {
            workload,
            family,
            curves,
        })
    };
    let workloads = || summary.record.workloads.iter().map(|one| &*one.name);
    let panels: Vec<_> = match names.len() {
        ..=MOST => workloads().filter_map(|one| panel(one, None)).collect(),
        _ => {
            let worst = |family| {
                let all = workloads().filter_map(|one| panel(one, Some(family)));
                all.max_by(|a, b| a.latest().total_cmp(&b.latest()))
            };
            families(&names).into_iter().filter_map(worst).collect()
        }
    };
    if panels.is_empty() {
        return Ok(None);
    }
    Ok(Some(Plot {
        name: "latency",
        file: String::new(),
        nav: "Detection latency",
        title: TITLE,
        about: "From just before the call until the monitor has the event, which is an upper bound. At p99 stands the \
                latency that 99 of 100 events did not exceed. Both axes are the same in every panel and \
                logarithmic. Of many configurations: those of a family, on the workload where it is latest.",
        svg: sheet(&panels)?,
        head: head(),
        rows: panels.iter().flat_map(rows).collect(),
    }))
}

fn head() -> Vec<String> {
    let words = ["workload", "configuration", "events"].map(String::from);
    let percentiles = PERCENTILES.map(|quantile| percentile(nines(quantile)));
    words
        .into_iter()
        .chain(percentiles)
        .chain(["max".into()])
        .collect()
}

fn rows<'a>(panel: &'a Panel<'_>) -> impl Iterator<Item = Vec<String>> + 'a {
    panel.curves.iter().map(
        |Curve {
             configuration, one, ..
         }| {
            let words = [panel.workload.to_owned(), (*configuration).to_owned()];
            let all = one.latency_us.all.as_ref();
            let n = all.map_or("-".into(), |all| all.n.to_string());
            let points = PERCENTILES.map(|quantile| at(one, quantile).map_or("-".into(), micros));
            let max = all.map_or("-".into(), |all| micros(all.max));
            words
                .into_iter()
                .chain([n])
                .chain(points)
                .chain([max])
                .collect()
        },
    )
}

/// The point of the curve at `quantile`, as far as there are events to tell it from.
fn at(one: &Comparison, quantile: f64) -> Option<f64> {
    let mut curve = one.latency_us.curve.iter();
    curve
        .find(|(at, _)| *at >= quantile - 1e-9)
        .map(|(_, us)| *us)
}

fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).max(1e-9).log10()
}

fn percentile(nines: f64) -> String {
    let text = format!("{:.4}", 100.0 - 100.0 * 10_f64.powf(-nines));
    format!("p{}", text.trim_end_matches('0').trim_end_matches('.'))
}

fn sheet(panels: &[Panel<'_>]) -> Result<String> {
    let points = || {
        let curves = panels.iter().flat_map(|panel| &panel.curves);
        curves.flat_map(|curve| &curve.one.latency_us.curve)
    };
    let positive = || points().map(|point| point.1).filter(|us| *us > 0.0);
    let (low, high) = (
        positive().fold(10.0, f64::min),
        positive().fold(10.0, f64::max),
    );
    let right = points().map(|point| nines(point.0)).fold(1.0, f64::max);
    let rows = panels.len().div_ceil(2) as u32;
    // One legend for all, or, by families, one in each panel.
    let whole = panels.iter().max_by_key(|panel| panel.curves.len());
    let entries = whole.filter(|panel| panel.family.is_none());
    let entries = entries.map_or_else(Vec::new, Panel::entries);
    let head = HEAD + legend::height(&entries, LEFT, legend::RIGHT) as u32;
    canvas::svg((WIDTH, head + rows * PANEL.1), |sheet| {
        style::head(sheet, TITLE, LEGEND)?;
        legend::draw(sheet, &entries, (LEFT, legend::RIGHT), HEAD as i32)?;
        canvas::in_pairs(sheet, head, panels, |area, one| {
            panel(area, one, right, (low * 0.8, high * 1.3))
        })
    })
}

fn panel(area: &Sheet<'_>, panel: &Panel<'_>, right: f64, (low, high): (f64, f64)) -> Result<()> {
    let title = match panel.family {
        Some(family) => format!("{family}, on {}", panel.workload),
        None => panel.workload.to_owned(),
    };
    canvas::title(area, &title, 48, 64)?;
    let entries = match panel.family {
        Some(_) => panel.entries(),
        None => Vec::new(),
    };
    let across = (LEFT, PANEL.0 as i32 - 8);
    legend::draw(area, &entries, across, 32)?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(24 + legend::height(&entries, across.0, across.1))
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(0.0..right, (low..high).log_scale())
        .map_err(failed)?;
    let mut mesh = chart.configure_mesh();
    canvas::mesh(&mut mesh)
        .x_desc(ACROSS)
        .x_labels(right.ceil() as usize + 1)
        .x_label_formatter(&|nines| percentile(*nines))
        .y_label_formatter(&|us| micros(*us).replace(".0 ", " "))
        .y_labels(6)
        .draw()
        .map_err(failed)?;
    for curve in &panel.curves {
        let points = curve.one.latency_us.curve.iter();
        let points: Vec<_> = points.map(|&(at, us)| (nines(at), us.max(low))).collect();
        let stroke = style::colour(curve.look).stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), stroke))
            .map_err(failed)?;
        for point in points.iter().skip(2 + curve.shift).step_by(10) {
            let (x, y) = chart.backend_coord(point);
            let (left, top) = area.get_base_pixel();
            style::marker(area, curve.look, (x - left, y - top), false)?;
        }
    }
    Ok(())
}
