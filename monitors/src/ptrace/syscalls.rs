//! The system calls. nix's wait refuses the real-time signals, and it has no PTRACE_LISTEN.

use contract::Pid;
use libc::{c_int, c_long, c_uint, c_void};
use nix::errno::Errno;

const OPTIONS: c_int = libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC;

/// Follows the task from here on, without stopping it.
pub(super) fn seize(tid: Pid) -> nix::Result<()> {
    ptrace(libc::PTRACE_SEIZE, tid, OPTIONS)
}

/// Lets a stopped task go on, and gives it the signal if that is not 0.
pub(super) fn go_on(tid: Pid, signal: c_int) -> nix::Result<()> {
    ptrace(libc::PTRACE_CONT, tid, signal)
}

/// Leaves a task in the stop of its process.
pub(super) fn listen(tid: Pid) -> nix::Result<()> {
    ptrace(libc::PTRACE_LISTEN, tid, 0)
}

/// Stops a task, so that it can be let go.
pub(super) fn interrupt(tid: Pid) -> nix::Result<()> {
    ptrace(libc::PTRACE_INTERRUPT, tid, 0)
}

/// Lets a stopped task go for good.
pub(super) fn detach(tid: Pid, signal: c_int) -> nix::Result<()> {
    ptrace(libc::PTRACE_DETACH, tid, signal)
}

/// `data` is a number in all of these.
fn ptrace(request: c_uint, tid: Pid, data: c_int) -> nix::Result<()> {
    let (none, data) = (std::ptr::null_mut::<c_void>(), data as usize as *mut c_void);
    // SAFETY: none of the requests above reads or writes our memory.
    let result = unsafe { libc::ptrace(request, tid as libc::pid_t, none, data) };
    Errno::result(result).map(drop)
}

/// The task that the event of a stopped one is about.
pub(super) fn message(tid: Pid) -> nix::Result<Pid> {
    let (mut message, none) = (0 as c_long, std::ptr::null_mut::<c_void>());
    // SAFETY: the kernel writes one long, which is there.
    let result = unsafe {
        let to = std::ptr::from_mut(&mut message);
        libc::ptrace(libc::PTRACE_GETEVENTMSG, tid as libc::pid_t, none, to)
    };
    Errno::result(result).map(|_| message as Pid)
}

/// The next task of this thread's that has something to say, and its wait status. `None` when it
/// is not to `block` and none has.
pub(super) fn wait(block: bool) -> nix::Result<Option<(Pid, c_int)>> {
    // Children of other threads are none of ours.
    let how = libc::__WALL | libc::__WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    let mut status = 0;
    // SAFETY: the kernel writes one int, which is there.
    let result = unsafe { libc::waitpid(-1, &raw mut status, how) };
    Errno::result(result).map(|tid| (tid > 0).then_some((tid as Pid, status)))
}

/// Whether a task that is there is the first of its process.
pub(super) fn leads(tid: Pid) -> bool {
    let tid = tid as libc::pid_t;
    // SAFETY: signal 0 is none; the call only looks whether it could be sent.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, tid, tid, 0) };
    result == 0 || Errno::last() == Errno::EPERM
}
