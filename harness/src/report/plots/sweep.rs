//! What a sweep found, a panel for each technique: loss against rate, and the buffer that is needed
//! against rate.

use anyhow::Result;
use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::style::{self, FAINT, INK, SOFT, Sheet, WIDTH, failed};
use crate::numbers::few;
use crate::sweep::found::Found;

const PANEL: (u32, u32) = (WIDTH / 2, 300);
/// Room for a line of the legend.
const LINE: i32 = 20;
const LEFT: i32 = 64;

/// A line in a panel: points in order, and those that are hollow.
struct Series {
    label: String,
    points: Vec<(f64, f64, bool)>,
}

struct Panel {
    title: String,
    unit: &'static str,
    series: Vec<Series>,
}

/// Per cent missed against processes a second offered; hollow where 95 % was not reached.
pub(in crate::report) fn loss(found: &[&Found]) -> Result<Option<String>> {
    let curve = |one: &&Found| {
        let points = one.curve.iter().map(|point| {
            let missed = point.missed.missed as f64 / point.missed.truths.max(1) as f64;
            let rate = f64::from(point.offered_per_s);
            (rate, missed * 100.0, point.unreached > 0)
        });
        Series {
            label: one.monitor.clone(),
            points: points.collect(),
        }
    };
    let panels = panels(found, "per cent missed", &|all| {
        all.iter().map(curve).collect()
    });
    sheet(&panels, false)
}

/// Size of the buffer against the highest rate that was reached with nothing missed.
pub(in crate::report) fn buffers(found: &[&Found]) -> Result<Option<String>> {
    let panels = panels(found, "size of the buffer", &|all| {
        let points = all.iter().filter_map(|one| {
            let reached = one.lossless.as_ref()?.achieved_per_s?.value;
            Some((reached, size(&one.monitor)?, false))
        });
        let label = format!("{}, smallest that lost nothing", technique(&all[0].monitor));
        let mut points: Vec<_> = points.collect();
        points.sort_by(|a, b| a.1.total_cmp(&b.1));
        vec![Series { label, points }]
    });
    sheet(&panels, true)
}

/// The size of its buffer, where it has one and nothing else was given.
fn size(label: &str) -> Option<f64> {
    let option = crate::sweep::buffers::option(label)?;
    let options = crate::select::contestant(label).ok()?.options;
    options.size_or_kernel(option).map(|size| size as f64)
}

fn technique(label: &str) -> &str {
    label.split('{').next().unwrap_or(label)
}

fn panels(
    found: &[&Found],
    unit: &'static str,
    series: &dyn Fn(&[&Found]) -> Vec<Series>,
) -> Vec<Panel> {
    let mut names: Vec<&str> = Vec::new();
    for one in found.iter().filter(|one| !one.curve.is_empty()) {
        let name = technique(&one.monitor);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let panel = |name: &str| {
        let of: Vec<&Found> = found
            .iter()
            .copied()
            .filter(|one| technique(&one.monitor) == name && !one.curve.is_empty())
            .collect();
        Panel {
            title: name.to_owned(),
            unit,
            series: series(&of),
        }
    };
    let drawn = names.into_iter().map(panel);
    drawn
        .filter(|panel| panel.series.iter().any(|one| !one.points.is_empty()))
        .collect()
}

fn sheet(panels: &[Panel], log: bool) -> Result<Option<String>> {
    let points = || {
        panels
            .iter()
            .flat_map(|one| &one.series)
            .flat_map(|one| &one.points)
    };
    if points().next().is_none() {
        return Ok(None);
    }
    let right = points().map(|point| point.0).fold(1.0, f64::max) * 1.05;
    let top = points().map(|point| point.1).fold(1.0, f64::max) * 1.1;
    let rows = panels.len().div_ceil(2);
    let mut svg = String::new();
    {
        let size = (WIDTH, rows as u32 * PANEL.1);
        let sheet = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        sheet.fill(&WHITE).map_err(failed)?;
        for (area, one) in sheet.split_evenly((rows, 2)).iter().zip(panels) {
            panel(area, one, (right, top), log)?;
        }
        sheet.present().map_err(failed)?;
    }
    Ok(Some(svg))
}

fn panel(area: &Sheet<'_>, panel: &Panel, (right, top): (f64, f64), log: bool) -> Result<()> {
    style::write(
        area,
        &panel.title,
        (LEFT, 12),
        &style::text(INK, true, HPos::Left),
    )?;
    legend(area, panel)?;
    let mut builder = ChartBuilder::on(area);
    builder
        .margin_top(30 + LINE * panel.series.len() as i32)
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(LEFT as u32);
    if log {
        let own = || {
            panel
                .series
                .iter()
                .flat_map(|one| &one.points)
                .map(|point| point.1)
        };
        let (low, high) = (own().fold(f64::MAX, f64::min), own().fold(1.0, f64::max));
        let range = (low / 2.0..high * 2.0).log_scale();
        let chart = builder
            .build_cartesian_2d(0.0..right, range)
            .map_err(failed)?;
        draw(area, panel, chart, &|size| bytes(*size), Some(bytes))
    } else {
        let chart = builder
            .build_cartesian_2d(0.0..right, 0.0..top)
            .map_err(failed)?;
        draw(area, panel, chart, &|share| few(*share), None)
    }
}

fn legend(area: &Sheet<'_>, panel: &Panel) -> Result<()> {
    for (series, one) in panel.series.iter().enumerate() {
        let y = 32 + LINE * series as i32;
        let stroke = style::colour(series).stroke_width(2);
        let line = PathElement::new([(LEFT, y), (LEFT + 28, y)], stroke);
        area.draw(&line).map_err(failed)?;
        style::marker(area, series, (LEFT + 14, y), false)?;
        let label = style::short(&one.label, 44);
        let text = style::text(INK, false, HPos::Left);
        style::write(area, &label, (LEFT + 36, y), &text)?;
    }
    Ok(())
}

/// `named` says beside each mark how high it is.
fn draw<'a, Y>(
    area: &Sheet<'a>,
    panel: &Panel,
    mut chart: ChartContext<
        '_,
        SVGBackend<'a>,
        Cartesian2d<plotters::coord::types::RangedCoordf64, Y>,
    >,
    said: &dyn Fn(&f64) -> String,
    named: Option<fn(f64) -> String>,
) -> Result<()>
where
    Y: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .x_desc("processes a second")
        .y_desc(panel.unit)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|rate| format!("{rate:.0}"))
        .y_label_formatter(&said)
        .label_style(style::text(SOFT, false, HPos::Center))
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .axis_style(SOFT)
        .draw()
        .map_err(failed)?;
    for (series, one) in panel.series.iter().enumerate() {
        let points = one.points.iter().map(|point| (point.0, point.1));
        let stroke = style::colour(series).stroke_width(2);
        chart
            .draw_series(LineSeries::new(points, stroke))
            .map_err(failed)?;
        for (rate, value, hollow) in &one.points {
            let (x, y) = chart.backend_coord(&(*rate, *value));
            let (left, top) = area.get_base_pixel();
            style::marker(area, series, (x - left, y - top), *hollow)?;
            if let Some(name) = named {
                let text = style::text(INK, false, HPos::Right);
                style::write(area, &name(*value), (x - left - 10, y - top), &text)?;
            }
        }
    }
    Ok(())
}

/// 65536 as 64k.
fn bytes(size: f64) -> String {
    match size {
        size if size >= 1_048_576.0 => format!("{}M", few(size / 1_048_576.0)),
        size if size >= 1024.0 => format!("{}k", few(size / 1024.0)),
        size => few(size),
    }
}
