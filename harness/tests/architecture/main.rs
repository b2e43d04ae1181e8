//! The house holds: arrows between crates, no circles between files, sizes of files and functions, and words that must not return.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod arrows;
mod circles;
mod files;
mod functions;
mod sizes;
mod words;
