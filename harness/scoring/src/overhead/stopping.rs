//! What ends a run, and which quantile an interval takes therefore: see [`super::forecast`].

/// How many blocks the variance common to all configurations is worth.
pub(super) const PRIOR_BLOCKS: f64 = 1.0;

/// What ends a run. It decides which quantile an interval of 95 % takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// A number of blocks or a time set beforehand, and no precision.
    Fixed,
    /// A precision, also when the budget is spent before it is reached.
    Precision,
}

impl Stopping {
    /// The confidence of the quantile.
    pub(crate) fn confidence(self) -> f64 {
        match self {
            Self::Fixed => 0.95,
            Self::Precision => 0.96,
        }
    }
}
