//! Marks on two logarithmic axes, a panel for each workload; both axes are the same in every panel.

use anyhow::Result;
use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas;
use super::legend::{self, Entry, Sign};
use super::placer::{self, Area, Spot};
use super::style::{self, FAINT, Look, SOFT, Sheet, WIDTH, failed};
use crate::numbers::{few, micros};

const PANEL: (u32, u32) = (WIDTH / 2, 300);
const HEAD: u32 = 56;
const LEFT: i32 = 64;

/// A configuration.
pub(super) struct Mark {
    pub(super) sign: Sign,
    /// Across and up.
    pub(super) at: (f64, f64),
}

/// Marks that belong together.
pub(super) struct Curve {
    pub(super) look: Look,
    pub(super) points: Vec<(f64, f64)>,
}

/// A workload.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) marks: Vec<Mark>,
    pub(super) curves: Vec<Curve>,
}

/// From the least to the most.
type Span = (f64, f64);

/// Draws them, two beside each other.
pub(super) fn draw(head: (&str, &str), entries: &[Entry], panels: &[Panel]) -> Result<String> {
    let marks = || panels.iter().flat_map(|panel| &panel.marks);
    let span = |of: fn(&Mark) -> f64| {
        let low = marks().map(of).fold(f64::MAX, f64::min);
        let high = marks().map(of).fold(0.0, f64::max);
        (low / 1.6, high * 1.6)
    };
    let (across, up) = (span(|mark| mark.at.0), span(|mark| mark.at.1));
    let rows = panels.len().div_ceil(2);
    let top = HEAD + legend::height(entries, LEFT, legend::RIGHT) as u32;
    canvas::svg((WIDTH, top + rows as u32 * PANEL.1), |sheet| {
        style::head(sheet, head.0, head.1)?;
        legend::draw(sheet, entries, (LEFT, legend::RIGHT), HEAD as i32)?;
        canvas::in_pairs(sheet, top, panels, |area, one| panel(area, one, across, up))
    })
}

fn panel(area: &Sheet<'_>, panel: &Panel, across: Span, up: Span) -> Result<()> {
    canvas::title(area, &panel.title, 34, LEFT)?;
    let unit = style::text(SOFT, false, HPos::Right);
    style::write(area, "up: latency, p99", (PANEL.0 as i32 - 18, 12), &unit)?;
    let log = |(low, high): Span| (low..high).log_scale();
    let mut chart = ChartBuilder::on(area)
        .margin_top(24)
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(LEFT as u32)
        .build_cartesian_2d(log(across), log(up))
        .map_err(failed)?;
    let mut mesh = chart.configure_mesh();
    canvas::mesh(&mut mesh)
        .x_desc("own CPU, us per event")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|us| few(*us).trim_end_matches(".0").to_owned())
        .y_label_formatter(&|us| micros(*us).replace(".0 ", " "))
        .draw()
        .map_err(failed)?;
    for curve in &panel.curves {
        let stroke = style::colour(curve.look).stroke_width(2);
        let line = LineSeries::new(curve.points.iter().copied(), stroke);
        chart.draw_series(line).map_err(failed)?;
    }
    let (left, top) = area.get_base_pixel();
    let place = |mark: &Mark| {
        let (x, y) = chart.backend_coord(&mark.at);
        (x - left, y - top)
    };
    numbers(area, panel, &place)?;
    for mark in &panel.marks {
        if let Sign::Line(look) = mark.sign {
            style::marker(area, look, place(mark), false)?;
        }
    }
    Ok(())
}

/// Quiet marks, and a number beside each.
fn numbers(area: &Sheet<'_>, panel: &Panel, place: &dyn Fn(&Mark) -> Spot) -> Result<()> {
    let number = |mark: &Mark| match mark.sign {
        Sign::Number(number) => number.to_string(),
        Sign::Line(_) => String::new(),
    };
    let named = panel.marks.iter();
    let named: Vec<_> = named.map(|mark| (number(mark), place(mark))).collect();
    let asked: Vec<_> = named.iter().map(|(name, at)| (&**name, *at)).collect();
    let inside = Area {
        left: LEFT + 2,
        top: 24,
        right: PANEL.0 as i32 - 4,
        bottom: PANEL.1 as i32 - 48,
    };
    for (_, at) in asked.iter().filter(|(name, _)| !name.is_empty()) {
        style::quiet(area, *at)?;
    }
    let text = style::text(SOFT, false, HPos::Left);
    for one in placer::place(&asked, &[], inside) {
        if let Some((from, to)) = one.leader {
            style::line(area, from, to, FAINT)?;
        }
        style::write(area, asked[one.mark].0, one.at, &text)?;
    }
    Ok(())
}
