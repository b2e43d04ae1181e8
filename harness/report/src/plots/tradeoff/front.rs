//! The Pareto front: marks that no other mark beats in both figures.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Axes;
use super::frame::RIGHT;
use super::mark::Mark;
use crate::plots::placer::Spot;
use crate::plots::style::{SOFT, Sheet, failed};

/// Joins them by steps, and goes on to the right edge: what lies above or to the right is beaten. Gives
/// the lines.
pub(super) fn draw(sheet: &Sheet<'_>, marks: &[Mark], axes: &Axes) -> Result<Vec<(Spot, Spot)>> {
    let mut spots: Vec<_> = front(marks)
        .into_iter()
        .map(|place| axes.spot(&marks[place]))
        .collect();
    spots.sort_unstable();
    let mut lines = Vec::new();
    for pair in spots.windows(2) {
        let [(x, y), (right, lower)] = [pair[0], pair[1]];
        lines.push(((x, y), (right, y)));
        lines.push(((right, y), (right, lower)));
    }
    lines.extend(spots.last().map(|&(x, y)| ((x, y), (RIGHT, y))));
    for &(from, to) in &lines {
        dashes(sheet, from, to)?;
    }
    Ok(lines)
}

fn dashes(sheet: &Sheet<'_>, from: Spot, to: Spot) -> Result<()> {
    let long = (to.0 - from.0).abs().max((to.1 - from.1).abs());
    let on_line = |done: i32| {
        let part = |from: i32, to: i32| from + (to - from) * done / long.max(1);
        (part(from.0, to.0), part(from.1, to.1))
    };
    for begin in (0..long).step_by(7) {
        let dash = [on_line(begin), on_line((begin + 4).min(long))];
        let dash = PathElement::new(dash, SOFT.stroke_width(1));
        sheet.draw(&dash).map_err(failed)?;
    }
    Ok(())
}

/// The places of the marks on it.
fn front(marks: &[Mark]) -> Vec<usize> {
    let rank = |one: &Mark| one.across.rank().zip(one.up.rank());
    let beaten = |(x, y): (f64, f64)| {
        let all = marks.iter().filter_map(rank);
        let mut better = all.filter(|(across, up)| *across <= x && *up <= y);
        better.any(|(across, up)| across < x || up < y)
    };
    let places = 0..marks.len();
    places
        .filter(|&place| rank(&marks[place]).is_some_and(|found| !beaten(found)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::mark::Place;
    use super::*;
    use crate::plots::style::Look;

    #[test]
    fn only_what_nothing_beats_in_both_is_on_the_front() {
        let mark = |across: Place, up: f64| Mark {
            look: Look::of(0),
            quiet: false,
            name: String::new(),
            across,
            up: Place::At(up, None),
        };
        let marks = [
            mark(Place::AtMost(0.001), 4.0),
            // None was lost either: a wider bound is not worse, its cost is.
            mark(Place::AtMost(0.0001), 46.0),
            mark(Place::At(26.0, None), 1.0),
            mark(Place::At(30.0, None), 2.0),
            mark(Place::Unknown, 0.0),
        ];
        assert_eq!(front(&marks), [0, 2]);
    }
}
