//! A line for each workload and configuration, the least first: name on the left, mark in the middle, figure
//! on the right; every workload has the axis over it. It grows downwards, so it holds any number of
//! configurations.

mod mark;
mod scale;

use std::borrow::Cow;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

pub(super) use mark::{Line, Mark};
pub(super) use scale::{Axis, step};

use self::scale::Scale;
use super::canvas;
use super::style::{self, FAINT, INK, Look, SOFT, Sheet, WIDTH, failed};

const LEFT: i32 = 170;
const RIGHT: i32 = WIDTH as i32 - 220;
const ROW: i32 = 19;
/// The name of a group, and under it the axis.
const GROUP: i32 = 46;
/// Letters in a line over the whole width.
const LETTERS: usize = 112;
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
    let bottom = TOP + chart.groups.iter().map(Group::height).sum::<i32>() + 8;
    let values: Vec<f64> = lines().flat_map(|line| line.mark.reach()).collect();
    let scale = Scale::new(chart.axis, &values, (LEFT, RIGHT));
    let svg = canvas::svg((WIDTH, bottom as u32), |sheet| {
        style::head(sheet, chart.title, chart.legend)?;
        let mut y = TOP;
        for one in &chart.groups {
            group(sheet, &scale, one, y)?;
            y += one.height();
        }
        Ok(())
    })?;
    Ok(Some(svg))
}

impl Group {
    /// The lines that show something, the least first.
    fn shown(&self) -> Vec<&Line> {
        let all = self.lines.iter();
        let mut shown: Vec<_> = all.filter(|line| !line.mark.is_untested()).collect();
        shown.sort_by(|a, b| a.mark.value().total_cmp(&b.mark.value()));
        shown
    }

    /// The names of all others, in as many lines as they take.
    fn untested(&self) -> Vec<String> {
        let all = self.lines.iter().filter(|line| line.mark.is_untested());
        let names: Vec<_> = all.map(|line| style::short(&line.name, 40)).collect();
        match names.is_empty() {
            true => Vec::new(),
            false => textwrap::wrap(&format!("not tested: {}", names.join(", ")), LETTERS)
                .into_iter()
                .map(Cow::into_owned)
                .collect(),
        }
    }

    fn height(&self) -> i32 {
        let (shown, untested) = (self.shown().len() as i32, self.untested().len() as i32);
        let head = if shown == 0 { GROUP - ROW } else { GROUP };
        head + ROW * (shown + untested)
    }
}

/// Draws a group from `top` on.
fn group(sheet: &Sheet<'_>, scale: &Scale, group: &Group, top: i32) -> Result<()> {
    let text = |colour, bold| style::text(colour, bold, HPos::Left);
    let (shown, mut y) = (group.shown(), top + GROUP);
    let title = style::short(&group.title, 60);
    style::write(sheet, &title, (8, top + 13), &text(INK, true))?;
    if shown.is_empty() {
        y -= ROW;
    } else {
        let unit = scale.unit();
        style::write(sheet, unit, (RIGHT + 12, top + 13), &text(SOFT, false))?;
        grid(sheet, scale, (y - 4, y + ROW * shown.len() as i32))?;
    }
    for one in shown {
        line(sheet, scale, one, y + ROW / 2)?;
        y += ROW;
    }
    for words in group.untested() {
        style::write(sheet, &words, (24, y + ROW / 2), &text(SOFT, false))?;
        y += ROW;
    }
    Ok(())
}

fn grid(sheet: &Sheet<'_>, scale: &Scale, (top, bottom): (i32, i32)) -> Result<()> {
    let text = style::text(SOFT, false, HPos::Center);
    for (x, label) in scale.ticks() {
        style::line(sheet, (x, top), (x, bottom), FAINT)?;
        style::write(sheet, &label, (x, top - 9), &text)?;
    }
    let zero = scale.x(0.0);
    style::line(sheet, (zero, top), (zero, bottom), SOFT)
}

fn line(sheet: &Sheet<'_>, scale: &Scale, line: &Line, y: i32) -> Result<()> {
    let name = style::short(&line.name, 22);
    let text = |colour, across| style::text(colour, false, across);
    style::write(sheet, &name, (LEFT - 12, y), &text(INK, HPos::Right))?;
    style::write(sheet, &line.text, (RIGHT + 12, y), &text(INK, HPos::Left))?;
    match line.mark {
        Mark::Share { value, low, high } => {
            let stroke = style::colour(line.look).stroke_width(2);
            let reach = PathElement::new([(scale.x(low), y), (scale.x(high), y)], stroke);
            sheet.draw(&reach).map_err(failed)?;
            style::marker(sheet, line.look, (scale.x(value), y), false)
        }
        Mark::Zero { .. } => style::marker(sheet, line.look, (scale.x(0.0), y), true),
        Mark::Untested => Ok(()),
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
