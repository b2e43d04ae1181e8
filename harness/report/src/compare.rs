//! Two records side by side: what differs by more than chance and noise. Both intervals are there
//! for that: how many of them overlap is counted, and each that does not is named.

mod differences;
mod figure;
mod text;

pub use differences::{Differences, compare};
pub use text::text;
