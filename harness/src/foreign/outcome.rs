//! What the runner of a command leaves in the folder of the cell.

use contract::{Nanos, Pid};
use serde::{Deserialize, Serialize};

use super::counted::Counted;

/// Its file.
pub(crate) const FILE: &str = "foreign.json";
/// What the command wrote.
pub(super) const STDOUT: &str = "command.out";
pub(super) const STDERR: &str = "command.err";

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The process that started the command, and took in its orphans: the parent of all there is.
    pub(super) runner: Pid,
    /// Just before the command was started, on CLOCK_MONOTONIC.
    pub(super) began: Nanos,
    /// When the last process of it had ended.
    pub(super) over: Nanos,
    /// How it ended, as waitpid has it.
    pub(super) status: i32,
    /// The totals; `None` where they could not be counted.
    pub(super) counted: Option<Counted>,
    /// Why they could not.
    pub(super) uncounted: Option<String>,
    /// The names of processes that it left running, which were then ended.
    pub(super) left: Vec<String>,
}
