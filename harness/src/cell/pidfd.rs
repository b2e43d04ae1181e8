//! Waits for processes to end without asking again and again.

use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How soon processes are looked at again where the kernel gives no descriptor of one.
const UNTOLD: Duration = Duration::from_millis(2);

/// Descriptors of processes, each readable once its process has ended.
pub(crate) struct PidFds(Option<Vec<OwnedFd>>);

impl PidFds {
    /// Of these processes, none of which has been waited for.
    pub(crate) fn of(pids: &[u32]) -> Self {
        Self(pids.iter().map(|&pid| open(pid).ok()).collect())
    }

    /// Until one of them ends, a signal comes or the time is over.
    pub(crate) fn wait(&self, at_most: Duration) -> Result<()> {
        let fds = self.0.as_deref().unwrap_or_default();
        let time = if fds.is_empty() { UNTOLD } else { at_most };
        let mut polled: Vec<_> = fds
            .iter()
            .map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN))
            .collect();
        match poll(&mut polled, PollTimeout::try_from(time)?) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(why) => Err(why).context("poll"),
        }
    }
}

/// A descriptor of a process. Fails where the kernel has no such call (before 5.3), or forbids it.
pub(crate) fn open(pid: u32) -> nix::Result<OwnedFd> {
    // SAFETY: two numbers are passed, and no memory.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel has just opened it, and nothing else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}
