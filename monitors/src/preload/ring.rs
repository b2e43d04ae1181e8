//! The reader's end of the channel: see hook/ring.c for the writers'.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::mman::ProtFlags;

use super::layout::{
    CLOSED_AT, DROPPED_AT, HEAD, HEAD_AT, HEAD_USED, MAGIC, SLEEPING_AT, SLOT, SLOT_BYTES_AT,
    SLOTS_AT, STATE, State, Tag, length,
};
use crate::common::mmap::Mapping;
use crate::common::process_stat::{self, ProcessStat};

/// How many slots a ring of about `bytes` bytes has: a power of two; `None` where that is too few
/// or too many.
pub(super) fn slots(bytes: u64) -> Option<u64> {
    let slots = 1 << (bytes / SLOT as u64).max(1).ilog2();
    (16..=1 << 24).contains(&slots).then_some(slots)
}

/// The mapped file.
pub(super) struct Channel {
    path: PathBuf,
    file: File,
    map: Mapping,
    slots: u64,
}

// SAFETY: everything in the mapping that two threads touch is touched through atomics (see `word`
// and `flag`) or, a slot's record, by the one reader alone.
unsafe impl Sync for Channel {}

/// What lies at a place of the ring.
pub(super) enum Slot {
    /// No writer has claimed it.
    Empty,
    /// A thread has claimed it and is not done.
    Busy(State),
    /// It can be read.
    Ready,
}

impl Channel {
    /// Makes `file` a channel with a ring of about `ring` bytes.
    pub(super) fn new(path: PathBuf, file: File, ring: u64) -> Result<Self> {
        let Some(slots) = slots(ring) else {
            bail!("preload{{ring={ring}}}: use between 4k and 4G");
        };
        let bytes = HEAD + slots as usize * SLOT;
        let what = || {
            format!(
                "{}: cannot hold a ring of {bytes} bytes, use preload{{ring=...}} with less, or a file system with more space left",
                path.display()
            )
        };
        // Really there, not only promised: a write into a hole that cannot be filled would kill
        // the program that is watched.
        let there = |from: usize, count| {
            nix::fcntl::posix_fallocate(&file, from as i64, count as i64).with_context(what)
        };
        there(0, HEAD_USED)?;
        there(HEAD, bytes - HEAD)?;
        let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let map = Mapping::new(&file, 0, bytes, rights).with_context(what)?;
        let channel = Self {
            path,
            file,
            map,
            slots,
        };
        channel
            .flag(SLOTS_AT)
            .store(slots as u32, Ordering::Relaxed);
        channel
            .flag(SLOT_BYTES_AT)
            .store(SLOT as u32, Ordering::Relaxed);
        // The magic last: a program that opens the file before finds no channel.
        channel
            .word(0)
            .store(u64::from_le_bytes(*MAGIC), Ordering::Release);
        Ok(channel)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// See [`super::install::unchanged`].
    pub(super) fn check(&self) -> Result<()> {
        super::install::unchanged(&self.path, &self.file)
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        debug_assert!(at.is_multiple_of(8));
        // SAFETY: inside the mapping and aligned; every side uses it as an atomic.
        unsafe { AtomicU64::from_ptr(self.map.at(at, 8).cast()) }
    }

    fn flag(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at + 4 <= HEAD_USED && at.is_multiple_of(4));
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.map.at(at, 4).cast()) }
    }

    fn at(&self, place: u64) -> usize {
        HEAD + (place & (self.slots - 1)) as usize * SLOT
    }

    fn lap(&self, place: u64) -> u64 {
        (place / self.slots) & 0xffff_ffff
    }

    /// What lies at `place`, counted through all laps.
    pub(super) fn look(&self, place: u64) -> Slot {
        let state = State(self.word(self.at(place)).load(Ordering::Acquire));
        match state.tag() {
            _ if u64::from(state.lap()) != self.lap(place) => Slot::Empty,
            Tag::Free => Slot::Empty,
            Tag::Busy => Slot::Busy(state),
            Tag::Ready => Slot::Ready,
        }
    }

    /// Appends the record at `place`, which must be ready.
    pub(super) fn copy(&self, place: u64, out: &mut Vec<u8>) {
        let mut record = [0; SLOT - STATE];
        let from = self.map.at(self.at(place) + STATE, record.len());
        // SAFETY: inside the mapping. A ready slot is its reader's alone; should a writer of this
        // user break that rule the bytes are nonsense, which the decoder is made for.
        unsafe { std::ptr::copy_nonoverlapping(from, record.as_mut_ptr(), record.len()) };
        out.extend_from_slice(&record[..length(&record)]);
    }

    /// Gives `place` to the writers of the next lap.
    pub(super) fn free(&self, place: u64) {
        let next = State::free(self.lap(place + self.slots));
        self.word(self.at(place)).store(next.0, Ordering::Release);
    }

    /// How many slots are claimed beyond `place`, up to which the reader has come: what is in the
    /// ring.
    pub(super) fn fill(&self, place: u64) -> u64 {
        let head = self.word(HEAD_AT).load(Ordering::Relaxed);
        head.saturating_sub(place).min(self.slots)
    }

    /// Records that found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.word(DROPPED_AT).load(Ordering::Relaxed)
    }

    /// Tells the writers that nothing will be read any more.
    pub(super) fn close(&self) {
        self.flag(CLOSED_AT).store(1, Ordering::SeqCst);
    }

    /// Asks the writers to wake the reader. What they wrote before they could know must be looked
    /// for once more.
    pub(super) fn going_to_sleep(&self) {
        self.flag(SLEEPING_AT).store(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Sleeps until woken, or for `most`; returns at once when that has happened since
    /// `going_to_sleep`.
    pub(super) fn sleep(&self, most: Option<Duration>) {
        self.futex(libc::FUTEX_WAIT, most);
        self.flag(SLEEPING_AT).store(0, Ordering::SeqCst);
    }

    /// Ends `sleep`, also one that is only about to begin.
    pub(super) fn wake(&self) {
        self.flag(SLEEPING_AT).store(0, Ordering::SeqCst);
        self.futex(libc::FUTEX_WAKE, None);
    }

    fn futex(&self, operation: i32, most: Option<Duration>) {
        let word = self.flag(SLEEPING_AT).as_ptr();
        let most = most.map(nix::sys::time::TimeSpec::from);
        let most = most
            .as_ref()
            .map_or(std::ptr::null(), |most| std::ptr::from_ref(most.as_ref()));
        // SAFETY: the word is inside the mapping; the kernel only compares it. The time lives
        // until the call returns. Whatever that is, its caller looks at the ring again.
        unsafe {
            libc::syscall(libc::SYS_futex, word, operation, 1, most);
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether the thread is gone or a zombie, or another thread got its id less than `since` ago.
/// Only then will what it claimed never be finished. (Two cases cannot be told apart: a first thread
/// that was cut off by another thread's exec, and one whose signal handler jumped out of the hook. Their
/// slot waits for the end of the process, and the ring fills; both are reported as lost, as ring_full.)
pub(super) fn dead(thread: u32, since: Duration) -> bool {
    ProcessStat::of(thread).is_none_or(|stat| stat.is_dead() || younger(stat.started, since))
}

/// Two ticks are allowed for: both clocks are rounded.
fn younger(started: u64, since: Duration) -> bool {
    let tick = process_stat::tick();
    let started = tick * u32::try_from(started).unwrap_or(u32::MAX);
    let age = process_stat::since_boot().saturating_sub(started);
    age + 2 * tick < since
}
