//! Pages that the kernel writes and a monitor reads, or the other way round.

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use nix::Result;
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A shared mapping; it goes away with this.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    bytes: NonZeroUsize,
}

impl Mapping {
    /// Maps `bytes` of `file` from byte `from` on.
    pub(crate) fn new(
        file: impl AsFd,
        from: usize,
        bytes: usize,
        rights: ProtFlags,
    ) -> Result<Self> {
        let bytes = NonZeroUsize::new(bytes).ok_or(Errno::EINVAL)?;
        let from = i64::try_from(from).map_err(|_| Errno::EINVAL)?;
        // SAFETY: a fresh mapping at an address of the kernel's choice touches nothing of ours.
        let start = unsafe { mmap(None, bytes, rights, MapFlags::MAP_SHARED, file, from) }?;
        let start = start.cast();
        Ok(Self { start, bytes })
    }

    /// Where `length` bytes from byte `at` on lie. What is at the other end may change them meanwhile.
    pub(crate) fn at(&self, at: usize, length: usize) -> *mut u8 {
        assert!(at + length <= self.bytes.get(), "beyond what is mapped");
        // SAFETY: inside the mapping, as was just seen.
        unsafe { self.start.add(at).as_ptr() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; what borrowed from it borrowed `self`.
        let _gone = unsafe { munmap(self.start.cast(), self.bytes.get()) };
    }
}
