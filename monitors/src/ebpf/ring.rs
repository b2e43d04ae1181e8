//! The reader's side of the ring. It gives room back, and so lets the kernel wake it, once for many
//! records, not once for each: until then the kernel sees a reader that has not caught up, and spares
//! the interrupt that would wake it.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};

use aya::maps::MapData;
use contract::Result;
use nix::sys::mman::ProtFlags;

use crate::common::mmap::Mapping;

/// Of the word before each record: its length, and two flags.
const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const HEAD: usize = 8;
/// So many bytes are read before their room is given back: little beside the ring, so that a
/// flood finds it soon.
const BATCH: usize = 64 << 10;

pub(super) struct Ring {
    map: MapData,
    /// One page: how far was read.
    reader: Mapping,
    /// One page: how far was written; then the records, twice, so that none is in two pieces.
    writer: Mapping,
    page: usize,
    size: usize,
    position: usize,
    peak: usize,
}

impl Ring {
    /// The ring of `size` bytes, a power of two, behind `map`.
    pub(super) fn new(map: MapData, size: usize) -> Result<Self> {
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?.unwrap_or(4096);
        let page = usize::try_from(page)?;
        let both = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let reader = map_part(&map, 0, page, both)?;
        let writer = map_part(&map, page, page + 2 * size, ProtFlags::PROT_READ)?;
        let mut ring = Self {
            map,
            reader,
            writer,
            page,
            size,
            position: 0,
            peak: 0,
        };
        ring.position = word(&ring.reader).load(Ordering::Acquire);
        Ok(ring)
    }

    /// Whether there is nothing in it for now.
    pub(super) fn is_empty(&self) -> bool {
        word(&self.writer).load(Ordering::Acquire) == self.position
    }

    /// Most bytes that were in it when it was looked into.
    pub(super) fn peak(&self) -> u64 {
        self.peak as u64
    }

    /// Gives all that is in it to `each`, as far as it is written out.
    pub(super) fn drain(&mut self, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        loop {
            let batch = self.position;
            let written = word(&self.writer).load(Ordering::Acquire);
            self.peak = self.peak.max(written - batch);
            while self.position != written && self.position - batch < BATCH {
                let Some((record, next)) = self.record() else {
                    break;
                };
                if let Some(record) = record {
                    each(record)?;
                }
                self.position = next;
            }
            if self.position == batch {
                return Ok(());
            }
            word(&self.reader).store(self.position, Ordering::Release);
            // The kernel writes its record and then asks how far was read: this mode round, either
            // it sees that its reader has caught up and wakes it, or the next look sees the record.
            fence(Ordering::SeqCst);
        }
    }

    /// The record at the position, if it was not discarded, and where the next one begins; `None`
    /// while it is being written.
    fn record(&self) -> Option<(Option<&[u8]>, usize)> {
        let at = self.page + (self.position & (self.size - 1));
        // SAFETY: heads lie on multiples of 8, and both sides use this word only atomically.
        let head = unsafe { AtomicU32::from_ptr(self.writer.at(at, HEAD).cast()) };
        let head = head.load(Ordering::Acquire);
        if head & BUSY != 0 {
            return None;
        }
        let length = (head & !DISCARDED) as usize;
        let next = self.position + (HEAD + length).next_multiple_of(8);
        let record = self.writer.at(at + HEAD, length);
        // SAFETY: it is written out, and the kernel does not write there again before it is told how
        // far was read, which `drain` does only after the borrow has ended.
        let record = unsafe { std::slice::from_raw_parts(record, length) };
        Some(((head & DISCARDED == 0).then_some(record), next))
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.map.fd().as_fd()
    }
}

fn map_part(ring: &MapData, from: usize, bytes: usize, rights: ProtFlags) -> Result<Mapping> {
    Mapping::new(ring.fd(), from, bytes, rights).map_err(|errno| {
        format!("ebpf: mmap of {bytes} bytes of the ring: {errno}: use ebpf{{ring=...}} with less")
            .into()
    })
}

/// The word at the start of a mapping: how far was read, or written.
fn word(map: &Mapping) -> &AtomicUsize {
    // SAFETY: it lies in the mapping, at the start of a page, as long as `map` does; both sides use it
    // only atomically.
    unsafe { AtomicUsize::from_ptr(map.at(0, size_of::<usize>()).cast()) }
}
