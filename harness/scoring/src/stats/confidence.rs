/// Every interval is a two-sided one of this confidence.
pub const CONFIDENCE: f64 = 0.95;

/// The chance that a truth lies beyond one end.
pub(crate) const TAIL: f64 = (1.0 - CONFIDENCE) / 2.0;
