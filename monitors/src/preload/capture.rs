//! The capture loop: read what is ready, spool it, and know when to sleep.
//!
//! While records keep coming the reader rests for two milliseconds between looks (option `rest`), so a
//! busy program never makes a system call to wake it, and a record waits no longer than that. (Each
//! rest costs a timer and two switches, which is more than its records do: shorter ones cost more than
//! all hooks.) When nothing came for a little longer than [`FORK_HOLD`] it sleeps in a futex; the next
//! writer pays for one wake-up. Each time that nothing came for as long as the decoder holds something
//! back it says so with an empty frame: time has passed.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::Spool;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::decode::{EXEC_HOLD, FORK_HOLD};
use super::ring::{Channel, Slot, dead};
use crate::common::clock;

/// The reported loss, by its name in every format.
pub(super) const RING_FULL: &str = "ring_full";

const REST: Duration = Duration::from_millis(2);
/// A writer takes well under this; only one that was busy for longer is asked after.
const BUSY: Duration = Duration::from_millis(2);
/// How long the decoder holds something back; the first is no longer than all rests together.
const HOLDS: [Duration; 2] = [
    Duration::from_nanos(FORK_HOLD),
    Duration::from_nanos(EXEC_HOLD),
];
/// So many rests more than fit into the first hold.
const MORE_RESTS: u32 = 4;
/// Between two looks at a slot whose writer is stopped, at most.
const LONGEST: Duration = Duration::from_millis(16);
/// A frame is not longer than this by more than one record.
const FRAME: usize = 1 << 16;
/// After the end a writer that runs still gets so long to finish what it began.
const GRACE: Duration = Duration::from_millis(200);

/// What a capture found that no record tells.
#[derive(Default)]
pub(super) struct CaptureCounts {
    /// Records whose writer died half way.
    pub(super) torn: u64,
    /// Records whose writer was stopped half way and still was when the capture ended.
    pub(super) unfinished: u64,
    /// Most slots that were in use when the ring was looked into.
    pub(super) peak: u64,
}

/// Reads until `stop` can be read and nothing is left.
pub(super) fn run(
    channel: &Channel,
    rest: Option<Duration>,
    stop: BorrowedFd<'_>,
    spool: &mut Spool,
) -> std::io::Result<CaptureCounts> {
    let stopping = AtomicBool::new(false);
    let done = std::os::unix::net::UnixStream::pair()?;
    let reader = std::thread::current();
    std::thread::scope(|scope| {
        let watcher = std::thread::Builder::new().spawn_scoped(scope, || {
            let done = std::os::fd::AsFd::as_fd(&done.1);
            let mut ends = [stop, done].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            while let Err(nix::Error::EINTR) = poll(&mut ends, PollTimeout::NONE) {}
            stopping.store(true, Ordering::SeqCst);
            channel.wake();
            reader.unpark();
        })?;
        let found = Reader::new(channel, rest.unwrap_or(REST), spool).run(&stopping);
        // When reading failed, `stop` may stay silent; the thread must end all the same.
        drop(done.0);
        let watched = watcher.join();
        debug_assert!(watched.is_ok(), "the watcher cannot panic");
        found
    })
}

/// With no rest at all it sleeps as soon as nothing is there.
fn rests(rest: Duration) -> u32 {
    let hold = u128::from(FORK_HOLD).checked_div(rest.as_nanos());
    hold.map_or(0, |rests| {
        u32::try_from(rests).unwrap_or(u32::MAX - MORE_RESTS) + MORE_RESTS
    })
}

struct Reader<'a> {
    channel: &'a Channel,
    spool: &'a mut Spool,
    rest: Duration,
    /// How often it rests in vain before it sleeps.
    rests: u32,
    place: u64,
    batch: Vec<u8>,
    found: CaptureCounts,
    stuck: Option<(u64, Instant)>,
}

impl<'a> Reader<'a> {
    fn new(channel: &'a Channel, rest: Duration, spool: &'a mut Spool) -> Self {
        let (batch, found) = (Vec::with_capacity(FRAME + 4096), CaptureCounts::default());
        Self {
            channel,
            spool,
            rest,
            rests: rests(rest),
            place: 0,
            batch,
            found,
            stuck: None,
        }
    }

    fn run(mut self, stopping: &AtomicBool) -> std::io::Result<CaptureCounts> {
        let (mut idle, mut since, mut told) = (0, Instant::now(), 0);
        while !stopping.load(Ordering::SeqCst) {
            if self.read()? {
                (idle, told) = (0, 0);
                continue;
            }
            if idle == 0 {
                self.spool.flush()?;
                since = Instant::now();
            }
            idle += 1;
            if idle <= self.rests || self.stuck.is_some() {
                std::thread::park_timeout(self.pause());
            } else {
                told = self.time_passed(since.elapsed(), told)?;
                let next = HOLDS
                    .get(told)
                    .map(|hold| hold.saturating_sub(since.elapsed()));
                self.sleep(stopping, next);
            }
        }
        self.drain()?;
        Ok(self.found)
    }

    /// Spools what is ready, at most a frame; whether there was anything.
    fn read(&mut self) -> std::io::Result<bool> {
        self.batch.clear();
        let first = self.place;
        self.found.peak = self.found.peak.max(self.channel.fill(first));
        while self.batch.len() < FRAME {
            match self.channel.look(self.place) {
                Slot::Empty => break,
                Slot::Ready => self.channel.copy(self.place, &mut self.batch),
                Slot::Busy(state) if self.abandoned(state.thread()) => {
                    // Before it died it may have finished, but after it was looked at.
                    if matches!(self.channel.look(self.place), Slot::Ready) {
                        continue;
                    }
                    self.found.torn += u64::from(state.part() == 0);
                }
                Slot::Busy(_) => break,
            }
            self.stuck = None;
            self.channel.free(self.place);
            self.place += 1;
        }
        if !self.batch.is_empty() {
            self.spool.write(clock::now(), &self.batch)?;
            self.spool.lost(RING_FULL, self.channel.dropped());
        }
        Ok(self.place != first)
    }

    /// Whether the writer has died.
    fn abandoned(&mut self, thread: u32) -> bool {
        let since = match self.stuck {
            Some((place, since)) if place == self.place => since,
            _ => {
                self.stuck = Some((self.place, Instant::now()));
                return false;
            }
        };
        since.elapsed() >= BUSY && dead(thread, since.elapsed())
    }

    /// Until the next look: longer and longer behind a writer that is stopped.
    fn pause(&self) -> Duration {
        self.stuck
            .map_or(self.rest, |(_, since)| since.elapsed().clamp(BUSY, LONGEST))
    }

    /// Says that nothing came for so long, unless that much was `told`; how many of the holds it
    /// has told to be over.
    fn time_passed(&mut self, quiet: Duration, told: usize) -> std::io::Result<usize> {
        let over = HOLDS.iter().filter(|hold| **hold <= quiet).count();
        if over > told {
            self.spool.write(clock::now(), &[])?;
            self.spool.flush()?;
        }
        Ok(over)
    }

    fn sleep(&self, stopping: &AtomicBool, most: Option<Duration>) {
        self.channel.going_to_sleep();
        let quiet = matches!(self.channel.look(self.place), Slot::Empty);
        if quiet && !stopping.load(Ordering::SeqCst) {
            self.channel.sleep(most);
        }
    }

    /// What was begun before the end still counts.
    fn drain(&mut self) -> std::io::Result<()> {
        let mut until = None;
        loop {
            while self.read()? {}
            let end = *until.get_or_insert_with(|| {
                self.channel.close();
                Instant::now() + GRACE
            });
            match self.channel.look(self.place) {
                Slot::Empty => break,
                Slot::Ready => {}
                Slot::Busy(_) if Instant::now() < end => std::thread::sleep(BUSY),
                Slot::Busy(state) => {
                    self.found.unfinished += u64::from(state.part() == 0);
                    self.place += 1;
                }
            }
        }
        self.spool.write(clock::now(), &[])?;
        self.spool.flush()
    }
}
