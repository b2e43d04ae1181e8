//! Lines on their way to a reader that may be slow or gone. Memory is bounded, what writes into it
//! never waits, and a line that finds no room is dropped whole and counted.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Bytes that may wait for the reader, beside those that are being written.
const ROOM: usize = 4 << 20;
/// A pipe or a socket that can be written to takes so many bytes without waiting (PIPE_BUF).
const PIECE: usize = 4096;

/// What the capture and the writer share.
struct Shared {
    waiting: Mutex<Waiting>,
    /// Lines handed to the writer and not yet written.
    unwritten: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// The writer has bytes of its own to write, so others must queue behind.
    writing: bool,
    /// No more will come.
    closed: bool,
}

/// The lines that wait for the reader.
pub(crate) struct Outbox {
    shared: Arc<Shared>,
    out: OwnedFd,
    /// A terminal may take a byte and then make its writer wait, so only the thread writes to it.
    terminal: bool,
    /// The same pipe, opened once more: a write that finds no room fails, and no other process that
    /// has the pipe is bothered by that.
    ready: Option<OwnedFd>,
    room: usize,
    dropped: u64,
    /// A byte here wakes the writer.
    bell: UnixStream,
    /// How the writer ended.
    done: Receiver<End>,
}

/// Why no more is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All was handed over, or there was no time left to.
    Told,
    /// The reader closed its end: it has seen enough.
    Left,
    /// The output failed, as said here: a disk is full, a device is gone.
    Broken(String),
}

/// What became of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Why there are no more.
    pub end: End,
    /// So many were not written, or not to their end.
    pub unwritten: u64,
}

impl Outbox {
    /// In front of `out`. When the reader is gone, `stop` is written to.
    pub(crate) fn new(out: OwnedFd, stop: UnixStream) -> anyhow::Result<Self> {
        Self::with_room(out, stop, ROOM)
    }

    fn with_room(out: OwnedFd, stop: UnixStream, room: usize) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            unwritten: AtomicU64::new(0),
        });
        let (bell, rings) = UnixStream::pair().context("socketpair")?;
        bell.set_nonblocking(true).context("O_NONBLOCK")?;
        rings.set_nonblocking(true).context("O_NONBLOCK")?;
        let (ended, done) = channel();
        let writer = Writer {
            shared: Arc::clone(&shared),
            out: File::from(out.try_clone().context("dup")?),
            rings,
            bytes: Vec::new(),
            at: 0,
        };
        thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let end = writer.run();
                // Whatever ended it: there is nothing left to capture for. Both may be gone.
                let _stopped = (&stop).write(b"x");
                let _waited_for = ended.send(end);
            })
            .context(
                "a thread cannot be started: raise the limit on processes (ulimit -u, pids.max)",
            )?;
        Ok(Self {
            shared,
            terminal: out.is_terminal(),
            ready: reopened(out.as_fd()),
            out,
            room,
            dropped: 0,
            bell,
            done,
        })
    }

    /// Takes whole lines, and empties `lines`. Writes them itself if the reader has room for them.
    pub(crate) fn take(&mut self, lines: &mut Vec<u8>) {
        let mut waiting = self.shared.lock();
        let mut rest = &lines[..];
        if !waiting.writing && !self.terminal {
            rest = match &self.ready {
                Some(ready) => written_now(ready.as_fd(), rest),
                None => written(self.out.as_fd(), rest),
            };
        }
        // Behind nothing there is always room: what was begun is finished, and a line may be long.
        if !rest.is_empty() && waiting.writing && waiting.bytes.len() + rest.len() > self.room {
            self.dropped += count(rest);
        } else if !rest.is_empty() {
            self.shared
                .unwritten
                .fetch_add(count(rest), Ordering::Relaxed);
            waiting.bytes.extend_from_slice(rest);
            if !std::mem::replace(&mut waiting.writing, true) {
                ring(&self.bell);
            }
        }
        drop(waiting);
        lines.clear();
    }

    /// Lines dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Waits until everything is written or the reader was given `patience`; what became of it all.
    pub(crate) fn close(self, patience: Duration) -> Delivery {
        self.shared.lock().closed = true;
        ring(&self.bell);
        // A thread that does not end in time is still writing: what is unwritten now stays so.
        let end = self.done.recv_timeout(patience).unwrap_or(End::Told);
        let unwritten = self.shared.unwritten.load(Ordering::Relaxed);
        Delivery {
            end,
            unwritten: self.dropped + unwritten,
        }
    }
}

impl Shared {
    /// Nothing panics while it is locked.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ring(bell: &UnixStream) {
    // A bell that is full rings already.
    let _rings = (&*bell).write(b"x");
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// The next bytes to write at once: whole lines if a piece holds one.
fn piece(bytes: &[u8]) -> &[u8] {
    let piece = &bytes[..bytes.len().min(PIECE)];
    let line = piece.iter().rposition(|&byte| byte == b'\n');
    line.map_or(piece, |end| &piece[..=end])
}

/// `None` where that is not possible: it is no pipe, or another user's.
fn reopened(out: BorrowedFd<'_>) -> Option<OwnedFd> {
    use nix::fcntl::{OFlag, open};
    use nix::sys::stat::{Mode, SFlag, fstat};
    let kind = SFlag::from_bits_truncate(fstat(out).ok()?.st_mode) & SFlag::S_IFMT;
    let path = format!("/proc/self/fd/{}", out.as_raw_fd());
    let flags = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    (kind == SFlag::S_IFIFO).then(|| open(path.as_str(), flags, Mode::empty()).ok())?
}

/// Writes as far as there is room; what is left.
fn written_now<'a>(out: BorrowedFd<'_>, mut bytes: &'a [u8]) -> &'a [u8] {
    while !bytes.is_empty() {
        match nix::unistd::write(out, bytes) {
            Ok(length @ 1..) => bytes = &bytes[length..],
            _ => break,
        }
    }
    bytes
}

/// Writes as far as that needs no waiting; what is left. Errors are left to the writer.
fn written<'a>(out: BorrowedFd<'_>, mut bytes: &'a [u8]) -> &'a [u8] {
    while !bytes.is_empty() {
        let mut polled = [PollFd::new(out, PollFlags::POLLOUT)];
        let ready = poll(&mut polled, PollTimeout::ZERO).is_ok()
            && polled[0].revents() == Some(PollFlags::POLLOUT);
        match ready.then(|| nix::unistd::write(out, piece(bytes))) {
            Some(Ok(length @ 1..)) => bytes = &bytes[length..],
            _ => break,
        }
    }
    bytes
}

struct Writer {
    shared: Arc<Shared>,
    out: File,
    rings: UnixStream,
    bytes: Vec<u8>,
    at: usize,
}

impl Writer {
    /// Until all is written after the end, or no more can be.
    fn run(mut self) -> End {
        loop {
            if self.at == self.bytes.len() && self.refill() {
                return End::Told;
            }
            let wanted = if self.at < self.bytes.len() {
                PollFlags::POLLOUT
            } else {
                // Nothing to write, but the end of the reader is told all the same.
                PollFlags::empty()
            };
            let mut polled = [
                PollFd::new(self.out.as_fd(), wanted),
                PollFd::new(self.rings.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut polled, PollTimeout::NONE) {
                Err(nix::Error::EINTR) => continue,
                Err(errno) => return End::Broken(format!("poll: {errno}")),
                Ok(_) => {}
            }
            let [out, rung] = polled.map(|one| one.revents().unwrap_or(PollFlags::POLLERR));
            if rung.contains(PollFlags::POLLIN) {
                // Emptied; how often it rang does not matter.
                let _rang = io::Read::read(&mut &self.rings, &mut [0; 64]);
            }
            if out.contains(PollFlags::POLLNVAL) {
                return End::Broken("it is closed".into());
            }
            // Before a write: that to a terminal which is gone fails like a device.
            if out.intersects(PollFlags::POLLERR | PollFlags::POLLHUP) {
                return End::Left;
            }
            if out.contains(PollFlags::POLLOUT)
                && let Err(end) = self.write()
            {
                return end;
            }
        }
    }

    /// Takes what has gathered; whether there is nothing and never will be.
    fn refill(&mut self) -> bool {
        self.bytes.clear();
        self.at = 0;
        let mut waiting = self.shared.lock();
        std::mem::swap(&mut self.bytes, &mut waiting.bytes);
        waiting.writing = !self.bytes.is_empty();
        waiting.closed && self.bytes.is_empty()
    }

    /// Writes a piece; an error is the end. Only a reader that closed its end has left: any other
    /// failure loses what the reader waits for.
    fn write(&mut self) -> Result<(), End> {
        let piece = piece(&self.bytes[self.at..]);
        match (&self.out).write(piece) {
            Ok(length) => {
                let lines = count(&piece[..length]);
                self.at += length;
                self.shared.unwritten.fetch_sub(lines, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => Ok(()),
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Err(End::Left),
                _ => Err(End::Broken(error.to_string())),
            },
        }
    }
}

#[cfg(test)]
mod tests;
