//! One mark for each configuration between two figures of which less is better, with intervals, names
//! and the Pareto front.

mod axes;
mod frame;
mod front;
mod lane;
mod mark;
mod symbol;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas;
use super::placer::{self, Area, Spot};
use super::style::{self, FAINT, INK, SOFT, Sheet};

use self::axes::Axes;
use self::frame::{BOTTOM, LEFT, RIGHT, SIZE, TOP};
pub(super) use mark::{Mark, Place};

/// Of lines that lead to names.
const LEADER: RGBColor = RGBColor(150, 150, 150);

/// What is drawn.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// What the marks mean, a line each.
    pub(super) legend: [&'static str; 2],
    /// What is across, on a logarithmic axis, and its unit.
    pub(super) across: &'static str,
    /// What goes up, and its unit.
    pub(super) up: &'static str,
    /// Whether what goes up is logarithmic, too.
    pub(super) log: bool,
    pub(super) marks: Vec<Mark>,
}

/// Draws it; `None` where nothing is known across, or nothing up.
pub(super) fn draw(chart: &Chart) -> Result<Option<String>> {
    let Some(axes) = Axes::new(&chart.marks, chart.log) else {
        return Ok(None);
    };
    let mut lines = Vec::new();
    let base = canvas::svg(SIZE, |sheet| {
        grid(sheet, chart, &axes)?;
        lines = front::draw(sheet, &chart.marks, &axes)?;
        Ok(())
    })?;
    lines.extend(axes.lane.as_ref().map(|lane| {
        let right = LEFT + lane.width();
        ((right, TOP), (right, BOTTOM))
    }));
    // What is drawn of a configuration is a group of its own: a page greys out those that fail what is asked.
    let mut groups = String::new();
    for one in &chart.marks {
        groups += &canvas::group(SIZE, &one.name, |sheet| {
            lines.extend(symbol::reach(sheet, one, &axes)?);
            Ok(())
        })?;
    }
    for one in &chart.marks {
        groups += &canvas::group(SIZE, &one.name, |sheet| {
            symbol::draw(sheet, one, axes.spot(one))
        })?;
    }
    groups += &names(chart, &axes, &lines)?;
    Ok(Some(canvas::on_top(&base, &groups)))
}

fn grid(sheet: &Sheet<'_>, chart: &Chart, axes: &Axes) -> Result<()> {
    let text = |colour, bold, across| style::text(colour, bold, across);
    style::head(sheet, chart.title, chart.legend[0])?;
    let soft = text(SOFT, false, HPos::Left);
    style::write(sheet, chart.legend[1], (8, 52), &soft)?;
    style::write(
        sheet,
        chart.up,
        (8, TOP - 16),
        &text(INK, false, HPos::Left),
    )?;
    for (y, label) in axes.up.ticks() {
        style::line(sheet, (LEFT, y), (RIGHT, y), FAINT)?;
        style::write(
            sheet,
            &label,
            (LEFT - 6, y),
            &text(SOFT, false, HPos::Right),
        )?;
    }
    let centre = text(SOFT, false, HPos::Center);
    for (x, label) in axes.across.ticks() {
        style::line(sheet, (x, TOP), (x, BOTTOM), FAINT)?;
        style::write(sheet, &label, (x.min(RIGHT - 8), BOTTOM + 12), &centre)?;
    }
    if let Some(lane) = &axes.lane {
        let right = LEFT + lane.width();
        style::line(sheet, (right, TOP), (right, BOTTOM), SOFT)?;
        let middle = i32::midpoint(LEFT, right);
        style::write(sheet, "?", (middle, BOTTOM + 12), &centre)?;
    }
    style::line(sheet, (LEFT, TOP), (LEFT, BOTTOM), SOFT)?;
    style::line(sheet, (LEFT, BOTTOM), (RIGHT, BOTTOM), SOFT)?;
    let at = (RIGHT, BOTTOM + 32);
    style::write(sheet, chart.across, at, &text(INK, false, HPos::Right))
}

/// The name of every mark that has a place for one; the data of the plot has them all.
fn names(chart: &Chart, axes: &Axes, lines: &[(Spot, Spot)]) -> Result<String> {
    let named = chart.marks.iter();
    let named = named.map(|one| (style::short(&one.name, 24), axes.spot(one)));
    let named: Vec<_> = named.collect();
    let asked: Vec<_> = named.iter().map(|(name, at)| (&**name, *at)).collect();
    let inside = Area {
        left: LEFT + 2,
        top: TOP - 6,
        right: RIGHT + 8,
        bottom: BOTTOM - 2,
    };
    let found = placer::place(&asked, lines, inside);
    let mut groups = String::new();
    for one in &found {
        if let Some((from, to)) = one.leader {
            groups += &canvas::group(SIZE, &chart.marks[one.mark].name, |sheet| {
                style::line(sheet, from, to, LEADER)
            })?;
        }
    }
    for one in &found {
        let mark = &chart.marks[one.mark];
        let colour = if mark.quiet { SOFT } else { INK };
        groups += &canvas::group(SIZE, &mark.name, |sheet| {
            if one.is_crossed(lines) {
                style::clear(sheet, one.corners())?;
            }
            let text = style::text(colour, false, HPos::Left);
            style::write(sheet, asked[one.mark].0, one.at, &text)
        })?;
    }
    let lacking = asked.len() - found.len();
    if lacking > 0 {
        groups += &canvas::layer(SIZE, |sheet| {
            let words = format!("{lacking} without room for a name");
            let text = style::text(SOFT, false, HPos::Right);
            style::write(sheet, &words, (RIGHT, TOP - 16), &text)
        })?;
    }
    Ok(groups)
}
