//! Stops a workload whose time is up.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ledger::shm::Live;

/// What processes get to end by themselves once they were told to stop.
const GRACE: Duration = Duration::from_millis(250);

pub(super) struct Watchdog<'a> {
    live: &'a Live,
    pid: Pid,
    limit: Duration,
}

impl<'a> Watchdog<'a> {
    /// For the process `pid`, which must not be reaped before `around` is over.
    pub(super) fn new(live: &'a Live, pid: Pid, limit: Duration) -> Self {
        Self { live, pid, limit }
    }

    /// Does `wait`; when that takes longer than the limit, tells the workload to stop, then kills
    /// its first process, with which all the others die. Also says whether it came to that.
    pub(super) fn around<T>(&self, wait: impl FnOnce() -> T) -> (T, bool) {
        let (done, over) = channel::<()>();
        let timed_out = move |limit| over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        std::thread::scope(|scope| {
            let late = scope.spawn(move || {
                let late = timed_out(self.limit);
                if late {
                    self.live.stop();
                }
                if late && timed_out(GRACE) {
                    // It fails when the process is gone, which is what was wanted.
                    let _ = kill(self.pid, Signal::SIGKILL);
                }
                late
            });
            let waited = wait();
            drop(done);
            (waited, late.join().unwrap_or(true))
        })
    }
}
