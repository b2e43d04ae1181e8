//! How one workload is run, and what came of it.

use std::path::Path;
use std::time::Duration;

use contract::Counts;

/// How one workload is run.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The folder of the cell, made ready by [`crate::prepare`].
    pub cell: &'a Path,
    /// Added to the programs' environment, which otherwise holds PATH alone.
    pub env: &'a [(String, String)],
    /// User and group of the programs. Root must give one; others can only be themselves.
    pub user: Option<(u32, u32)>,
    /// A run that takes longer is stopped, and has failed.
    pub limit: Duration,
    /// Whether events are recorded. Without, the same work is done, which shows the cost of the ledger.
    pub stamping: bool,
}

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Wall time from just before the first process was made until just after it had ended, in
    /// nanoseconds.
    pub wall_ns: u64,
    /// How many events there are when the ledger is complete.
    pub counts: Counts,
}
