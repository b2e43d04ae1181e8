//! The answer, as it is written in JSON: docs/FORMAT.md has its keys.

use std::collections::BTreeMap;

use contract::Pid;
use scoring::What;
use scoring::record::{Buffer, Experiment};
use serde::Serialize;

/// The whole of it.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// In the order of the record; without those of which nothing that is asked for went wrong.
    pub(super) cells: Vec<ExplainedCell>,
    /// How many events of these cells went wrong in a way that was not asked for.
    #[serde(skip)]
    pub(super) not_asked: BTreeMap<&'static str, u64>,
}

/// One cell.
#[derive(Debug, Serialize)]
pub struct ExplainedCell {
    pub(super) workload: String,
    pub(super) configuration: String,
    pub(super) repetition: u32,
    pub(super) experiment: Experiment,
    pub(super) counted: Counted,
    pub(super) groups: Vec<ExplainedGroup>,
}

/// What the kernel and the monitor counted in the cell.
#[derive(Debug, Serialize)]
pub(super) struct Counted {
    pub(super) reported_lost: BTreeMap<String, u64>,
    pub(super) silent_lost: u64,
    pub(super) drained: bool,
    pub(super) buffer: Option<Buffer>,
    pub(super) notes: BTreeMap<String, u64>,
}

/// Events that went wrong in the same way.
#[derive(Debug, Serialize)]
pub(super) struct ExplainedGroup {
    pub(super) what: What,
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) process_seen: Option<bool>,
    pub(super) total: u64,
    pub(super) likely_cause: String,
    /// As many as the record keeps.
    pub(super) events: Vec<One>,
}

/// One event.
#[derive(Debug, Serialize)]
pub(super) struct One {
    pub(super) pid: Pid,
    /// Microseconds after the first event of the cell.
    pub(super) at_us: i64,
}
