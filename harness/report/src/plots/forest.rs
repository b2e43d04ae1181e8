//! A line for each workload and configuration: name on the left, mark in the middle, figure on the
//! right. It grows downwards, so it holds any number of configurations.

mod mark;
mod scale;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

pub(super) use mark::{Line, Mark};
pub(super) use scale::Axis;

use self::scale::Scale;
use super::style::{self, FAINT, INK, Look, SOFT, Sheet, WIDTH, failed};

const LEFT: i32 = 170;
const RIGHT: i32 = WIDTH as i32 - 220;
const ROW: i32 = 19;
const GROUP: i32 = 26;
const FOOT: i32 = 44;
/// Title and legend.
const TOP: i32 = 52;

/// What is drawn.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// What the marks mean.
    pub(super) legend: &'static str,
    pub(super) axis: Axis,
    pub(super) groups: Vec<Group>,
}

/// A workload.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

/// Draws it; `None` where no mark shows anything.
pub(super) fn draw(chart: &Chart) -> Result<Option<String>> {
    let lines = || chart.groups.iter().flat_map(|group| &group.lines);
    if lines().all(|line| line.mark.is_zero()) {
        return Ok(None);
    }
    let heights = chart
        .groups
        .iter()
        .map(|group| GROUP + ROW * group.lines.len() as i32);
    let bottom = TOP + heights.sum::<i32>() + 8;
    let values: Vec<f64> = lines().flat_map(|line| line.mark.reach()).collect();
    let scale = Scale::new(chart.axis, &values, (LEFT, RIGHT));
    let mut svg = String::new();
    {
        let size = (WIDTH, (bottom + FOOT) as u32);
        let sheet = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        sheet.fill(&WHITE).map_err(failed)?;
        style::head(&sheet, chart.title, chart.legend)?;
        grid(&sheet, &scale, bottom)?;
        let mut y = TOP;
        for group in &chart.groups {
            let title = style::short(&group.title, 60);
            let text = style::text(INK, true, HPos::Left);
            style::write(&sheet, &title, (8, y + GROUP / 2), &text)?;
            y += GROUP;
            for one in &group.lines {
                line(&sheet, &scale, one, y + ROW / 2)?;
                y += ROW;
            }
        }
        sheet.present().map_err(failed)?;
    }
    Ok(Some(svg))
}

fn grid(sheet: &Sheet<'_>, scale: &Scale, bottom: i32) -> Result<()> {
    let text = style::text(SOFT, false, HPos::Center);
    for (x, label) in scale.ticks() {
        style::line(sheet, (x, TOP), (x, bottom), FAINT)?;
        style::write(sheet, &label, (x, bottom + 12), &text)?;
    }
    let zero = scale.x(0.0);
    style::line(sheet, (zero, TOP), (zero, bottom), SOFT)?;
    let middle = i32::midpoint(LEFT, RIGHT);
    style::write(sheet, scale.unit(), (middle, bottom + 31), &text)
}

fn line(sheet: &Sheet<'_>, scale: &Scale, line: &Line, y: i32) -> Result<()> {
    let name = style::short(&line.name, 22);
    let text = |colour, across| style::text(colour, false, across);
    style::write(sheet, &name, (LEFT - 12, y), &text(INK, HPos::Right))?;
    let ink = match line.mark {
        Mark::Untested => SOFT,
        _ => INK,
    };
    style::write(sheet, &line.text, (RIGHT + 12, y), &text(ink, HPos::Left))?;
    match line.mark {
        Mark::Share { value, low, high } => {
            let stroke = style::colour(line.look).stroke_width(2);
            let reach = PathElement::new([(scale.x(low), y), (scale.x(high), y)], stroke);
            sheet.draw(&reach).map_err(failed)?;
            style::marker(sheet, line.look, (scale.x(value), y), false)
        }
        Mark::Zero { .. } => style::marker(sheet, line.look, (scale.x(0.0), y), true),
        Mark::Untested => style::quiet(sheet, (scale.x(0.0), y)),
        Mark::Bar { value, ends } => {
            bar(sheet, scale, line.look, value, y)?;
            ends.map_or(Ok(()), |ends| whisker(sheet, scale, ends, y))
        }
        Mark::Part { part, whole } => {
            bar(sheet, scale, line.look, part, y)?;
            let outline = [(scale.x(0.0), y - 6), (scale.x(whole), y + 6)];
            let outline = Rectangle::new(outline, style::colour(line.look).stroke_width(2));
            sheet.draw(&outline).map_err(failed)
        }
    }
}

/// A bar of nothing is still a bar: two pixels say "measured, and none".
fn bar(sheet: &Sheet<'_>, scale: &Scale, look: Look, value: f64, y: i32) -> Result<()> {
    let (from, to) = (scale.x(0.0), scale.x(value));
    let (left, right) = if to < from {
        (to.min(from - 2), from)
    } else {
        (from, to.max(from + 2))
    };
    let corners = [(left, y - 6), (right, y + 6)];
    let bar = Rectangle::new(corners, style::colour(look).filled());
    sheet.draw(&bar).map_err(failed)
}

fn whisker(sheet: &Sheet<'_>, scale: &Scale, (low, high): (f64, f64), y: i32) -> Result<()> {
    let (low, high) = (scale.x(low), scale.x(high));
    style::line(sheet, (low, y), (high, y), INK)?;
    for x in [low, high] {
        style::line(sheet, (x, y - 3), (x, y + 3), INK)?;
    }
    Ok(())
}
