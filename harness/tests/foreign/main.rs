//! `harness run -- COMMAND`: a command of the user's own, counted from outside. What goes wrong with it
//! is one clear line or row, and blames no monitor.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

#[path = "../common/mod.rs"]
mod common;

mod argv;
mod run;
mod seen;
mod trouble;
