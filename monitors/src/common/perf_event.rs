//! perf_event_open(2): the part of its structure that is used here, which is that of Linux 3.19.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

const FLAG_PID_CGROUP: libc::c_ulong = 1 << 2;
const FLAG_CLOEXEC: libc::c_ulong = 1 << 3;

/// struct perf_event_attr.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Attr {
    pub(crate) kind: u32,
    pub(crate) size: u32,
    pub(crate) config: u64,
    pub(crate) sample_period: u64,
    pub(crate) sample_type: u64,
    pub(crate) read_format: u64,
    pub(crate) flags: u64,
    /// 0: the kernel wakes at half of the ring.
    pub(crate) wakeup: u32,
    pub(crate) bp_type: u32,
    pub(crate) config1: u64,
    pub(crate) config2: u64,
    pub(crate) branch_sample_type: u64,
    pub(crate) sample_regs_user: u64,
    pub(crate) sample_stack_user: u32,
    pub(crate) clockid: i32,
}

impl Attr {
    /// What the kernel takes for its version.
    pub(crate) const SIZE: u32 = size_of::<Self>() as u32;
}

/// What an event counts or samples.
pub(crate) enum Of<'a> {
    /// All processes.
    All,
    /// Those in a control group, by its folder.
    Group(BorrowedFd<'a>),
}

/// An event on `cpu`.
pub(crate) fn open(attr: &Attr, of: &Of<'_>, cpu: u32) -> io::Result<OwnedFd> {
    let group: libc::c_int = -1;
    let (of, flags) = match of {
        Of::All => (-1, FLAG_CLOEXEC),
        Of::Group(folder) => (folder.as_raw_fd(), FLAG_CLOEXEC | FLAG_PID_CGROUP),
    };
    // SAFETY: the kernel reads `size` bytes of `attr`, which outlives the call.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            std::ptr::from_ref(attr),
            of,
            cpu as libc::c_int,
            group,
            flags,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just given it, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}
