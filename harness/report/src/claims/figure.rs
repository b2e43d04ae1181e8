//! A figure of a claim.

/// A value with its interval, and as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) value: f64,
    /// The ends of the interval; the value itself where it is a count.
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) text: String,
}

impl Figure {
    pub(super) fn number(value: f64, ends: Option<(f64, f64)>, text: String) -> Self {
        let (low, high) = ends.unwrap_or((value, value));
        Self {
            value,
            low,
            high,
            text,
        }
    }

    /// `value`, `low` or `high`.
    pub(super) fn part(&self, name: &str) -> Option<f64> {
        match name {
            "value" => Some(self.value),
            "low" => Some(self.low),
            "high" => Some(self.high),
            _ => None,
        }
    }
}
