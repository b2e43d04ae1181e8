//! The legend of a picture: a line, a mark and a name for each configuration, in as many rows as it
//! takes.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::style::{self, INK, Look, SOFT, Sheet, WIDTH, failed};

/// A name and how it is drawn.
pub(super) struct Entry {
    pub(super) sign: Sign,
    pub(super) name: String,
}

/// What stands for a configuration.
#[derive(Clone, Copy)]
pub(super) enum Sign {
    /// A line with a mark.
    Line(Look),
    /// A small grey mark with a number.
    Number(usize),
}

const ROW: i32 = 20;
/// Longest name.
const NAME: usize = 24;

impl Entry {
    fn text(&self) -> String {
        style::short(&self.name, NAME)
    }

    fn width(&self) -> i32 {
        let sign = match self.sign {
            Sign::Line(_) => 60,
            Sign::Number(_) => 46,
        };
        sign + 8 * self.text().chars().count() as i32
    }
}

/// Where each entry goes, from the left edge `from` on.
fn places(entries: &[Entry], from: i32, until: i32) -> Vec<(i32, i32)> {
    let (mut x, mut y) = (from, 0);
    let place = |entry: &Entry| {
        if x > from && x + entry.width() > until {
            (x, y) = (from, y + ROW);
        }
        let at = (x, y);
        x += entry.width();
        at
    };
    entries.iter().map(place).collect()
}

/// How high it is.
pub(super) fn height(entries: &[Entry], from: i32, until: i32) -> i32 {
    let last = places(entries, from, until).last().map(|at| at.1 + ROW);
    last.unwrap_or(0)
}

/// Draws it on a sheet from `from` to `until`, the middle of its first row at `top`.
pub(super) fn draw(
    sheet: &Sheet<'_>,
    entries: &[Entry],
    (from, until): (i32, i32),
    top: i32,
) -> Result<()> {
    let text = |colour| style::text(colour, false, HPos::Left);
    for (entry, (x, y)) in entries.iter().zip(places(entries, from, until)) {
        let y = y + top;
        match entry.sign {
            Sign::Line(look) => {
                let stroke = style::colour(look).stroke_width(2);
                let line = PathElement::new([(x, y), (x + 28, y)], stroke);
                sheet.draw(&line).map_err(failed)?;
                style::marker(sheet, look, (x + 14, y), false)?;
                style::write(sheet, &entry.text(), (x + 35, y), &text(INK))?;
            }
            Sign::Number(number) => {
                style::quiet(sheet, (x + 4, y))?;
                let words = format!("{number} {}", entry.text());
                style::write(sheet, &words, (x + 12, y), &text(SOFT))?;
            }
        }
    }
    Ok(())
}

/// The right edge of a whole sheet.
pub(super) const RIGHT: i32 = WIDTH as i32 - 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_goes_into_the_next_row() {
        let entry = |name: &str| Entry {
            sign: Sign::Line(Look::of(0)),
            name: name.into(),
        };
        let entries = ["netlink", "ebpf", "audit"].map(entry);
        assert_eq!(height(&entries, 8, 900), ROW);
        let found = places(&entries, 8, 230);
        assert_eq!(found, [(8, 0), (124, 0), (8, ROW)]);
        assert_eq!(height(&[], 8, 900), 0);
    }
}
