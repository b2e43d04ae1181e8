//! Lines in panels, a panel for each technique, so that any number of them can be told apart.
//! What is across is the same in every panel.

use anyhow::Result;
use plotters::coord::combinators::IntoLogRange;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas;
use super::labels::{self, Unit};
use super::style::{self, INK, Look, Sheet, WIDTH, failed};
use crate::numbers::{bare_percent, few};

const SIZE: (u32, u32) = (WIDTH / 2, 300);
/// Room for a line of the legend.
const LINE: i32 = 20;
const LEFT: i32 = 64;
/// Title and legend.
const HEAD: u32 = 52;

/// A point of a line.
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) hollow: bool,
    /// The figure that is written beside it.
    pub(super) note: Option<f64>,
}

/// A line in a panel.
pub(super) struct Series {
    pub(super) label: String,
    pub(super) dashed: bool,
    pub(super) points: Vec<Point>,
}

pub(super) struct Panel {
    pub(super) title: String,
    pub(super) series: Vec<Series>,
}

/// What goes up.
#[derive(Clone, Copy)]
pub(super) enum Up {
    /// From 0, the same in every panel.
    Linear,
    /// Logarithmic from here on, the same in every panel; what is less is drawn at the bottom.
    Log(f64),
    /// Logarithmic, from the least to the most of the panel, as bytes.
    Bytes,
}

/// How all panels of a sheet are drawn.
#[derive(Clone, Copy)]
pub(super) struct Axes {
    pub(super) title: &'static str,
    /// What the marks mean.
    pub(super) legend: &'static str,
    pub(super) across: &'static str,
    pub(super) unit: &'static str,
    pub(super) up: Up,
}

/// Draws them, two beside each other; `None` when all there is is nothing.
pub(super) fn draw(panels: &[Panel], axes: Axes) -> Result<Option<String>> {
    if points(panels).all(|point| point.y == 0.0) {
        return Ok(None);
    }
    let right = points(panels).map(|point| point.x).fold(1.0, f64::max) * 1.05;
    let rows = panels.len().div_ceil(2);
    let svg = canvas::svg((WIDTH, HEAD + rows as u32 * SIZE.1), |sheet| {
        style::head(sheet, axes.title, axes.legend)?;
        canvas::in_pairs(sheet, HEAD, panels, |area, one| {
            panel(area, one, axes, right, panels)
        })
    })?;
    Ok(Some(svg))
}

fn points(panels: &[Panel]) -> impl Iterator<Item = &Point> {
    let series = panels.iter().flat_map(|one| &one.series);
    series.flat_map(|one| &one.points)
}

/// The least and the most that is to be seen.
fn reach<'a>(points: impl Iterator<Item = &'a Point>) -> (f64, f64) {
    points.fold((f64::MAX, 1.0), |(low, high), point| {
        (low.min(point.y), high.max(point.y))
    })
}

fn panel(area: &Sheet<'_>, one: &Panel, axes: Axes, right: f64, all: &[Panel]) -> Result<()> {
    canvas::title(area, &one.title, 40, LEFT)?;
    legend(area, one)?;
    let mut builder = ChartBuilder::on(area);
    builder
        .margin_top(30 + LINE * one.series.len() as i32)
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(LEFT as u32);
    let log = |low: f64, high: f64| (low..high).log_scale();
    match axes.up {
        Up::Linear => {
            let top = reach(points(all)).1 * 1.1;
            let chart = builder.build_cartesian_2d(0.0..right, 0.0..top);
            fill(area, one, axes, chart.map_err(failed)?, 0.0)
        }
        Up::Log(low) => {
            let range = log(low, reach(points(all)).1.max(low * 10.0) * 2.0);
            let chart = builder.build_cartesian_2d(0.0..right, range);
            fill(area, one, axes, chart.map_err(failed)?, low)
        }
        Up::Bytes => {
            let (low, high) = reach(points(std::slice::from_ref(one)));
            let chart =
                builder.build_cartesian_2d(0.0..right, log(low / 2.0, high * 2.0).base(4.0));
            fill(area, one, axes, chart.map_err(failed)?, 0.0)
        }
    }
}

fn legend(area: &Sheet<'_>, panel: &Panel) -> Result<()> {
    for (series, one) in panel.series.iter().enumerate() {
        let y = 32 + LINE * series as i32;
        let dash = if one.dashed { 5 } else { 28 };
        for x in (LEFT..LEFT + 28).step_by(if one.dashed { 9 } else { 28 }) {
            let stroke = style::colour(Look::of(series)).stroke_width(2);
            let line = PathElement::new([(x, y), (x + dash, y)], stroke);
            area.draw(&line).map_err(failed)?;
        }
        style::marker(area, Look::of(series), (LEFT + 14, y), false)?;
        let label = style::short(&one.label, 44);
        let text = style::text(INK, false, HPos::Left);
        style::write(area, &label, (LEFT + 36, y), &text)?;
    }
    Ok(())
}

type Chart<'a, 'b, Y> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, Y>>;

fn fill<'a, Y>(
    area: &Sheet<'a>,
    panel: &Panel,
    axes: Axes,
    mut chart: Chart<'a, '_, Y>,
    least: f64,
) -> Result<()>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let (text, note): (fn(f64) -> String, Unit) = match axes.up {
        Up::Bytes => (bytes, (bytes, "")),
        _ => (few, (bare_percent, " %")),
    };
    let mut mesh = chart.configure_mesh();
    canvas::mesh(&mut mesh)
        .x_desc(axes.across)
        .y_desc(axes.unit)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|rate| format!("{rate:.0}"))
        .y_label_formatter(&|value| text(*value))
        .draw()
        .map_err(failed)?;
    for (series, one) in panel.series.iter().enumerate() {
        line(area, &mut chart, series, one, (least, note))?;
    }
    Ok(())
}

fn line<'a, Y>(
    area: &Sheet<'a>,
    chart: &mut Chart<'a, '_, Y>,
    series: usize,
    one: &Series,
    (least, unit): (f64, Unit),
) -> Result<()>
where
    Y: Ranged<ValueType = f64>,
{
    let at = |point: &Point| (point.x, point.y.max(least));
    let points = one.points.iter().map(at);
    let stroke = style::colour(Look::of(series)).stroke_width(2);
    if one.dashed {
        let dashes = DashedLineSeries::new(points, 5, 4, stroke);
        chart.draw_series(dashes).map_err(failed)?;
    } else {
        let line = LineSeries::new(points, stroke);
        chart.draw_series(line).map_err(failed)?;
    }
    let mut noted = Vec::new();
    for point in &one.points {
        let (x, y) = chart.backend_coord(&at(point));
        let (left, top) = area.get_base_pixel();
        let place = (x - left, y - top);
        style::marker(area, Look::of(series), place, point.hollow)?;
        noted.push((place, point.note));
    }
    for note in labels::arrange(&noted, unit, LEFT + 4) {
        let text = style::text(INK, false, HPos::Right);
        style::write(area, &note.text, note.at, &text)?;
    }
    Ok(())
}

/// 65536 as 64k.
pub(super) fn bytes(size: f64) -> String {
    let (size, unit) = match size {
        size if size >= 1_048_576.0 => (size / 1_048_576.0, "M"),
        size if size >= 1024.0 => (size / 1024.0, "k"),
        size => (size, ""),
    };
    format!("{}{unit}", few(size).trim_end_matches(".0"))
}
