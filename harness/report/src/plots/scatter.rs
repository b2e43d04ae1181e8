//! Marks on two logarithmic axes, a panel for each workload; both axes are the same in every panel.

use anyhow::Result;
use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::legend::{self, Entry, Sign};
use super::style::{self, FAINT, INK, Look, SOFT, Sheet, WIDTH, failed};
use crate::numbers::{few, micros};

const PANEL: (u32, u32) = (WIDTH / 2, 300);
const HEAD: u32 = 56;
const LEFT: i32 = 64;
/// Between numbers of quiet marks, one under the other.
const LINE: i32 = 14;
/// How wide a digit is at most.
const LETTER: i32 = 8;

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
    let mut svg = String::new();
    {
        let size = (WIDTH, top + rows as u32 * PANEL.1);
        let sheet = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        sheet.fill(&WHITE).map_err(failed)?;
        style::head(&sheet, head.0, head.1)?;
        legend::draw(&sheet, entries, (LEFT, legend::RIGHT), HEAD as i32)?;
        let (_, below) = sheet.split_vertically(top);
        for (area, one) in below.split_evenly((rows, 2)).iter().zip(panels) {
            panel(area, one, across, up)?;
        }
        sheet.present().map_err(failed)?;
    }
    Ok(svg)
}

fn panel(area: &Sheet<'_>, panel: &Panel, across: Span, up: Span) -> Result<()> {
    let title = style::short(&panel.title, 48);
    style::write(
        area,
        &title,
        (LEFT, 12),
        &style::text(INK, true, HPos::Left),
    )?;
    let log = |(low, high): Span| (low..high).log_scale();
    let mut chart = ChartBuilder::on(area)
        .margin_top(24)
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(LEFT as u32)
        .build_cartesian_2d(log(across), log(up))
        .map_err(failed)?;
    chart
        .configure_mesh()
        .x_desc("own CPU, us per event")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|us| few(*us).trim_end_matches(".0").to_owned())
        .y_label_formatter(&|us| micros(*us).replace(".0 ", " "))
        .label_style(style::text(SOFT, false, HPos::Center))
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .axis_style(SOFT)
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
    let mut numbers = Vec::new();
    for mark in &panel.marks {
        if let Sign::Number(number) = mark.sign {
            style::quiet(area, place(mark))?;
            numbers.push(Number::beside(place(mark), number));
        }
    }
    let text = style::text(SOFT, false, HPos::Left);
    for number in apart(numbers) {
        style::write(area, &number.text, number.at, &text)?;
    }
    for mark in &panel.marks {
        if let Sign::Line(look) = mark.sign {
            style::marker(area, look, place(mark), false)?;
        }
    }
    Ok(())
}

/// The number of a quiet mark, by the middle of its left end.
#[derive(Clone, Debug, PartialEq)]
struct Number {
    text: String,
    at: (i32, i32),
}

impl Number {
    fn beside((x, y): (i32, i32), number: usize) -> Self {
        Self {
            text: number.to_string(),
            at: (x + 6, y),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        let until = |one: &Self| one.at.0 + LETTER * one.text.chars().count() as i32;
        let across = self.at.0 < until(other) && other.at.0 < until(self);
        across && (self.at.1 - other.at.1).abs() < LINE
    }
}

/// Moves numbers down until none covers another.
fn apart(mut all: Vec<Number>) -> Vec<Number> {
    all.sort_by_key(|one| one.at.1);
    for place in 1..all.len() {
        while let Some(other) = all[..place].iter().find(|one| one.covers(&all[place])) {
            all[place].at.1 = other.at.1 + LINE;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_cover_each_other() {
        let numbers = [(100, 50), (104, 52), (300, 51), (98, 60)];
        let numbers = numbers.map(|at| Number::beside(at, 12));
        let found = apart(numbers.to_vec());
        for (place, one) in found.iter().enumerate() {
            assert!(found[..place].iter().all(|other| !other.covers(one)));
        }
    }
}
