//! What all plots share: colours, sizes, text.

use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::family;
use contract::plain;

/// A drawing in pixels.
pub(super) type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Okabe and Ito's colours, which colour-blind readers tell apart, dark and light by turns.
const PALETTE: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(150, 140, 40),
    RGBColor(136, 34, 85),
    RGBColor(110, 80, 50),
    RGBColor(90, 90, 90),
];

/// A colour and a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    colour: usize,
    shape: usize,
}

impl Look {
    /// Of a line of its own, in this place.
    pub(super) fn of(place: usize) -> Self {
        Self {
            colour: place,
            shape: place,
        }
    }

    /// The same shape in grey.
    pub(super) fn quiet(self) -> Self {
        Self {
            colour: PALETTE.len() - 1,
            ..self
        }
    }

    /// Of monitors: a colour for each family, and a shape for each; where there are more than shapes, for
    /// each of a family.
    pub(super) fn of_all(monitors: &[&str]) -> Vec<Self> {
        let families: Vec<usize> = monitors.iter().map(|name| family::of(name).0).collect();
        let earlier = |place: usize| {
            let before = families[..place].iter();
            before.filter(|one| **one == families[place]).count()
        };
        let look = |(place, colour): (usize, &usize)| Self {
            colour: *colour,
            shape: match families.len() {
                ..=SHAPES => place,
                _ => earlier(place) + colour,
            },
        };
        families.iter().enumerate().map(look).collect()
    }
}
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const FAINT: RGBColor = RGBColor(221, 221, 221);
pub(super) const SOFT: RGBColor = RGBColor(95, 95, 95);
pub(super) const WIDTH: u32 = 900;
/// plotters writes sizes smaller than they are given.
const TEXT: f64 = 15.5;

/// The colour of a line or a mark.
pub(super) fn colour(look: Look) -> RGBColor {
    PALETTE[look.colour % PALETTE.len()]
}

pub(super) fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a plot cannot be drawn: {error}")
}

/// How a text stands to the point it is written at.
pub(super) fn text(colour: RGBColor, bold: bool, across: HPos) -> TextStyle<'static> {
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let mut text = TextStyle::from(("sans-serif", TEXT, style).into_font());
    text.color = colour.to_backend_color();
    text.pos(Pos::new(across, VPos::Center))
}

pub(super) fn write(
    sheet: &Sheet<'_>,
    words: &str,
    at: (i32, i32),
    style: &TextStyle<'_>,
) -> anyhow::Result<()> {
    sheet.draw_text(words, style, at).map_err(failed)
}

pub(super) fn line(
    sheet: &Sheet<'_>,
    from: (i32, i32),
    to: (i32, i32),
    colour: RGBColor,
) -> anyhow::Result<()> {
    let line = PathElement::new([from, to], colour.stroke_width(1));
    sheet.draw(&line).map_err(failed)
}

/// Takes lines back that would go through a text.
pub(super) fn clear(sheet: &Sheet<'_>, corners: [(i32, i32); 2]) -> anyhow::Result<()> {
    let paper = Rectangle::new(corners, WHITE.filled());
    sheet.draw(&paper).map_err(failed)
}

/// The title of a picture and, under it, what its marks mean: it has to be read without its page.
pub(super) fn head(sheet: &Sheet<'_>, title: &str, legend: &str) -> anyhow::Result<()> {
    write(sheet, title, (8, 14), &text(INK, true, HPos::Left))?;
    write(sheet, legend, (8, 34), &text(SOFT, false, HPos::Left))
}

/// A small grey mark.
pub(super) fn quiet(sheet: &Sheet<'_>, at: (i32, i32)) -> anyhow::Result<()> {
    let mark = Circle::new(at, 3, SOFT.filled());
    sheet.draw(&mark).map_err(failed)
}

/// A name, safe, and no longer than fits.
pub(super) fn short(name: &str, most: usize) -> String {
    let safe = plain(name);
    match safe.char_indices().nth(most) {
        Some(_) => safe.chars().take(most - 1).chain(['\u{2026}']).collect(),
        None => safe,
    }
}

/// How many shapes there are.
const SHAPES: usize = 6;

/// One of [`SHAPES`].
pub(super) fn marker(
    sheet: &Sheet<'_>,
    look: Look,
    at: (i32, i32),
    hollow: bool,
) -> anyhow::Result<()> {
    let (x, y) = at;
    let shape = match look.shape % SHAPES {
        0 => return round(sheet, look, at, hollow),
        1 => vec![(x, y - 5), (x + 5, y + 4), (x - 5, y + 4)],
        2 => vec![
            (x - 4, y - 4),
            (x + 4, y - 4),
            (x + 4, y + 4),
            (x - 4, y + 4),
        ],
        3 => vec![(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)],
        4 => vec![(x, y + 5), (x + 5, y - 4), (x - 5, y - 4)],
        _ => vec![
            (x - 6, y - 2),
            (x + 6, y - 2),
            (x + 6, y + 2),
            (x - 6, y + 2),
        ],
    };
    let fill = if hollow { WHITE } else { colour(look) };
    sheet
        .draw(&Polygon::new(shape.clone(), fill.filled()))
        .map_err(failed)?;
    let outline = shape.iter().copied().chain(shape.first().copied());
    let outline = PathElement::new(outline.collect::<Vec<_>>(), colour(look).stroke_width(2));
    sheet.draw(&outline).map_err(failed)
}

fn round(sheet: &Sheet<'_>, look: Look, at: (i32, i32), hollow: bool) -> anyhow::Result<()> {
    let fill = if hollow { WHITE } else { colour(look) };
    sheet
        .draw(&Circle::new(at, 4, fill.filled()))
        .map_err(failed)?;
    let outline = Circle::new(at, 4, colour(look).stroke_width(2));
    sheet.draw(&outline).map_err(failed)
}
