//! How sure a figure is. Pure, and the same for the same seed on every machine.

mod binomial;
mod confidence;
mod estimate;
mod rank;
mod spread;

pub use binomial::{at_least, at_most, binomial};
pub use confidence::CONFIDENCE;
pub use estimate::{Estimate, mean, ratio};
pub use rank::ranks;
pub use spread::{loss, pool, uneven};
