//! Stops a workload that takes too long.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ledger::shm::SharedLedger;

/// How long processes may take to end once they were told to stop.
const GRACE: Duration = Duration::from_millis(250);

pub(super) struct Watchdog<'a> {
    ledger: &'a SharedLedger,
    pid: Pid,
    limit: Duration,
}

impl<'a> Watchdog<'a> {
    /// For the process `pid`, which must not be reaped before `around` is over.
    pub(super) fn new(ledger: &'a SharedLedger, pid: Pid, limit: Duration) -> Self {
        Self { ledger, pid, limit }
    }

    /// Calls `wait`; when that takes longer than the limit, tells the workload to stop, then kills
    /// its first process, with which all the others die. Also returns whether time was up. An error
    /// says why it cannot watch; then nothing was waited for.
    pub(super) fn around<T>(&self, wait: impl FnOnce() -> T) -> io::Result<(T, bool)> {
        let (done, over) = channel::<()>();
        let timed_out = move |limit| over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        std::thread::scope(|scope| {
            let watch = std::thread::Builder::new().spawn_scoped(scope, move || {
                let time_is_up = timed_out(self.limit);
                if time_is_up {
                    self.ledger.stop();
                }
                if time_is_up && timed_out(GRACE) {
                    // It fails when the process has already ended.
                    let _ = kill(self.pid, Signal::SIGKILL);
                }
                time_is_up
            })?;
            let waited = wait();
            drop(done);
            Ok((waited, watch.join().unwrap_or(true)))
        })
    }
}
