//! perf_event_open: the part of its structure that is used here, which is that of Linux 3.19.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

const SOFTWARE: u32 = 1;
const DUMMY: u64 = 9;
const SAMPLE_TIME: u64 = 1 << 2;
/// Since 6.0.
const FORMAT_LOST: u64 = 1 << 4;
const COMM: u64 = 1 << 9;
const TASK: u64 = 1 << 13;
const SAMPLE_ID_ALL: u64 = 1 << 18;
const COMM_EXEC: u64 = 1 << 24;
const USE_CLOCKID: u64 = 1 << 25;
const FLAG_CLOEXEC: libc::c_ulong = 1 << 3;

#[repr(C)]
#[derive(Default)]
struct Attr {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    /// 0: the kernel wakes at half of the ring.
    wakeup: u32,
    bp_type: u32,
    config1: u64,
    config2: u64,
    branch_sample_type: u64,
    sample_regs_user: u64,
    sample_stack_user: u32,
    clockid: i32,
}

/// An event that never counts and never samples, on `cpu`; and whether it counts what it lost.
pub(super) fn open(cpu: u32) -> io::Result<(OwnedFd, bool)> {
    match open_as(cpu, FORMAT_LOST) {
        Ok(fd) => Ok((fd, true)),
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok((open_as(cpu, 0)?, false)),
        Err(error) => Err(error),
    }
}

fn open_as(cpu: u32, read_format: u64) -> io::Result<OwnedFd> {
    let attr = Attr {
        kind: SOFTWARE,
        size: size_of::<Attr>() as u32,
        config: DUMMY,
        sample_type: SAMPLE_TIME,
        read_format,
        flags: COMM | TASK | SAMPLE_ID_ALL | COMM_EXEC | USE_CLOCKID,
        clockid: libc::CLOCK_MONOTONIC,
        ..Attr::default()
    };
    let (pid, group): (libc::pid_t, libc::c_int) = (-1, -1);
    // SAFETY: the kernel reads `size` bytes of `attr`, which outlives the call.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attr,
            pid,
            cpu,
            group,
            FLAG_CLOEXEC,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just given it, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}
