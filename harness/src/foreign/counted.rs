//! Exact totals of what a command does, from perf counters that everything inherits that comes from the
//! calling thread. They only count: nothing is sampled, so nothing can be lost.
//!
//! Every process of the command has ended when they are read, so there are as many exits as forks. Ends
//! are not counted beside: each counter that is inherited costs a fork some 3 % of its CPU time.

use contract::Result;
use monitors::TracepointCounter;
use serde::{Deserialize, Serialize};

const NEW_TASK: &str = "task/task_newtask";
const EXEC: &str = "sched/sched_process_exec";
/// Without CLONE_THREAD: no thread of a process that is there already.
const IS_PROCESS: &str = "!(clone_flags & 0x10000)";

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Processes made.
    pub(crate) forks: u64,
    /// Programs executed.
    pub(crate) execs: u64,
}

/// The counters, which run from the time at which they are made.
pub(super) struct Counters {
    forks: TracepointCounter,
    execs: TracepointCounter,
}

impl Counters {
    /// An error says what is missing and what to do.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            forks: TracepointCounter::new(NEW_TASK, Some(IS_PROCESS))?,
            execs: TracepointCounter::new(EXEC, None)?,
        })
    }

    /// Complete once everything that was made has been waited for.
    pub(super) fn read(&self) -> Result<Counted> {
        Ok(Counted {
            forks: self.forks.count()?,
            execs: self.execs.count()?,
        })
    }
}
