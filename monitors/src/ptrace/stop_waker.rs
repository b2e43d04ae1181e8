//! A child that ends when it is time to stop. A wait for tasks cannot wait for a descriptor too, and a
//! signal may come just before the wait begins; this is one wait for both, and costs nothing while it
//! lasts.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use contract::{Pid, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, fork, getpid};

/// Killed when dropped, unless it has ended.
pub(super) struct StopWaker {
    pid: nix::unistd::Pid,
    ended: bool,
}

impl StopWaker {
    /// Ends, and so the wait of the calling thread, when `stop` becomes readable.
    pub(super) fn start(stop: BorrowedFd<'_>) -> Result<Self> {
        let (stop, parent) = (stop.as_raw_fd(), getpid().as_raw());
        // SAFETY: the child makes system calls only, as it must where there are other threads.
        match unsafe { fork() }.map_err(|why| format!("ptrace: fork: {why}: end something"))? {
            ForkResult::Parent { child } => Ok(Self {
                pid: child,
                ended: false,
            }),
            ForkResult::Child => listen(stop, parent),
        }
    }

    /// Whether it is this that has ended.
    pub(super) fn has_ended(&mut self, pid: Pid) -> bool {
        self.ended |= pid == self.pid.as_raw().cast_unsigned();
        self.ended
    }
}

/// Keeps nothing open but `stop`, and does not outlive the process that waits for it.
fn listen(stop: RawFd, parent: libc::pid_t) -> ! {
    let mut polled = libc::pollfd {
        fd: stop,
        events: libc::POLLIN,
        revents: 0,
    };
    let at = stop.cast_unsigned();
    // SAFETY: system calls only, the last of which ends this process; `polled` is one entry.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::getppid() == parent {
            libc::syscall(libc::SYS_close_range, at + 1, u32::MAX, 0);
            if at > 0 {
                libc::syscall(libc::SYS_close_range, 0, at - 1, 0);
            }
            while libc::poll(&raw mut polled, 1, -1) < 0 {}
        }
        libc::_exit(0)
    }
}

impl Drop for StopWaker {
    fn drop(&mut self) {
        // It can only fail when it is gone already, which is what is wanted.
        if !self.ended && kill(self.pid, Signal::SIGKILL).is_ok() {
            let _ = nix::sys::wait::waitpid(self.pid, None);
        }
    }
}
