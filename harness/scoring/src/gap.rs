//! The row of one blind window, and the start of a monitor that ends it: see blind.rs.

use serde::{Deserialize, Serialize};

/// What the names of workloads begin with that measure blind windows.
pub const BLIND: &str = "blind/";

/// One blind window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// How long it is; `None` where a kind that is offered was never told again.
    pub ms: Option<f64>,
    /// Events in it that neither the old process nor the new one told.
    pub unseen: u64,
    /// Events after the first of their kind that were missed all the same.
    pub missed_after: u64,
    /// Processes of the workload that run when the gap and the snapshot, if any, are over.
    pub running: u64,
    /// Of these, those of which nothing was told: no fork, no exec, no line of a snapshot.
    pub unknown: u64,
}

/// One start of a monitor while the workload runs. Times on CLOCK_MONOTONIC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// What was before: [`Start::AFTER`].
    pub after: String,
    /// Just before its process was started.
    pub spawned_ns: u64,
    /// When it said that it is ready.
    pub ready_ns: u64,
    /// When it was told to stop, was killed, or the workload ended.
    pub ended_ns: u64,
}

impl Start {
    /// A start, one after a process that was told to stop, one after a process that was killed.
    pub const AFTER: [&str; 3] = ["nothing", "stop", "kill"];

    /// Where the process of the start number `place`, from 0, leaves what it told.
    pub fn folder(place: usize) -> String {
        format!("start-{}", place + 1)
    }
}
