//! The capture loop: read what is ready, spool it, and know when to sleep.
//!
//! While records keep coming the reader naps for two milliseconds between looks, so a busy program never
//! makes a system call to wake it, and a record waits no longer than that. (Each nap costs a timer and
//! two switches, which is more than its records do: shorter ones were dearer than all hooks.) When
//! nothing came for [`NAPS`] naps it sleeps in a futex; the next writer pays for one wake-up. Each
//! time that nothing came for as long as the decoder holds something back it says so with an empty
//! frame: time has passed.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::Spool;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::decode::{EXEC_HOLD, FORK_HOLD};
use super::ring::{Channel, Slot, dead};
use crate::common::clock;

const NAP: Duration = Duration::from_millis(2);
/// How long the decoder holds something back; the first is no longer than all naps together.
const HOLDS: [Duration; 2] = [
    Duration::from_nanos(FORK_HOLD),
    Duration::from_nanos(EXEC_HOLD),
];
const NAPS: u32 = (FORK_HOLD / NAP.as_nanos() as u64) as u32 + 4;
const LONGEST_NAP: Duration = Duration::from_millis(16);
/// A frame is not longer than this by more than one record.
const FRAME: usize = 1 << 16;
/// After the end a writer that runs still gets so long to finish what it began.
const GRACE: Duration = Duration::from_millis(200);

/// What a capture found that no record tells.
#[derive(Default)]
pub(super) struct Found {
    /// Records whose writer died half way.
    pub(super) torn: u64,
    /// Records whose writer was stopped half way and still was when the capture ended.
    pub(super) unfinished: u64,
}

/// Reads until `stop` can be read and nothing is left.
pub(super) fn run(
    channel: &Channel,
    stop: BorrowedFd<'_>,
    spool: &mut Spool,
) -> std::io::Result<Found> {
    let stopping = AtomicBool::new(false);
    let done = std::os::unix::net::UnixStream::pair()?;
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let done = std::os::fd::AsFd::as_fd(&done.1);
            let mut ends = [stop, done].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            while let Err(nix::Error::EINTR) = poll(&mut ends, PollTimeout::NONE) {}
            stopping.store(true, Ordering::SeqCst);
            channel.wake();
        });
        let found = Reader::new(channel, spool).run(&stopping);
        // When reading failed, `stop` may stay silent; the thread must end all the same.
        drop(done.0);
        let watched = watcher.join();
        debug_assert!(watched.is_ok(), "the watcher cannot panic");
        found
    })
}

struct Reader<'a> {
    channel: &'a Channel,
    spool: &'a mut Spool,
    place: u64,
    batch: Vec<u8>,
    found: Found,
    stuck: Option<(u64, Instant)>,
}

impl<'a> Reader<'a> {
    fn new(channel: &'a Channel, spool: &'a mut Spool) -> Self {
        let (batch, found) = (Vec::with_capacity(FRAME + 4096), Found::default());
        Self {
            channel,
            spool,
            place: 0,
            batch,
            found,
            stuck: None,
        }
    }

    fn run(mut self, stopping: &AtomicBool) -> std::io::Result<Found> {
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
            if idle <= NAPS || self.stuck.is_some() {
                std::thread::sleep(self.nap());
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
            self.spool.lost(super::RING_FULL, self.channel.dropped());
        }
        Ok(self.place != first)
    }

    /// A writer takes well under a nap; only one that was busy for longer is asked after.
    fn abandoned(&mut self, thread: u32) -> bool {
        let since = match self.stuck {
            Some((place, since)) if place == self.place => since,
            _ => {
                self.stuck = Some((self.place, Instant::now()));
                return false;
            }
        };
        since.elapsed() >= NAP && dead(thread, since.elapsed())
    }

    /// Longer and longer behind a writer that is stopped.
    fn nap(&self) -> Duration {
        self.stuck
            .map_or(NAP, |(_, since)| since.elapsed().clamp(NAP, LONGEST_NAP))
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
                Slot::Busy(_) if Instant::now() < end => std::thread::sleep(NAP),
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
