//! `harness watch`: every event of a known workload is a line, readers may be slow or leave, and
//! nothing is left behind.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skipped"
)]

#[path = "../common/mod.rs"]
mod common;
mod events;
mod readers;
mod refusals;
mod session;
mod users;
