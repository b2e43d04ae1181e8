//! Looking a process up in /proc.
//!
//! Through one descriptor of its folder everything is about one process: when it is gone, reads
//! fail, also when its pid lives on.

use std::ffi::CStr;
use std::fs;
use std::io::{self, Cursor, Write};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use contract::Pid;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

use super::lookup_codec::{self, Tag};
use super::process_stat::ProcessStat;
use super::slurp::slurp;

/// Longest argv read whole. Longer ones are cut, and say so.
const ARGV: usize = 256 << 10;
const PATH: usize = libc::PATH_MAX as usize;

/// /proc, with room for what is read there.
pub(crate) struct Proc {
    root: OwnedFd,
    scratch: Box<[u8]>,
}

impl Proc {
    pub(crate) fn open() -> nix::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Self {
            root: open("/proc", flags, Mode::empty())?,
            scratch: vec![0; ARGV].into(),
        })
    }

    /// All processes that are there now.
    pub(crate) fn pids() -> io::Result<Vec<Pid>> {
        let mut pids = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            pids.extend(name.to_str().and_then(|name| name.parse::<Pid>().ok()));
        }
        Ok(pids)
    }

    /// The folder of `pid`.
    pub(crate) fn of(&self, pid: Pid) -> Option<OwnedFd> {
        let mut name = [0_u8; 16];
        write!(Cursor::new(&mut name[..]), "{pid}\0").ok()?;
        let name = CStr::from_bytes_until_nul(&name).ok()?;
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        openat(&self.root, name, flags, Mode::empty()).ok()
    }

    /// Adds its parent to `fields`, if it is to be had.
    pub(crate) fn ppid(&self, dir: BorrowedFd<'_>, fields: &mut Vec<u8>) {
        if let Some(ppid) = ProcessStat::in_folder(dir).and_then(|stat| stat.ppid) {
            lookup_codec::keep(Tag::Ppid, &ppid.to_le_bytes(), fields);
        }
    }

    /// Adds its exe to `fields`, if it is to be had.
    pub(crate) fn exe(&self, dir: BorrowedFd<'_>, fields: &mut Vec<u8>) {
        let mut path = [0_u8; PATH];
        // SAFETY: the name is a C string, and the buffer is as long as said.
        let length = unsafe {
            libc::readlinkat(
                dir.as_raw_fd(),
                c"exe".as_ptr(),
                path.as_mut_ptr().cast(),
                path.len(),
            )
        };
        if let Ok(length @ 1..) = usize::try_from(length) {
            lookup_codec::keep(Tag::Exe, &path[..length], fields);
        }
    }

    /// Adds its argv to `fields`, if it is to be had.
    pub(crate) fn argv(&mut self, dir: BorrowedFd<'_>, fields: &mut Vec<u8>) {
        let Some(length @ 1..) = slurp(dir, c"cmdline", &mut self.scratch) else {
            // Nothing to read: the process has given its memory back, or has no arguments. Which
            // of the two cannot be told, so nothing is said.
            return;
        };
        let tag = if length == ARGV {
            Tag::ArgvCut
        } else {
            Tag::Argv
        };
        lookup_codec::keep(tag, &self.scratch[..length], fields);
    }
}
