//! From figures to pixels.

use crate::numbers::few;

/// What is across.
#[derive(Clone, Copy)]
pub(crate) enum Axis {
    /// Shares up to 1, logarithmic, with a place for none at all.
    Share(&'static str),
    /// Linear, bars begin at 0.
    Linear(&'static str),
}

/// An axis between two places on the sheet.
pub(super) struct Scale {
    axis: Axis,
    pixels: (i32, i32),
    low: f64,
    high: f64,
    step: f64,
}

/// Where a logarithmic axis begins at the latest: one in a million.
const LEAST: f64 = 1e-6;

/// Room for "none" at the left of a logarithmic axis.
const NONE: i32 = 64;

impl Scale {
    /// For all of these values.
    pub(super) fn new(axis: Axis, values: &[f64], pixels: (i32, i32)) -> Self {
        let (low, high, step) = match axis {
            Axis::Share(_) => {
                let positive = values.iter().copied().filter(|value| *value > 0.0);
                let least = positive.fold(0.1, f64::min).max(LEAST);
                (least.log10().floor(), 0.0, 1.0)
            }
            Axis::Linear(_) => {
                let low = values.iter().copied().fold(0.0, f64::min);
                let high = values.iter().copied().fold(0.0, f64::max);
                let step = step((high - low).max(1e-9) / 6.0);
                (
                    (low / step).floor() * step,
                    (high / step).ceil() * step,
                    step,
                )
            }
        };
        Self {
            axis,
            pixels,
            low,
            high,
            step,
        }
    }

    pub(super) fn x(&self, value: f64) -> i32 {
        let (left, right) = self.pixels;
        let (left, place) = match self.axis {
            Axis::Share(_) if value <= 0.0 => return left + 8,
            Axis::Share(_) => (left + NONE, value.log10().max(self.low)),
            Axis::Linear(_) => (left, value),
        };
        let part = (place - self.low) / (self.high - self.low);
        left + (part * f64::from(right - left)).round() as i32
    }

    /// Where there are grid lines, and what is written under them.
    pub(super) fn ticks(&self) -> Vec<(i32, String)> {
        let steps = ((self.high - self.low) / self.step).round() as i32;
        let at = (0..=steps).map(|step| self.low + f64::from(step) * self.step);
        match self.axis {
            Axis::Share(_) => {
                let shares = at.map(|power| 10_f64.powf(power));
                let ticks = shares.map(|share| (self.x(share), power_of_ten(share * 100.0)));
                [(self.x(0.0), "0".to_owned())]
                    .into_iter()
                    .chain(ticks)
                    .collect()
            }
            Axis::Linear(_) => at.map(|value| (self.x(value), self.label(value))).collect(),
        }
    }

    pub(super) fn unit(&self) -> &'static str {
        match self.axis {
            Axis::Share(unit) | Axis::Linear(unit) => unit,
        }
    }

    fn label(&self, value: f64) -> String {
        if self.step >= 1.0 {
            return format!(
                "{:.0}",
                if value.abs() < self.step / 2.0 {
                    0.0
                } else {
                    value
                }
            );
        }
        few(value).trim_start_matches("-0.0").to_owned()
    }
}

/// "0.001 %".
fn power_of_ten(value: f64) -> String {
    let digits = (-value.log10().round()).max(0.0) as usize;
    format!("{value:.digits$} %")
}

/// 1, 2 or 5 times a power of ten, not below `least`.
pub(in crate::plots) fn step(least: f64) -> f64 {
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

    #[test]
    fn zero_has_a_place_of_its_own_on_a_logarithmic_axis() {
        let scale = Scale::new(Axis::Share("missed"), &[0.0, 0.2], (100, 500));
        assert!(scale.x(0.0) < scale.x(1e-9));
        assert_eq!((scale.x(0.1), scale.x(1.0)), (164, 500));
        let linear = Scale::new(Axis::Linear("us"), &[-3.0, 17.0], (100, 500));
        assert!(linear.ticks().iter().any(|(_, label)| label == "0"));
    }
}
