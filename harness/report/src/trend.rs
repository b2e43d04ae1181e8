//! Figures over dated records of one machine: what they were, and where they changed.

mod change;
mod figure;
mod follow;
mod lines;
mod text;

pub use follow::{Follow, Trend, apart, follow};
pub(crate) use lines::Lines;
pub use text::text;
