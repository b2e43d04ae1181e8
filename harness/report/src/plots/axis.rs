//! A figure as a place on the sheet, for a chart with two axes.

use super::forest::step;
use crate::numbers::few;

/// From the least to the most of figures to a stretch of pixels, in either direction.
pub(super) struct Axis {
    log: bool,
    low: f64,
    high: f64,
    pixels: (i32, i32),
}

/// Room beyond the least and the most, as a part of the whole.
const AIR: f64 = 0.06;

impl Axis {
    /// Equal steps, from 0 or less.
    pub(super) fn linear(values: &[f64], pixels: (i32, i32)) -> Self {
        let low = values.iter().copied().fold(0.0, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        let air = (high - low).max(1e-9) * AIR;
        Self {
            log: false,
            low: if low < 0.0 { low - air } else { low },
            high: high + air,
            pixels,
        }
    }

    /// Equal factors; `None` where no value is above 0.
    pub(super) fn log(values: &[f64], pixels: (i32, i32)) -> Option<Self> {
        let positive = || values.iter().copied().filter(|value| *value > 0.0);
        let (low, high) = (positive().reduce(f64::min)?, positive().reduce(f64::max)?);
        let (low, high) = (low.log10(), high.log10());
        let air = (high - low).max(1.0) * AIR;
        Some(Self {
            log: true,
            low: low - air,
            high: high + air,
            pixels,
        })
    }

    /// The pixel of a value; what the axis does not hold is at its end.
    pub(super) fn at(&self, value: f64) -> i32 {
        let value = match self.log {
            true => value.max(1e-300).log10(),
            false => value,
        };
        let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        let (from, to) = self.pixels;
        from + (part * f64::from(to - from)).round() as i32
    }

    /// Where there are grid lines, and what stands beside them.
    pub(super) fn ticks(&self) -> Vec<(i32, String)> {
        let values = match self.log {
            true => self.powers(),
            false => self.steps(),
        };
        let tick = |(value, label): (f64, String)| (self.at(value), label);
        values.into_iter().map(tick).collect()
    }

    fn steps(&self) -> Vec<(f64, String)> {
        let step = step((self.high - self.low) / 7.0);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        let values = (first as i32..=last as i32).map(|place| f64::from(place) * step);
        values
            .map(|value| (value, few(value).trim_end_matches(".0").to_owned()))
            .collect()
    }

    /// Powers of ten; where there are few, multiples of them, too.
    fn powers(&self) -> Vec<(f64, String)> {
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let (factors, more): (&[f64], i32) = match self.high - self.low {
            wide if wide > 3.0 => (&[1.0], 0),
            wide if wide > 1.0 => (&[1.0, 2.0, 5.0], 0),
            _ => (&[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0], 1),
        };
        let all = decades.flat_map(|decade| {
            let power = 10_f64.powi(decade);
            let digits = (more - decade).max(0) as usize;
            let label = move |value: f64| format!("{value:.digits$}");
            factors
                .iter()
                .map(move |factor| (factor * power, label(factor * power)))
        });
        let within = |value: f64| (self.low..=self.high).contains(&value.log10());
        all.filter(|(value, _)| within(*value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_round_and_everything_is_on_the_axis() {
        let log = Axis::log(&[0.0, 0.003, 75.0], (0, 500)).unwrap();
        assert_eq!(labels(&log), ["0.01", "0.1", "1", "10", "100"]);
        assert!(log.at(0.0) == 0 && log.at(0.003) > 0 && log.at(75.0) < 500);
        let short = Axis::log(&[1.1, 17.0], (0, 500)).unwrap();
        assert_eq!(labels(&short), ["1", "2", "5", "10", "20"]);
        assert!(Axis::log(&[0.0], (0, 500)).is_none());
        let up = Axis::linear(&[-3.0, 46.0], (400, 0));
        assert_eq!(labels(&up), ["0", "10", "20", "30", "40"]);
        assert!(up.at(-3.0) < 400 && up.at(46.0) > 0);
    }
}
