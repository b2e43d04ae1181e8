//! Exact totals of what a command does, from perf counters that everything inherits that comes from the
//! calling thread. They only count: nothing is sampled, so nothing can be lost.

use contract::Result;
use monitors::TracepointCounter;
use serde::{Deserialize, Serialize};

const NEW_TASK: &str = "task/task_newtask";
const EXEC: &str = "sched/sched_process_exec";
const EXIT: &str = "sched/sched_process_exit";
/// CLONE_THREAD: a thread of a process that is there already.
const IS_THREAD: &str = "clone_flags & 0x10000";
const IS_PROCESS: &str = "!(clone_flags & 0x10000)";

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Processes made.
    pub(crate) forks: u64,
    /// Threads made, beside the first of each process.
    pub(crate) threads: u64,
    /// Programs executed.
    pub(crate) execs: u64,
    /// Ends of threads, the first of each process among them.
    pub(crate) task_exits: u64,
}

/// The counters, which run from the time at which they are made.
pub(super) struct Counters {
    forks: TracepointCounter,
    threads: TracepointCounter,
    execs: TracepointCounter,
    task_exits: TracepointCounter,
}

impl Counters {
    /// An error says what is missing and what to do.
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            forks: TracepointCounter::new(NEW_TASK, Some(IS_PROCESS))?,
            threads: TracepointCounter::new(NEW_TASK, Some(IS_THREAD))?,
            execs: TracepointCounter::new(EXEC, None)?,
            task_exits: TracepointCounter::new(EXIT, None)?,
        })
    }

    /// Complete once everything that was made has been waited for.
    pub(super) fn read(&self) -> Result<Counted> {
        Ok(Counted {
            forks: self.forks.count()?,
            threads: self.threads.count()?,
            execs: self.execs.count()?,
            task_exits: self.task_exits.count()?,
        })
    }
}
