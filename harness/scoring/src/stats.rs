//! How sure a figure is. Pure, and the same for the same seed on every machine.

mod binomial;
mod confidence;
mod estimate;
mod spread;

pub use binomial::{at_least, at_most, binomial};
pub use confidence::CONFIDENCE;
pub(crate) use estimate::student_quantile;
pub use estimate::{Estimate, mean};
pub use spread::{pool, share};
