//! Reads a small file of /proc with one call.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd::read;

/// Reads a file of /proc/PID: whole with one call, or as much as fits.
pub(crate) fn slurp(dir: BorrowedFd<'_>, name: &CStr, into: &mut [u8]) -> Option<usize> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    let file = openat(dir, name, flags, Mode::empty()).ok()?;
    loop {
        match read(&file, into) {
            Err(nix::Error::EINTR) => {}
            length => return length.ok(),
        }
    }
}
