//! A line for each workload and configuration: name on the left, mark in the middle, figure on the
//! right. It grows downwards, so it holds any number of configurations.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::style::{self, FAINT, INK, Look, SOFT, Sheet, WIDTH, failed};
use crate::numbers::few;

const LEFT: i32 = 170;
const RIGHT: i32 = WIDTH as i32 - 200;
const ROW: i32 = 19;
const TITLE: i32 = 26;
const FOOT: i32 = 44;
const TOP: i32 = 8;

/// What is drawn.
pub(super) struct Chart {
    pub(super) axis: Axis,
    pub(super) groups: Vec<Group>,
}

/// A workload.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

/// A configuration.
pub(super) struct Line {
    pub(super) look: Look,
    pub(super) name: String,
    pub(super) mark: Mark,
    pub(super) text: String,
}

/// A figure as a shape.
pub(super) enum Mark {
    /// A point with its interval.
    Point { value: f64, low: f64, high: f64 },
    /// A bar with its interval, where there is one.
    Bar {
        value: f64,
        ends: Option<(f64, f64)>,
    },
    /// A filled part of a whole.
    Part { part: f64, whole: f64 },
}

/// What is across.
#[derive(Clone, Copy)]
pub(super) enum Axis {
    /// Shares up to 1, logarithmic, with a place for none at all.
    Share,
    /// Linear, bars begin at the base.
    From { base: f64, unit: &'static str },
}

impl Mark {
    /// The figure and its interval.
    pub(super) fn figures(&self) -> (f64, Option<(f64, f64)>) {
        match *self {
            Self::Point { value, low, high } => (value, Some((low, high))),
            Self::Bar { value, ends } => (value, ends),
            Self::Part { part, .. } => (part, None),
        }
    }

    fn reach(&self) -> [f64; 3] {
        match *self {
            Self::Point { value, low, high } => [value, low, high],
            Self::Bar { value, ends } => ends.map_or([value; 3], |(low, high)| [value, low, high]),
            Self::Part { part, whole } => [part, whole, whole],
        }
    }
}

/// Draws it.
pub(super) fn draw(chart: &Chart) -> Result<String> {
    let rows: i32 = chart
        .groups
        .iter()
        .map(|group| TITLE + ROW * group.lines.len() as i32)
        .sum();
    let bottom = TOP + rows + 8;
    let mut svg = String::new();
    {
        let sheet =
            SVGBackend::with_string(&mut svg, (WIDTH, (bottom + FOOT) as u32)).into_drawing_area();
        sheet.fill(&WHITE).map_err(failed)?;
        let scale = Scale::new(chart);
        scale.draw(&sheet, bottom)?;
        let mut y = TOP;
        for group in &chart.groups {
            y += TITLE / 2;
            style::write(
                &sheet,
                &style::short(&group.title, 60),
                (8, y),
                &style::text(INK, true, HPos::Left),
            )?;
            y += TITLE / 2;
            for line in &group.lines {
                scale.line(&sheet, line, y + ROW / 2)?;
                y += ROW;
            }
        }
        sheet.present().map_err(failed)?;
    }
    Ok(svg)
}

/// From figures to pixels.
struct Scale {
    axis: Axis,
    low: f64,
    high: f64,
    step: f64,
}

/// Where a logarithmic axis begins at the latest: one in a million.
const LEAST: f64 = 1e-6;

/// Room for "none" at the left of a logarithmic axis.
const NONE: i32 = 64;

impl Scale {
    fn new(chart: &Chart) -> Self {
        let lines = || chart.groups.iter().flat_map(|group| &group.lines);
        let reach = || lines().flat_map(|line| line.mark.reach());
        match chart.axis {
            Axis::Share => {
                let least = reach()
                    .filter(|value| *value > 0.0)
                    .fold(0.1, f64::min)
                    .max(LEAST);
                Self {
                    axis: chart.axis,
                    low: least.log10().floor(),
                    high: 0.0,
                    step: 1.0,
                }
            }
            Axis::From { base, .. } => {
                let (low, high) =
                    reach().fold((base, base), |(low, high), v| (low.min(v), high.max(v)));
                let step = step((high - low).max(0.1) / 6.0);
                Self {
                    axis: chart.axis,
                    low: (low / step).floor() * step,
                    high: (high / step).ceil() * step,
                    step,
                }
            }
        }
    }

    fn x(&self, value: f64) -> i32 {
        let (left, place) = match self.axis {
            Axis::Share if value <= 0.0 => return LEFT + 8,
            Axis::Share => (LEFT + NONE, value.log10().max(self.low)),
            Axis::From { .. } => (LEFT, value),
        };
        let part = (place - self.low) / (self.high - self.low);
        left + (part * f64::from(RIGHT - left)).round() as i32
    }

    /// Where there are grid lines, and what is written under them.
    fn ticks(&self) -> Vec<(i32, String)> {
        let steps = ((self.high - self.low) / self.step).round() as i32;
        let at = (0..=steps).map(|step| self.low + f64::from(step) * self.step);
        match self.axis {
            Axis::Share => {
                let shares = at.map(|power| 10_f64.powf(power));
                let ticks = shares.map(|share| (self.x(share), power_of_ten(share * 100.0)));
                [(self.x(0.0), "0".to_owned())]
                    .into_iter()
                    .chain(ticks)
                    .collect()
            }
            Axis::From { .. } => at.map(|value| (self.x(value), self.label(value))).collect(),
        }
    }

    fn label(&self, value: f64) -> String {
        if self.step >= 1.0 {
            format!("{value:.0}")
        } else {
            few(value).trim_start_matches("-0.0").to_owned()
        }
    }

    fn draw(&self, sheet: &Sheet<'_>, bottom: i32) -> Result<()> {
        for (x, label) in self.ticks() {
            style::line(sheet, (x, TOP), (x, bottom), FAINT)?;
            style::write(
                sheet,
                &label,
                (x, bottom + 12),
                &style::text(SOFT, false, HPos::Center),
            )?;
        }
        let (unit, base) = match self.axis {
            Axis::Share => ("share of the events that was missed", 0.0),
            Axis::From { base, unit } => (unit, base),
        };
        style::line(sheet, (self.x(base), TOP), (self.x(base), bottom), SOFT)?;
        let middle = i32::midpoint(LEFT, RIGHT);
        style::write(
            sheet,
            unit,
            (middle, bottom + 31),
            &style::text(SOFT, false, HPos::Center),
        )
    }

    fn line(&self, sheet: &Sheet<'_>, line: &Line, y: i32) -> Result<()> {
        let name = style::short(&line.name, 22);
        style::write(
            sheet,
            &name,
            (LEFT - 12, y),
            &style::text(INK, false, HPos::Right),
        )?;
        style::write(
            sheet,
            &line.text,
            (RIGHT + 12, y),
            &style::text(INK, false, HPos::Left),
        )?;
        match line.mark {
            Mark::Point { value, low, high } => {
                let stroke = style::colour(line.look).stroke_width(2);
                let reach = PathElement::new([(self.x(low), y), (self.x(high), y)], stroke);
                sheet.draw(&reach).map_err(failed)?;
                self.cap(sheet, high, y)?;
                style::marker(sheet, line.look, (self.x(value), y), value <= 0.0)
            }
            Mark::Bar { value, ends } => {
                self.bar(sheet, line.look, value, y)?;
                ends.map_or(Ok(()), |(low, high)| self.whisker(sheet, low, high, y))
            }
            Mark::Part { part, whole } => {
                self.bar(sheet, line.look, part, y)?;
                let outline = [(self.x(0.0), y - 6), (self.x(whole), y + 6)];
                let outline = Rectangle::new(outline, style::colour(line.look).stroke_width(2));
                sheet.draw(&outline).map_err(failed)
            }
        }
    }

    /// A bar of nothing is still a bar: two pixels say "measured, and none".
    fn bar(&self, sheet: &Sheet<'_>, look: Look, value: f64, y: i32) -> Result<()> {
        let base = match self.axis {
            Axis::Share => 0.0,
            Axis::From { base, .. } => base,
        };
        let (from, to) = (self.x(base), self.x(value));
        let (left, right) = if to < from {
            (to.min(from - 2), from)
        } else {
            (from, to.max(from + 2))
        };
        let bar = Rectangle::new(
            [(left, y - 6), (right, y + 6)],
            style::colour(look).filled(),
        );
        sheet.draw(&bar).map_err(failed)
    }

    fn whisker(&self, sheet: &Sheet<'_>, low: f64, high: f64, y: i32) -> Result<()> {
        style::line(sheet, (self.x(low), y), (self.x(high), y), INK)?;
        for end in [low, high] {
            let x = self.x(end);
            style::line(sheet, (x, y - 3), (x, y + 3), INK)?;
        }
        Ok(())
    }

    fn cap(&self, sheet: &Sheet<'_>, end: f64, y: i32) -> Result<()> {
        let x = self.x(end);
        style::line(sheet, (x, y - 4), (x, y + 4), INK)
    }
}

/// "0.001 %".
fn power_of_ten(value: f64) -> String {
    let digits = (-value.log10().round()).max(0.0) as usize;
    format!("{value:.digits$} %")
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|times| times * power >= least);
    times.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (least, found) in [
            (0.9, 1.0),
            (1.1, 2.0),
            (3.0, 5.0),
            (6.0, 10.0),
            (0.023, 0.05),
        ] {
            assert!(
                (step(least) - found).abs() < 1e-9,
                "{least}: {}",
                step(least)
            );
        }
    }
}
