//! The ledger while a workload writes it: memory that every process of the run shares.
//!
//! It is memory without a file, so that no file system decides what a stamp costs, and a ledger
//! that lies in the cell's folder is always one whose run has ended.

use std::ffi::c_void;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use contract::{Result, Script};
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::slot::{HEADER, MAGIC, SLOT, VERSION, at};

/// A mapping of the shared memory; shared by threads as by processes, hence only atomics.
pub(crate) struct Live {
    base: NonNull<c_void>,
    length: usize,
    fd: OwnedFd,
}

// SAFETY: the mapping lives as long as the value, and is only ever read and written as atomics.
unsafe impl Send for Live {}
// SAFETY: as above.
unsafe impl Sync for Live {}

impl Live {
    /// An empty ledger for `script`, all its memory there already.
    pub(crate) fn new(script: &Script) -> Result<Self> {
        let length = HEADER + script.slots as usize * SLOT;
        let failed = |call: &str, why| format!("{call} of {length} bytes: {why}: free some memory");
        let fd = memfd_create(c"rollcall-ledger", MFdFlags::MFD_CLOEXEC)
            .map_err(|why| failed("memfd_create", why))?;
        fallocate(&fd, FallocateFlags::empty(), 0, length as i64)
            .map_err(|why| failed("fallocate", why))?;
        let size = NonZeroUsize::new(length).unwrap_or(NonZeroUsize::MIN);
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice, of memory just allocated.
        let base = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, &fd, 0) }
            .map_err(|why| failed("mmap", why))?;
        let live = Self { base, length, fd };
        live.u64(0)
            .store(u64::from_le_bytes(MAGIC), Ordering::Relaxed);
        live.u32(at::VERSION).store(VERSION, Ordering::Relaxed);
        live.u32(at::SLOTS).store(script.slots, Ordering::Relaxed);
        live.u32(at::CAP).store(script.live, Ordering::Relaxed);
        Ok(live)
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

    /// For the stamps of a child between fork and exec, where nothing may be borrowed.
    pub(crate) fn stamps(&self) -> Stamps {
        Stamps {
            base: self.base,
            length: self.length,
        }
    }

    /// Nothing more is to be forked.
    pub(crate) fn stop(&self) {
        self.u32(at::STOP).store(1, Ordering::SeqCst);
    }

    /// Claims the first slot.
    pub(crate) fn claim(&self) {
        self.u32(at::USED).fetch_add(1, Ordering::SeqCst);
    }

    /// Slots claimed so far; more than there are when programs asked in vain.
    pub(crate) fn used(&self) -> u32 {
        self.u32(at::USED).load(Ordering::SeqCst)
    }

    /// The first call that failed in a program: its errno and the slot.
    pub(crate) fn failure(&self) -> Option<(i32, u32)> {
        let errno = self.u32(at::FAILED_ERRNO).load(Ordering::SeqCst);
        (errno != 0).then(|| {
            (
                errno as i32,
                self.u32(at::FAILED_SLOT).load(Ordering::SeqCst),
            )
        })
    }

    /// Everything written so far, without the slots nobody claimed, and what a driver wrote
    /// behind them.
    fn bytes(&self) -> std::io::Result<Vec<u8>> {
        let end = HEADER + self.used() as usize * SLOT;
        let words = (0..end.min(self.length)).step_by(8);
        let mut bytes: Vec<u8> = words
            .flat_map(|offset| self.u64(offset).load(Ordering::Relaxed).to_le_bytes())
            .collect();
        let mut file = File::from(self.fd.try_clone()?);
        file.seek(SeekFrom::Start(self.length as u64))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Leaves it in the cell's folder.
    pub(crate) fn save(&self, dir: &Path) -> Result<Vec<u8>> {
        let path = dir.join("ledger.bin");
        let bytes = self
            .bytes()
            .map_err(|why| format!("the ledger cannot be read: {why}"))?;
        fs::write(&path, &bytes).map_err(|why| {
            format!(
                "{}: {why}: use a folder that can be written",
                path.display()
            )
        })?;
        Ok(bytes)
    }
}

/// Writes stamps through the mapping of a [`Live`] that outlives it.
pub(crate) struct Stamps {
    base: NonNull<c_void>,
    length: usize,
}

// SAFETY: it only ever writes whole aligned numbers to shared memory, atomically.
unsafe impl Send for Stamps {}
// SAFETY: as above.
unsafe impl Sync for Stamps {}

impl Stamps {
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

impl Drop for Live {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; nothing borrowed from it outlives the value.
        // It cannot fail for such a mapping, and there would be nothing to do about it.
        let _ = unsafe { munmap(self.base, self.length) };
    }
}
