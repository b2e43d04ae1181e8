use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

use crate::nanos::Nanos;

const MAGIC: &[u8; 8] = b"RCSPOOL1";
const HEAD: usize = 12;

/// One piece of raw capture with the stamp of its arrival; only its monitor can read what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When the monitor's process had it in hand.
    pub received: Nanos,
    /// As it came.
    pub bytes: &'a [u8],
}

/// A spool or a frame that is not what its monitor writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Takes the frames of a capture while it runs, in place of a file. The capture itself calls it, so
/// it must never wait.
pub trait Observer {
    /// The next frame.
    fn frame(&mut self, frame: Frame<'_>) -> io::Result<()>;

    /// There is nothing more to be had for now.
    fn idle(&mut self) -> io::Result<()>;

    /// Whether it wants to be told of losses now: at most a few times a second.
    fn due(&mut self) -> bool;

    /// So many events have been lost so far, by this cause.
    fn lost(&mut self, cause: &str, total: u64);
}

/// Where capture puts its frames: it stamps, it appends, it does nothing else.
pub struct Spool<W: Write = File>(Sink<W>);

enum Sink<W: Write> {
    File(BufWriter<W>),
    Live(Box<dyn Observer>, Vec<u8>),
}

impl Spool {
    /// A spool that is kept nowhere: `observer` takes each frame as it comes.
    pub fn live(observer: Box<dyn Observer>) -> Self {
        Self(Sink::Live(observer, Vec::new()))
    }
}

impl<W: Write> Spool<W> {
    /// A spool that begins here.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 18, out);
        out.write_all(MAGIC)?;
        out.flush()?;
        Ok(Self(Sink::File(out)))
    }

    /// Appends one frame.
    pub fn write(&mut self, received: Nanos, bytes: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Sink::Live(observer, _) => observer.frame(Frame { received, bytes }),
            Sink::File(_) => self.write_parts(received, &[bytes]),
        }
    }

    /// Appends one frame given in parts.
    pub fn write_parts(&mut self, received: Nanos, parts: &[&[u8]]) -> io::Result<()> {
        match &mut self.0 {
            Sink::File(out) => {
                let length: usize = parts.iter().map(|part| part.len()).sum();
                out.write_all(&received.to_le_bytes())?;
                out.write_all(&(length as u32).to_le_bytes())?;
                parts.iter().try_for_each(|part| out.write_all(part))
            }
            Sink::Live(observer, bytes) => {
                bytes.clear();
                parts.iter().for_each(|part| bytes.extend_from_slice(part));
                observer.frame(Frame { received, bytes })
            }
        }
    }

    /// Hands everything on. Call it whenever there is nothing to read: the harness waits for its
    /// readiness probes at the other end.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Sink::File(out) => out.flush(),
            Sink::Live(observer, _) => observer.idle(),
        }
    }

    /// Whether there is an observer that is to be told of losses now, with [`Spool::lost`]. For
    /// monitors whose losses cost something to look up.
    pub fn due(&mut self) -> bool {
        match &mut self.0 {
            Sink::File(_) => false,
            Sink::Live(observer, _) => observer.due(),
        }
    }

    /// Whether there is an observer.
    pub fn is_live(&self) -> bool {
        matches!(self.0, Sink::Live(..))
    }

    /// Tells an observer how many events have been lost so far by this cause. What is kept is
    /// what [`crate::monitor::Counters`] say at the end.
    pub fn lost(&mut self, cause: &str, total: u64) {
        if let Sink::Live(observer, _) = &mut self.0 {
            observer.lost(cause, total);
        }
    }
}

/// Reads a spool, also one that is still being written.
#[derive(Debug)]
pub struct SpoolReader<R: Read> {
    source: R,
    /// What was read and not yet given out lies in `start..end`; it grows to the longest frame.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    greeted: bool,
}

/// At least so many bytes are asked for at once.
const CHUNK: usize = 1 << 18;

impl<R: Read> SpoolReader<R> {
    /// Reads from the beginning of `source`.
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            greeted: false,
        }
    }

    /// The next whole frame; `None` when there is none yet.
    pub fn next_frame(&mut self) -> crate::error::Result<Option<Frame<'_>>> {
        if !self.greeted {
            if !self.have(MAGIC.len())? {
                return Ok(None);
            }
            if &self.buffer[..MAGIC.len()] != MAGIC {
                return Err(Malformed("this is not a spool: its first bytes differ".into()).into());
            }
            self.start = MAGIC.len();
            self.greeted = true;
        }
        if !self.have(HEAD)? {
            return Ok(None);
        }
        let head = &self.buffer[self.start..self.start + HEAD];
        let received = u64::from_le_bytes(head[..8].try_into()?);
        let length = u32::from_le_bytes(head[8..].try_into()?) as usize;
        if !self.have(HEAD + length)? {
            return Ok(None);
        }
        let body = self.start + HEAD..self.start + HEAD + length;
        self.start = body.end;
        Ok(Some(Frame {
            received,
            bytes: &self.buffer[body],
        }))
    }

    /// Bytes after the last whole frame: not 0 at the end means that the spool was cut off.
    pub fn rest(&self) -> usize {
        self.end - self.start
    }

    /// Whether `wanted` bytes from the start of the next frame are here, reading on if not.
    fn have(&mut self, wanted: usize) -> io::Result<bool> {
        if self.rest() >= wanted {
            return Ok(true);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.rest());
        while self.end < wanted {
            if self.buffer.len() == self.end {
                self.buffer.resize(self.end + CHUNK, 0);
            }
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(frames: &[(u64, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut spool = Spool::new(&mut bytes).unwrap();
        for (received, frame) in frames {
            spool.write(*received, frame).unwrap();
        }
        spool.flush().unwrap();
        drop(spool);
        bytes
    }

    #[test]
    fn frames_come_back_and_a_cut_is_seen() {
        let bytes = written(&[(1, b"one"), (2, b""), (3, &[7; 100_000])]);
        let mut reader = SpoolReader::new(&bytes[..]);
        let mut lengths = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            lengths.push((frame.received, frame.bytes.len()));
        }
        assert_eq!(
            (lengths, reader.rest()),
            (vec![(1, 3), (2, 0), (3, 100_000)], 0)
        );

        let mut cut = SpoolReader::new(&bytes[..bytes.len() - 1]);
        while cut.next_frame().unwrap().is_some() {}
        assert_ne!(cut.rest(), 0);
        assert!(
            SpoolReader::new(&b"something else"[..])
                .next_frame()
                .is_err()
        );
    }
}
