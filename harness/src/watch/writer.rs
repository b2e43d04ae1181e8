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

use anyhow::{Context, Result};
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
    /// Whether there still was a reader when the writer ended.
    done: Receiver<bool>,
}

impl Outbox {
    /// In front of `out`. When the reader is gone, `stop` is written to.
    pub(crate) fn new(out: OwnedFd, stop: UnixStream) -> Result<Self> {
        Self::with_room(out, stop, ROOM)
    }

    fn with_room(out: OwnedFd, stop: UnixStream, room: usize) -> Result<Self> {
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
                let read = writer.run();
                // Whatever ended it: there is nothing left to capture for. Both may be gone.
                let _stopped = (&stop).write(b"x");
                let _waited_for = ended.send(read);
            })
            .context("a thread cannot be started")?;
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

    /// Waits until everything is written or the reader was given `patience`; how many lines were
    /// dropped in all, `None` when the reader had left.
    pub(crate) fn close(self, patience: Duration) -> Option<u64> {
        self.shared.lock().closed = true;
        ring(&self.bell);
        // A thread that does not end in time is still writing: what is unwritten now stays so.
        let read = self.done.recv_timeout(patience).unwrap_or(true);
        let unwritten = self.shared.unwritten.load(Ordering::Relaxed);
        read.then_some(self.dropped + unwritten)
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
    /// Until all is written after the end, or the reader is gone: then false.
    fn run(mut self) -> bool {
        loop {
            if self.at == self.bytes.len() && self.refill() {
                return true;
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
                Err(_) => return false,
                Ok(_) => {}
            }
            let [out, rung] = polled.map(|one| one.revents().unwrap_or(PollFlags::POLLERR));
            if rung.contains(PollFlags::POLLIN) {
                // Emptied; how often it rang does not matter.
                let _rang = io::Read::read(&mut &self.rings, &mut [0; 64]);
            }
            if out.contains(PollFlags::POLLOUT) && !self.write() {
                return false;
            }
            if out.intersects(PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL) {
                return false;
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

    /// Writes a piece; whether anybody reads.
    fn write(&mut self) -> bool {
        let piece = piece(&self.bytes[self.at..]);
        match (&self.out).write(piece) {
            Ok(length) => {
                let lines = count(&piece[..length]);
                self.at += length;
                self.shared.unwritten.fetch_sub(lines, Ordering::Relaxed);
                true
            }
            Err(error) => matches!(
                error.kind(),
                io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read};

    fn outbox(room: usize) -> (Outbox, io::PipeReader, UnixStream) {
        let (reader, writer) = io::pipe().unwrap();
        let (stop, stopped) = UnixStream::pair().unwrap();
        let outbox = Outbox::with_room(writer.into(), stopped, room).unwrap();
        (outbox, reader, stop)
    }

    fn lines(from: usize, to: usize) -> Vec<u8> {
        let line = |number| format!("{number} {}\n", "x".repeat(100));
        (from..to).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn a_reader_that_sleeps_costs_lines_and_these_are_counted() {
        let (mut outbox, reader, _stop) = outbox(100_000);
        for start in (0..20_000).step_by(10) {
            outbox.take(&mut lines(start, start + 10));
        }
        assert!(outbox.dropped() > 10_000, "{}", outbox.dropped());
        let reading = thread::spawn(move || {
            let lines = BufReader::new(reader).lines().map(Result::unwrap);
            lines
                .map(|line| line[..line.find(' ').unwrap()].parse::<usize>().unwrap())
                .collect::<Vec<_>>()
        });
        let dropped = outbox.close(Duration::from_secs(10)).unwrap();
        let read = reading.join().unwrap();
        assert_eq!(read.len() as u64 + dropped, 20_000);
        assert!(read.is_sorted_by(|a, b| a < b), "out of order");
    }

    #[test]
    fn a_reader_that_never_reads_is_not_waited_for() {
        let (mut outbox, mut reader, _stop) = outbox(100_000);
        outbox.take(&mut lines(0, 2000));
        let dropped = outbox.close(Duration::from_millis(50)).unwrap();
        // The writer still holds what it had; end it, and see what was written before.
        let mut bytes = vec![0; 1 << 16];
        let length = reader.read(&mut bytes).unwrap();
        assert_eq!(count(&bytes[..length]) + dropped, 2000);
    }

    #[test]
    fn a_reader_that_leaves_ends_the_watch_at_once() {
        let (_outbox, reader, mut stop) = outbox(1000);
        drop(reader);
        assert_eq!(stop.read(&mut [0]).unwrap(), 1);
    }

    #[test]
    fn what_fits_is_written_before_take_returns_and_long_lines_arrive_whole() {
        let (mut outbox, mut reader, _stop) = outbox(1000);
        outbox.take(&mut b"a\n".to_vec());
        let mut bytes = [0; 2];
        reader.read_exact(&mut bytes).unwrap();
        let long = [&vec![b'y'; 1 << 20][..], b"\n"].concat();
        outbox.take(&mut long.clone());
        let reading = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        assert_eq!(outbox.close(Duration::from_secs(10)), Some(0));
        assert_eq!(reading.join().unwrap(), long);
    }
}
