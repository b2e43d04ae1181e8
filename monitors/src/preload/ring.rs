//! The reader's end of the channel: see hook/ring.c for the writers'.

use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::layout::{
    CLOSED_AT, DROPPED_AT, HEAD, HEAD_USED, MAGIC, SLEEPING_AT, SLOT, SLOT_BYTES_AT, SLOTS_AT,
    STATE, State, Tag, length,
};

/// The mapped file.
pub(super) struct Channel {
    path: PathBuf,
    file: File,
    map: NonNull<u8>,
    bytes: NonZeroUsize,
    slots: u64,
}

// SAFETY: the mapping lives as long as the value, and everything in it that two threads touch is
// touched through atomics (see `word` and `flag`) or, a slot's record, by the one reader alone.
unsafe impl Sync for Channel {}

/// What lies at a place of the ring.
pub(super) enum Slot {
    /// Nobody has claimed it.
    Empty,
    /// A thread has claimed it and is not done.
    Busy(State),
    /// It can be read.
    Ready,
}

impl Channel {
    /// Makes `file` a channel with a ring of about `ring` bytes.
    pub(super) fn new(path: PathBuf, file: File, ring: u64) -> Result<Self> {
        let slots = (ring / SLOT as u64).max(1);
        let slots = 1 << slots.ilog2();
        if !(16..=1 << 24).contains(&slots) {
            bail!("preload{{ring={ring}}}: use between 4k and 4G");
        }
        let bytes = HEAD + slots as usize * SLOT;
        let what = || {
            format!(
                "{}: cannot hold a ring of {bytes} bytes, use preload{{ring=...}} with less or make room",
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
        let bytes = NonZeroUsize::new(bytes).with_context(what)?;
        let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice touches nothing of ours.
        let map = unsafe { mmap(None, bytes, rights, MapFlags::MAP_SHARED, &file, 0) };
        let map = map.with_context(what)?.cast();
        let channel = Self {
            path,
            file,
            map,
            bytes,
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
        debug_assert!(at + 8 <= self.bytes.get() && at.is_multiple_of(8));
        // SAFETY: inside the mapping and aligned, see above; every side uses it as an atomic.
        unsafe { AtomicU64::from_ptr(self.map.as_ptr().add(at).cast()) }
    }

    fn flag(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at + 4 <= HEAD_USED && at.is_multiple_of(4));
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.map.as_ptr().add(at).cast()) }
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
        // SAFETY: inside the mapping. A ready slot is its reader's alone; should a writer of this
        // user break that rule the bytes are nonsense, which the decoder is made for.
        unsafe {
            let from = self.map.as_ptr().add(self.at(place) + STATE);
            std::ptr::copy_nonoverlapping(from, record.as_mut_ptr(), record.len());
        }
        out.extend_from_slice(&record[..length(&record)]);
    }

    /// Gives `place` to the writers of the next lap.
    pub(super) fn free(&self, place: u64) {
        let next = State::free(self.lap(place + self.slots));
        self.word(self.at(place)).store(next.0, Ordering::Release);
    }

    /// Records that found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.word(DROPPED_AT).load(Ordering::Relaxed)
    }

    /// Tells the writers that nobody will read any more.
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
        // SAFETY: mapped in `new` with this length, and nothing borrows from it any more.
        let unmapped = unsafe { munmap(self.map.cast(), self.bytes.get()) };
        debug_assert!(unmapped.is_ok(), "{}: munmap", self.file.as_raw_fd());
    }
}

/// Whether the thread is gone or a zombie, or another thread got its id less than `since` ago.
/// Only then is what it claimed nobody's. (Two lives look alike here: a first thread that was cut
/// off by another thread's exec, and one whose signal handler jumped out of the hook. Their slot
/// waits for the end of the process, and the ring fills; both are reported as lost, as ring_full.)
pub(super) fn dead(thread: u32, since: Duration) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{thread}/stat")) else {
        return true;
    };
    // The name may hold anything, also parentheses.
    let mut fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace();
    let ended = matches!(fields.next(), Some("Z" | "X" | "x"));
    // Field 22: when it started, in clock ticks since boot.
    let started = fields.nth(18).and_then(|ticks| ticks.parse::<u64>().ok());
    ended || started.is_some_and(|ticks| younger(ticks, since))
}

fn younger(started_ticks: u64, since: Duration) -> bool {
    let boot = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
    let Ok(now) = boot else { return false };
    let now_ticks = now.tv_sec() as u64 * 100 + now.tv_nsec() as u64 / 10_000_000;
    let age = Duration::from_millis(now_ticks.saturating_sub(started_ticks) * 10);
    age + Duration::from_millis(20) < since
}
