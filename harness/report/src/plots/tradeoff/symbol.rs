//! How a mark is drawn.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Axes;
use super::frame::LEFT;
use super::mark::{Mark, Place};
use crate::plots::placer::Spot;
use crate::plots::style::{self, Sheet, failed};

/// How long the arrow of a bound is.
const ARROW: i32 = 26;

/// Draws the intervals of a mark, or the arrow of a bound; gives the lines.
pub(super) fn reach(sheet: &Sheet<'_>, one: &Mark, axes: &Axes) -> Result<Vec<(Spot, Spot)>> {
    let (x, y) = axes.spot(one);
    let mut lines = Vec::new();
    match one.across {
        Place::At(_, Some((low, high))) => {
            lines.push(((axes.across.at(low), y), (axes.across.at(high), y)));
        }
        Place::AtMost(_) => {
            let end = (x - ARROW).max(LEFT + 2);
            lines.push(((end, y), (x, y)));
            lines.push(((end, y), (end + 5, y - 4)));
            lines.push(((end, y), (end + 5, y + 4)));
        }
        _ => {}
    }
    if let Place::At(_, Some((low, high))) = one.up {
        lines.push(((x, axes.up.at(low)), (x, axes.up.at(high))));
    }
    let wide = if one.quiet { 1 } else { 2 };
    let stroke = style::colour(one.look).stroke_width(wide);
    for &(from, to) in &lines {
        let line = PathElement::new([from, to], stroke);
        sheet.draw(&line).map_err(failed)?;
    }
    Ok(lines)
}

/// The mark itself: hollow where it is but a bound, small where it is quiet.
pub(super) fn draw(sheet: &Sheet<'_>, one: &Mark, at: Spot) -> Result<()> {
    let hollow = matches!(one.across, Place::AtMost(_));
    match (one.quiet, hollow) {
        (true, false) => style::quiet(sheet, at),
        _ => style::marker(sheet, one.look, at, hollow),
    }
}
