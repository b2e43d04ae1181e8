//! Workloads that really run, at a small scale.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

mod common;
mod fence;
mod runs;
