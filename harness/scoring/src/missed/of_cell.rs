//! What is kept of one cell.

use contract::Pid;
use serde::{Deserialize, Serialize};

use crate::record::Experiment;

/// So many events of a cell are kept at most.
pub(super) const MOST: usize = 1000;

/// What one cell missed, reported wrongly or reported without an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MissedOfCell {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// See [`crate::record::CellRun::repetition`].
    pub repetition: u32,
    /// What it measures.
    pub experiment: Experiment,
    /// See [`crate::record::CellRun::order`]: the cell in `summary.json`.
    pub order: u32,
    /// Events that went wrong in one way each.
    pub groups: Vec<Group>,
}

/// Events that went wrong in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What went wrong.
    pub what: What,
    /// Of which kind the events are.
    pub kind: String,
    /// Of a wrong one: which field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Of a wrong one: `wrong`, `truncated`, `stale` or `missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Of a missed one: whether any other event of its process was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_seen: Option<bool>,
    /// How many there are.
    pub total: u64,
    /// Pid, and microseconds after the first event of the cell; evenly spaced where not all are kept.
    pub events: Vec<(Pid, i64)>,
}

/// How an event went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It happened and was not reported.
    Missed,
    /// It was reported, and a field of it is not correct.
    Wrong,
    /// It was reported and never happened.
    FalsePositive,
}

impl What {
    /// The word used in every format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Wrong => "wrong",
            Self::FalsePositive => "false_positive",
        }
    }
}
