//! Takes records off the socket and into the spool. Every frame is one datagram, netlink header
//! included; a frame of the monitor's own kind tells how to read the kernel's wall clock.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, SystemTime};

use contract::{Counters, Nanos, Result, Session, Spool};
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{setsockopt, sockopt};
use nix::time::{ClockId, clock_gettime};

use super::fill::Fill;
use super::interference;
use super::rules;
use super::serials::{self, Serials};
use super::session::{AuditSession, detailed, failed};
use super::wire::{self, DETAILED, OFFSET};
use crate::common::clock;
use crate::common::netlink_socket::{self, Queue};
use crate::common::recv_batch::RecvBatch;

/// AUDIT_NLGRP_READLOG: everything the daemon is sent, for observers, and without any promise.
const READLOG: u32 = 1;
/// AUDIT_CONFIG_CHANGE.
const CONFIG_CHANGE: u16 = 1305;
/// Datagrams taken at once, and room for each: the longest record has 8,560 bytes of text.
const BATCH: usize = 64;
const ROOM: usize = 12 << 10;
/// A wall clock that was set by more than this gets a new frame.
const STEP: u64 = 500_000;
/// When an observer that could not be told of losses just now is told.
const LATER: Duration = Duration::from_millis(250);
/// The reported losses, by their names in every format: the kernel's queue was full, the socket's was,
/// and events that the kernel numbered and neither sent nor counted as lost.
const LOST: &str = "lost";
const DROPS: &str = "socket_drops";
const UNSENT: &str = "unsent";
/// After so long a silence an observer wants to know that it means something.
const SILENCE: Duration = Duration::from_millis(700);
/// How long the record of the last rule's end may take to come, once nothing else does.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches from start to stop, and leaves whatever happens in between.
pub(super) fn capture(session: &mut Session<'_>) -> Result<Counters> {
    let needless: &[u32] = if detailed(session.options) {
        &rules::NEEDLESS_TO_DETAILS
    } else {
        &rules::NEEDLESS
    };
    let mut audit = AuditSession::enter(session.options, needless)?;
    let watched = watch(&mut audit, session);
    let left = audit.leave();
    let counters = watched?;
    left?;
    Ok(counters)
}

fn watch(audit: &mut AuditSession, session: &mut Session<'_>) -> Result<Counters> {
    let mut feed = RecordSocket::open(session, audit.alone())?;
    feed.tell_offset(&mut session.spool)?;
    if detailed(session.options) {
        let frame = wire::message(DETAILED, 0, 0, &[]);
        session.spool.write(clock::now(), &frame)?;
    }
    audit.settle()?;
    if audit.alone() {
        feed.register(&mut session.spool)?;
    } else {
        let joined = feed.socket.add_membership(READLOG);
        joined.map_err(|e| failed("joining AUDIT_NLGRP_READLOG", e))?;
    }
    audit.arm()?;
    session.spool.flush()?;
    (session.ready)(&[])?;
    feed.run(audit, session)?;
    audit.check(feed.changed)?;
    let removed = audit.disarm()?;
    feed.drain(removed, &mut session.spool)?;
    feed.tell_offset(&mut session.spool)?;
    session.spool.flush()?;
    counters(audit, &feed)
}

fn counters(audit: &mut AuditSession, feed: &RecordSocket) -> Result<Counters> {
    let now = audit.control.status().map_err(|e| failed("AUDIT_GET", e))?;
    let found = audit.found();
    let waited = now.backlog_wait_time_actual;
    let waited = waited.wrapping_sub(found.backlog_wait_time_actual);
    let tick = nix::time::clock_getres(ClockId::CLOCK_REALTIME_COARSE)
        .map_err(|e| failed("clock_getres", e))?;
    let waited_ms = u64::from(waited) * tick.tv_nsec() as u64 / 1_000_000;
    let drops = feed.drops()?;
    let lost = u64::from(now.lost.wrapping_sub(found.lost));
    Ok(Counters {
        reported_lost: BTreeMap::from([
            (LOST.into(), lost),
            (DROPS.into(), drops),
            (UNSENT.into(), feed.unsent(drops)),
        ]),
        notes: BTreeMap::from([
            ("backlog_peak".into(), feed.fill.backlog),
            ("backlog_wait_ms".into(), waited_ms),
            ("enobufs".into(), feed.enobufs),
            ("multicast".into(), u64::from(!audit.alone())),
            ("records".into(), feed.records),
            ("socket_peak_bytes".into(), feed.fill.socket),
            ("truncated_records".into(), feed.truncated),
            ("undrained".into(), u64::from(feed.undrained)),
        ]),
        buffer_peak: Some(feed.fill.peak),
    })
}

/// What the kernel says to a command.
type Answer = Result<(), Errno>;

/// The socket that records come on.
struct RecordSocket {
    socket: Socket,
    batch: RecvBatch,
    fill: Fill,
    /// From the first own rule on.
    serials: Option<Serials>,
    offset: i64,
    records: u64,
    truncated: u64,
    enobufs: u64,
    /// Records of the end of own rules.
    ended: usize,
    undrained: bool,
    /// When the kernel told of a change of rules or settings that was not looked into yet.
    changed: Option<SystemTime>,
}

impl RecordSocket {
    fn open(session: &Session<'_>, alone: bool) -> Result<Self> {
        let mut socket = Socket::new(wire::PROTOCOL as isize).map_err(|e| failed("socket", e))?;
        socket.bind_auto().map_err(|e| failed("bind", e))?;
        if let Some(size) = session.options.size_or_word("rcvbuf") {
            let size = usize::try_from(size)?.min(i32::MAX as usize / 2);
            let forced = setsockopt(&socket, sockopt::RcvBufForce, &size);
            forced.map_err(|e| failed("SO_RCVBUFFORCE", e))?;
        }
        Ok(Self {
            socket,
            batch: RecvBatch::new(BATCH, ROOM),
            fill: Fill::new(alone)?,
            serials: None,
            offset: 0,
            records: 0,
            truncated: 0,
            enobufs: 0,
            ended: 0,
            undrained: false,
            changed: None,
        })
    }

    /// Becomes the audit daemon. Records the kernel kept for one may come before its answer.
    fn register(&mut self, spool: &mut Spool) -> Result<()> {
        let bytes = wire::registration(std::process::id());
        let sent = self.socket.send_to(&bytes, &SocketAddr::new(0, 0), 0);
        sent.map_err(|e| failed("AUDIT_SET pid", e))?;
        loop {
            let answer = self.take(spool)?;
            match answer {
                Some(Err(Errno::EEXIST)) => {
                    return Err("audit: a daemon registered just now: run it again".into());
                }
                Some(other) => return other.map_err(|e| failed("AUDIT_SET pid", e)),
                None => wait(&mut [self.readable()], PollTimeout::NONE)?,
            };
        }
    }

    /// Events that were numbered and did not come, beyond what the socket dropped.
    fn unsent(&self, drops: u64) -> u64 {
        let missing = self.serials.as_ref().map_or(0, Serials::missing);
        missing.saturating_sub(drops)
    }

    fn drops(&self) -> Result<u64> {
        netlink_socket::drops(wire::PROTOCOL, netlink_socket::inode(self.socket.as_fd())?)
    }

    fn readable(&self) -> PollFd<'_> {
        PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)
    }

    /// Until told to stop.
    fn run(&mut self, audit: &mut AuditSession, session: &mut Session<'_>) -> Result<()> {
        let idle = match session.spool.is_live() {
            true => PollTimeout::try_from(SILENCE)?,
            false => PollTimeout::NONE,
        };
        loop {
            self.take(&mut session.spool)?;
            if drift(self.offset) > STEP {
                self.tell_offset(&mut session.spool)?;
            }
            session.spool.flush()?;
            if let Some(since) = self.changed.take() {
                audit.check(Some(since))?;
            }
            let limit = if self.tell(audit, &mut session.spool)? {
                idle
            } else {
                PollTimeout::try_from(LATER)?
            };
            let stop: BorrowedFd<'_> = session.stop;
            let mut both = [self.readable(), PollFd::new(stop, PollFlags::POLLIN)];
            if wait(&mut both, limit)? == 0 {
                audit.check(None)?;
            }
            if both[1].any() == Some(true) {
                return Ok(());
            }
        }
    }

    /// Tells an observer of losses when it is due; whether there is nothing left to tell.
    fn tell(&self, audit: &mut AuditSession, spool: &mut Spool) -> Result<bool> {
        if !spool.is_live() {
            return Ok(true);
        }
        let due = spool.due();
        if due {
            let now = audit.control.status().map_err(|e| failed("AUDIT_GET", e))?;
            spool.lost(LOST, u64::from(now.lost.wrapping_sub(audit.found().lost)));
            let drops = self.drops()?;
            spool.lost(DROPS, drops);
            spool.lost(UNSENT, self.unsent(drops));
        }
        Ok(due)
    }

    /// The kernel queues in order: once it has told of the end of every rule, there is nothing
    /// left that these rules made.
    fn drain(&mut self, removed: usize, spool: &mut Spool) -> Result<()> {
        loop {
            self.take(spool)?;
            if self.ended >= removed {
                return Ok(());
            }
            let left = PollTimeout::try_from(PATIENCE)?;
            if wait(&mut [self.readable()], left)? == 0 {
                self.undrained = true;
                return Ok(());
            }
        }
    }

    /// Spools everything that is there. Returns the answer to a command when one was among it.
    fn take(&mut self, spool: &mut Spool) -> Result<Option<Answer>> {
        let mut answer = None;
        loop {
            match self.receive(spool, &mut answer) {
                Ok(count) if count < BATCH => return Ok(answer),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(answer),
                // Said once for however many were dropped; the socket's Drops has the number.
                Err(Errno::ENOBUFS) => self.enobufs += 1,
                Err(errno) => return Err(failed("recvmmsg", errno)),
            }
        }
    }

    fn receive(&mut self, spool: &mut Spool, answer: &mut Option<Answer>) -> Result<usize, Errno> {
        self.fill.sample(Queue::of(&self.socket)?)?;
        let count = self.batch.receive(&self.socket, 0)?;
        let received = clock::now();
        for index in 0..count {
            let datagram = self.batch.datagram(index);
            let Some((kind, text)) = wire::split(datagram.bytes) else {
                continue;
            };
            if kind == wire::ERROR {
                *answer = Some(wire::verdict(text));
                continue;
            }
            if kind == CONFIG_CHANGE {
                self.ended += usize::from(changes_rule(text, b"op=remove_rule"));
                self.changed = interference::stamp(text).or(self.changed);
                if self.serials.is_none() && changes_rule(text, b"op=add_rule") {
                    self.serials = Some(Serials::new());
                }
            }
            if let (Some(serials), Some(serial)) = (&mut self.serials, serials::of(text)) {
                serials.came(serial);
            }
            self.truncated += u64::from(datagram.cut);
            self.records += 1;
            spool
                .write(received, datagram.bytes)
                .map_err(|error| wire::errno(&error))?;
        }
        Ok(count)
    }

    /// A frame with what to subtract from the wall clock to get CLOCK_MONOTONIC.
    fn tell_offset(&mut self, spool: &mut Spool) -> Result<()> {
        self.offset = offset();
        let frame = wire::message(OFFSET, 0, 0, &self.offset.to_le_bytes());
        spool.write(clock::now(), &frame)?;
        Ok(())
    }
}

fn wait(fds: &mut [PollFd<'_>], timeout: PollTimeout) -> Result<i32> {
    loop {
        match poll(fds, timeout) {
            Err(Errno::EINTR) => {}
            other => return other.map_err(|e| failed("poll", e)),
        }
    }
}

/// `op=remove_rule key="rollcall"`, or the same with `op=add_rule`.
fn changes_rule(text: &[u8], operation: &[u8]) -> bool {
    let has = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    let key = [b"key=\"", rules::KEY, b"\""].concat();
    has(operation) && has(&key)
}

fn wall() -> Nanos {
    // The call can only fail for a clock the kernel does not know.
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(0, |time| {
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    })
}

/// Wall clock minus CLOCK_MONOTONIC, from the closest of some readings: one that was interrupted
/// between the clocks is further apart than the others.
fn offset() -> i64 {
    let reading = || {
        let (before, wall, after) = (clock::now(), wall(), clock::now());
        (
            after - before,
            wall as i64 - (before + (after - before) / 2) as i64,
        )
    };
    let closest = (0..8).map(|_| reading()).min_by_key(|(apart, _)| *apart);
    closest.map_or(0, |(_, offset)| offset)
}

/// How far the wall clock was set since `offset` was taken. Two plain readings: an interruption
/// between them only costs one more frame.
fn drift(offset: i64) -> u64 {
    let (wall, now) = (wall() as i64, clock::now() as i64);
    (wall - now).abs_diff(offset)
}
