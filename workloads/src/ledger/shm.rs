//! The ledger while a workload writes it: memory that every process of the run shares.
//!
//! It is memory without a file, so that the cost of a stamp does not depend on a file system, and a
//! ledger in the folder of a cell is always one whose run has ended.

use std::ffi::c_void;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use contract::{Result, Script};
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::SLOTS_FILE;
use super::slot::{HEADER, MAGIC, SLOT, VERSION, at};

/// A mapping of the shared memory; threads and processes share it, hence only atomics.
pub(crate) struct SharedLedger {
    base: NonNull<c_void>,
    length: usize,
    fd: OwnedFd,
}

// SAFETY: the mapping lives as long as the value, and is only ever read and written as atomics.
unsafe impl Send for SharedLedger {}
// SAFETY: as above.
unsafe impl Sync for SharedLedger {}

impl SharedLedger {
    /// An empty ledger for `script`, with all its memory allocated.
    pub(crate) fn new(script: &Script) -> Result<Self> {
        let length = HEADER + script.slots as usize * SLOT;
        let failed = |call: &str, why| {
            format!(
                "{call} of {length} bytes: {why}: use a smaller --scale, or a machine with more memory"
            )
        };
        let fd = memfd_create(c"rollcall-ledger", MFdFlags::MFD_CLOEXEC)
            .map_err(|why| failed("memfd_create", why))?;
        fallocate(&fd, FallocateFlags::empty(), 0, length as i64)
            .map_err(|why| failed("fallocate", why))?;
        let size = NonZeroUsize::new(length).unwrap_or(NonZeroUsize::MIN);
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice, of memory just allocated.
        let base = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, &fd, 0) }
            .map_err(|why| failed("mmap", why))?;
        let ledger = Self { base, length, fd };
        ledger
            .u64(0)
            .store(u64::from_le_bytes(MAGIC), Ordering::Relaxed);
        ledger.u32(at::VERSION).store(VERSION, Ordering::Relaxed);
        ledger.u32(at::SLOTS).store(script.slots, Ordering::Relaxed);
        ledger.u32(at::CAP).store(script.live, Ordering::Relaxed);
        Ok(ledger)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The number at `offset`, a multiple of 4 within the ledger.
    pub(crate) fn u32(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.length);
        // SAFETY: inside the mapping and aligned, both just checked; never accessed but atomically.
        unsafe { AtomicU32::from_ptr(self.base.as_ptr().byte_add(offset).cast()) }
    }

    /// The number at `offset`, a multiple of 8 within the ledger.
    pub(crate) fn u64(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.length);
        // SAFETY: inside the mapping and aligned, both just checked; never accessed but atomically.
        unsafe { AtomicU64::from_ptr(self.base.as_ptr().byte_add(offset).cast()) }
    }

    /// For a child between fork and exec, where nothing may be borrowed.
    pub(crate) fn stamp_writer(&self) -> StampWriter {
        StampWriter {
            base: self.base,
            length: self.length,
        }
    }

    /// Makes the programs fork no more.
    pub(crate) fn stop(&self) {
        self.u32(at::STOP).store(1, Ordering::SeqCst);
    }

    /// Claims the first slot.
    pub(crate) fn claim_first(&self) {
        self.u32(at::USED).fetch_add(1, Ordering::SeqCst);
    }

    /// Slots claimed so far; more than there are when programs asked in vain.
    pub(crate) fn used(&self) -> u32 {
        self.u32(at::USED).load(Ordering::SeqCst)
    }

    /// The first call that failed in a program: its errno and the slot.
    pub(crate) fn failure(&self) -> Option<(i32, u32)> {
        let errno = self.u32(at::FAILED_ERRNO).load(Ordering::SeqCst);
        let slot = self.u32(at::FAILED_SLOT).load(Ordering::SeqCst);
        (errno != 0).then_some((errno as i32, slot))
    }

    /// Writes it into the folder of the cell: the slots that were claimed, and what a driver wrote
    /// behind them. The bytes never lie in memory twice, for the limit of that is the workload's.
    pub(crate) fn save(&self, cell: &Path) -> Result<()> {
        let path = cell.join(SLOTS_FILE);
        let failed = |why| {
            format!(
                "{}: {why}: use a writable folder with space left",
                path.display()
            )
        };
        let copy = || {
            let mut to = File::create(&path)?;
            let end = (HEADER + self.used() as usize * SLOT).min(self.length);
            let mut from = File::from(self.fd.try_clone()?);
            from.seek(SeekFrom::Start(0))?;
            io::copy(&mut Read::by_ref(&mut from).take(end as u64), &mut to)?;
            from.seek(SeekFrom::Start(self.length as u64))?;
            io::copy(&mut from, &mut to).map(drop)
        };
        copy().map_err(|why| failed(why).into())
    }
}

/// Writes stamps through the mapping of a [`SharedLedger`] that outlives it.
pub(crate) struct StampWriter {
    base: NonNull<c_void>,
    length: usize,
}

// SAFETY: it only ever writes whole aligned numbers to shared memory, atomically.
unsafe impl Send for StampWriter {}
// SAFETY: as above.
unsafe impl Sync for StampWriter {}

impl StampWriter {
    /// Stores `value` at `offset`, a multiple of 8 within the ledger; else does nothing.
    pub(crate) fn set(&self, offset: usize, value: u64) {
        if offset.is_multiple_of(8) && offset + 8 <= self.length {
            // SAFETY: inside the mapping and aligned, both just checked; the runner keeps the
            // mapping until its children have ended.
            let number = unsafe { AtomicU64::from_ptr(self.base.as_ptr().byte_add(offset).cast()) };
            number.store(value, Ordering::SeqCst);
        }
    }
}

impl Drop for SharedLedger {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; nothing borrowed from it outlives the value.
        // It cannot fail for such a mapping.
        let _ = unsafe { munmap(self.base, self.length) };
    }
}
