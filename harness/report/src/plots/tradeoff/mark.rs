//! A configuration as a mark.

use crate::plots::style::Look;

/// A configuration.
pub(crate) struct Mark {
    pub(crate) look: Look,
    /// In a quieter tone.
    pub(crate) quiet: bool,
    pub(crate) name: String,
    pub(crate) across: Place,
    pub(crate) up: Place,
}

/// A figure, or what is known of it.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// With its interval, where there is one.
    At(f64, Option<(f64, f64)>),
    /// None was found, and so much may be all the same.
    AtMost(f64),
    /// It cannot be told.
    Unknown,
}

impl Place {
    /// Where the mark is.
    pub(crate) fn value(self) -> Option<f64> {
        match self {
            Self::At(value, _) | Self::AtMost(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// What decides which of two is less: nothing is nothing, whatever its bound.
    pub(super) fn rank(self) -> Option<f64> {
        match self {
            Self::At(value, _) => Some(value),
            Self::AtMost(_) => Some(0.0),
            Self::Unknown => None,
        }
    }

    /// The values that have to fit on the axis.
    pub(super) fn reach(self) -> Vec<f64> {
        match self {
            Self::At(value, None) | Self::AtMost(value) => vec![value],
            Self::At(value, Some((low, high))) => vec![value, low, high],
            Self::Unknown => Vec::new(),
        }
    }
}
