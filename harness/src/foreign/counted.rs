//! Exact totals of what a command does, from perf counters of its control group. They only count: nothing
//! is sampled, so nothing can be lost; and they count by group, so no change of user and no program that
//! sets its user can leave them behind, as it does counters that are inherited.
//!
//! Every process of the command has ended when they are read, so there are as many exits as forks: ends
//! need no counter.

use std::path::Path;

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

/// The counters of the group with that folder, which run from the time at which they are made.
pub(super) struct Counters {
    forks: TracepointCounter,
    execs: TracepointCounter,
}

impl Counters {
    /// An error says what is missing and what to do.
    pub(super) fn new(group: &Path) -> Result<Self> {
        Ok(Self {
            forks: TracepointCounter::new(group, NEW_TASK, Some(IS_PROCESS))?,
            execs: TracepointCounter::new(group, EXEC, None)?,
        })
    }

    /// So far.
    pub(super) fn read(&mut self) -> Result<Counted> {
        Ok(Counted {
            forks: self.forks.count()?,
            execs: self.execs.count()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::cgroup::{Cgroup, Hierarchy};

    #[test]
    #[ignore = "needs root"]
    fn what_a_group_does_is_counted_and_threads_and_users_make_no_difference() {
        let hierarchy = Hierarchy::find().unwrap();
        let group = Cgroup::new(&hierarchy, "counted", None).unwrap();
        let folder = group.counted().unwrap();
        let mut counters = Counters::new(&folder).unwrap();
        let script = "echo 0 >$0/cgroup.procs; for i in 1 2 3 4 5; do /bin/true; done; (:); \
                      setpriv --reuid 65534 --clear-groups su --version; :";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(&folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        // setpriv executes su, which sets its user.
        let due = Counted { forks: 7, execs: 7 };
        assert_eq!(counters.read().unwrap(), due);
        // This program runs a test in a thread of its own.
        let mut tasks = TracepointCounter::new(&folder, NEW_TASK, None).unwrap();
        let threads = "echo 0 >$0/cgroup.procs; exec \"$1\" --test-threads 2 a_label_is";
        let mut command = Command::new("sh");
        command.args(["-c", threads]).arg(&folder);
        command.arg(std::env::current_exe().unwrap());
        assert!(command.output().unwrap().status.success());
        let more = counters.read().unwrap();
        assert_eq!((more.forks, more.execs), (due.forks, due.execs + 1));
        assert!(tasks.count().unwrap() > 0);
        group.remove().unwrap();
    }
}
