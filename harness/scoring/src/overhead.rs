//! Overhead of monitors: how much longer a workload takes, with an interval.
//!
//! A block is one workload under every configuration once and under `null` (unmonitored) twice, in
//! random order. For a cell of configuration `k` in block `b`, with `y` the natural logarithm of
//! its wall time or of its system CPU per event:
//!
//! ```text
//! y[b,k] = mu + block[b] + config[k] + e[b,k]
//! slowdown of k = exp(config[k] - config[null])
//! ```
//!
//! [`fit`] estimates one workload, [`pooled`] puts several together, [`enough`] says when there are
//! enough blocks, [`power`] what such intervals can tell.

mod forecast;
mod interval;
mod least_squares;
mod observation;
mod outliers;
mod pooled;
pub mod power;
mod stopping;
mod two_way;

pub use forecast::{FEWEST_BLOCKS, FORECAST_BLOCKS, Forecast, enough, needed_blocks};
pub use interval::{Effect, Interval, Verdict};
pub(crate) use least_squares::invert;
pub use observation::Observation;
pub use outliers::LARGEST_SHARE_LEFT_OUT;
pub use pooled::pooled;
pub use stopping::Stopping;
pub use two_way::{Fit, NullPairs, fit, null_pairs};
