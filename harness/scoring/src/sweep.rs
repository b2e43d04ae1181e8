//! A sweep: one workload with a timetable, turned up until something gives. The plan is made while
//! measuring: each trial is a cell, and which comes next follows from those before it.

pub mod result;
pub mod search;
mod trial;

pub use trial::{Load, Trial, burst_rate};

/// How long a trial offers its rate, in seconds.
pub const SECONDS: u32 = 1;

/// The model that a sweep can turn up.
pub const MODEL: &str = "paced";
