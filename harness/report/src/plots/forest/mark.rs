//! What a line of a forest plot shows.

use crate::plots::style::Look;

/// A configuration.
pub(crate) struct Line {
    pub(crate) look: Look,
    pub(crate) name: String,
    pub(crate) mark: Mark,
    pub(crate) text: String,
}

/// A figure as a shape.
pub(crate) enum Mark {
    /// A share with its interval.
    Share { value: f64, low: f64, high: f64 },
    /// None, and the most that may be all the same: a hollow mark at 0, never a line that looks like
    /// loss.
    Zero { most: f64 },
    /// It was not tested: the name stands beneath the others.
    Untested,
    /// A bar with its interval, where there is one.
    Bar {
        value: f64,
        ends: Option<(f64, f64)>,
    },
    /// A filled part of a whole.
    Part { part: f64, whole: f64 },
}

impl Mark {
    /// The figure and its interval, for the table of the plot; `None` without a figure.
    pub(crate) fn figures(&self) -> Option<(f64, Option<(f64, f64)>)> {
        match *self {
            Self::Share { value, low, high } => Some((value, Some((low, high)))),
            Self::Zero { most } => Some((0.0, Some((0.0, most)))),
            Self::Untested => None,
            Self::Bar { value, ends } => Some((value, ends)),
            Self::Part { part, .. } => Some((part, None)),
        }
    }

    /// Whether there is nothing to see.
    pub(crate) fn is_zero(&self) -> bool {
        match *self {
            Self::Share { value, .. } | Self::Bar { value, .. } => value == 0.0,
            Self::Zero { .. } | Self::Untested => true,
            Self::Part { part, .. } => part == 0.0,
        }
    }

    /// Whether nothing is known of it.
    pub(super) fn is_untested(&self) -> bool {
        matches!(self, Self::Untested)
    }

    /// What lines are sorted by.
    pub(super) fn value(&self) -> f64 {
        self.figures().map_or(f64::INFINITY, |found| found.0)
    }

    /// The values that have to fit on the axis.
    pub(super) fn reach(&self) -> Vec<f64> {
        match *self {
            Self::Share { value, low, high } => vec![value, low, high],
            Self::Zero { .. } | Self::Untested => Vec::new(),
            Self::Bar { value, ends } => {
                let ends = ends.map_or(Vec::new(), |(low, high)| vec![low, high]);
                [value].into_iter().chain(ends).collect()
            }
            Self::Part { part, whole } => vec![part, whole],
        }
    }
}
