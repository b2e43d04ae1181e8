//! Third-party tools: the faults of a tool are scored exactly, each way to fail has its own error, and
//! nothing of a tool is left.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

#[path = "../common/mod.rs"]
mod common;
mod definitions;
mod failures;
mod faults;
mod left_on;
