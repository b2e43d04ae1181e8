//! One CPU's event and its ring: mapped so that the kernel never writes over what was not read.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use contract::Result;
use nix::errno::Errno;
use nix::sys::mman::ProtFlags;

use super::{attr, decode};
use crate::common::{mmap::Mapping, reasons};

/// Of struct perf_event_mmap_page: where the kernel says how far it has written, and where it is
/// told how far was read.
const HEAD: usize = 1024;
const TAIL: usize = 1032;

pub(super) struct Ring {
    fd: OwnedFd,
    map: Mapping,
    page: usize,
    /// Bytes for records.
    size: usize,
    tail: u64,
    /// Whether the event counts what it lost.
    pub(super) counts: bool,
    /// What LOST records have said.
    told: u64,
}

impl Ring {
    pub(super) fn open(cpu: u32, pages: usize) -> Result<Self> {
        let (fd, counts) = attr::open(cpu).map_err(|error| {
            let what = format!("perf_event_open on CPU {cpu}");
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
            reasons::no_descriptor(&what, errno, "CONFIG_PERF_EVENTS=y")
        })?;
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?.unwrap_or(4096);
        let page = usize::try_from(page)?;
        let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let map = Mapping::new(&fd, 0, page + pages * page, rights).map_err(|error| {
            format!("perf{{pages={pages}}}: mmap of the ring of CPU {cpu}: {error}: use fewer pages, as in perf{{pages=64}}, raise ulimit -l, or give CAP_IPC_LOCK")
        })?;
        Ok(Self {
            fd,
            map,
            page,
            size: pages * page,
            tail: 0,
            counts,
            told: 0,
        })
    }

    /// Moves all records to `out`; whether there were any.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let head = self.word(HEAD).load(Ordering::Acquire);
        let length = usize::try_from(head - self.tail)?;
        if length == 0 {
            return Ok(false);
        }
        let start = self.tail as usize & (self.size - 1);
        let first = length.min(self.size - start);
        for (from, length) in [(start, first), (0, length - first)] {
            let part = self.map.at(self.page + from, length);
            // SAFETY: the kernel does not write between tail and head.
            out.extend_from_slice(unsafe { std::slice::from_raw_parts(part, length) });
        }
        self.tail = head;
        self.word(TAIL).store(head, Ordering::Release);
        self.told += decode::lost(out);
        Ok(true)
    }

    /// How many records found no room.
    pub(super) fn lost(&self) -> Result<u64> {
        if !self.counts {
            return Ok(self.told);
        }
        // The event's own count, which stays 0, and what it lost.
        let mut words = [0_u8; 16];
        let length = nix::unistd::read(&self.fd, &mut words).map_err(|errno| {
            format!("perf: read of the event's counters: {errno}: this is a bug, please report it")
        })?;
        let [_, lost] = [0, 8].map(|at| words[at..at + 8].try_into().map(u64::from_ne_bytes));
        if length != words.len() {
            return Err(format!(
                "perf: the counters have {length} bytes: this is a bug, please report it"
            )
            .into());
        }
        Ok(lost?.max(self.told))
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        // SAFETY: it lies in the first page, aligned, and both sides only use it atomically.
        unsafe { AtomicU64::from_ptr(self.map.at(at, 8).cast()) }
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
