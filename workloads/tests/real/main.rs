//! Workloads that really run, small.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of this is test code, also what is not a test function"
)]

mod common;
mod fence;
mod runs;

/// What the other tests start as a process of its own.
#[test]
fn runner() {
    common::serve();
}
