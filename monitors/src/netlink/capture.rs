//! The capture loop: receive, look up, spool, rest.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use contract::{Counters, Nanos, Options, Result, Session};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::interference;
use super::lookup::{self, Lookup, When};
use super::recv_batch::{Batch, Received};
use super::socket::{ExecWaker, Listener};
use super::wire::PROTOCOL;
use crate::common::clock;
use crate::common::netlink_socket::{self, Queue};
use crate::common::snapshot::Snapshot;

/// How long the reader rests under load. Each rest costs a timer, two switches and cold caches: at
/// 1000 a second about as much as the messages themselves, at 250 little.
const REST: Duration = Duration::from_millis(4);
/// The same where an adaptive look-up has given up: programs of longer-lived processes are still found.
const SHORT_REST: Duration = Duration::from_millis(1);
/// A message in so long is load.
const BUSY: Nanos = 1_500_000;

/// After so long a silence an observer wants to know that it means something.
const SILENCE: Duration = Duration::from_millis(700);

/// The reported loss, by its name in every format.
const DROPS: &str = "socket_drops";

/// A capture that is switched on.
pub(super) struct Capture {
    listener: Listener,
    /// Where execs are looked up.
    waker: Option<ExecWaker>,
    lookup: Option<Lookup>,
    /// As asked for.
    rest: Option<Duration>,
    batch: Batch,
    /// Overflows of the queue, each until it was read empty.
    episodes: u64,
    /// Episodes after which an observer was told how many were dropped.
    told: u64,
    /// When it last had nothing left to do.
    last: Nanos,
    /// Messages since then.
    came: u64,
    /// Look-ups left out.
    skipped: u64,
    /// Highest fill of the queue.
    peak: u64,
}

impl Capture {
    pub(super) fn start(options: &Options) -> Result<Self> {
        let when = match options.word("lookup") {
            "never" => None,
            "adaptive" => Some(When::Adaptive),
            _ => Some(When::Always),
        };
        Ok(Self {
            listener: Listener::start(options.size_or_word("rcvbuf"))?,
            waker: when.map(|_| ExecWaker::join()).transpose()?,
            lookup: when
                .map(|when| Lookup::new(when, lookup::detailed(options)))
                .transpose()?,
            rest: options.duration("rest"),
            batch: Batch::new(),
            episodes: 0,
            told: 0,
            last: 0,
            came: 0,
            skipped: 0,
            peak: 0,
        })
    }

    pub(super) fn run(mut self, session: &mut Session<'_>) -> Result<Counters> {
        let inode = netlink_socket::inode(self.listener.as_fd())?;
        let before = netlink_socket::drops(PROTOCOL, inode)?;
        (session.ready)(&[])?;
        let mut snapshot = Snapshot::begin(session)?;
        let mut stopped = false;
        loop {
            let empty = self.fill()?;
            self.write(session)?;
            if self.episodes > self.told && session.spool.is_live() {
                self.tell(empty, before, inode, session)?;
            }
            if empty {
                session.spool.flush()?;
                if stopped {
                    break;
                }
            }
            Snapshot::step(&mut snapshot, &mut session.spool)?;
            if !stopped && self.pause(session, empty, Snapshot::due(&snapshot))? {
                interference::check(&self.listener)?;
                self.listener.stop()?;
                stopped = true;
            }
        }
        self.counters(netlink_socket::dropped(PROTOCOL, inode, before)?)
    }

    fn counters(&self, drops: u64) -> Result<Counters> {
        let notes = [
            ("enobufs_episodes", self.episodes),
            ("lookups_skipped", self.skipped),
        ];
        Ok(Counters {
            reported_lost: [(DROPS.into(), drops)].into(),
            notes: notes.map(|(name, count)| (name.into(), count)).into(),
            buffer_peak: Some(self.peak),
        })
    }

    /// An episode goes on until the queue is empty, so only then the number is the last one.
    fn tell(
        &mut self,
        empty: bool,
        before: u64,
        inode: u64,
        session: &mut Session<'_>,
    ) -> Result<()> {
        if empty {
            self.told = self.episodes;
        } else if !session.spool.due() {
            return Ok(());
        }
        let dropped = netlink_socket::dropped(PROTOCOL, inode, before)?;
        session.spool.lost(DROPS, dropped);
        Ok(())
    }

    /// Receives and looks up until the queue is empty (true) or the batch full (false). Looking up
    /// takes time in which more arrives, and that tells what became of those looked up.
    fn fill(&mut self) -> Result<bool> {
        self.peak = self.peak.max(Queue::of(&self.listener)?.fill);
        loop {
            match self.batch.receive(&self.listener) {
                Ok(received @ (Received::Some | Received::Last)) => {
                    let execs = self.look_up()?;
                    // Only what was looked up needs to be held against what came meanwhile.
                    if execs == 0 && received == Received::Last {
                        return Ok(true);
                    }
                }
                Ok(Received::Overflow) => {
                    self.episodes += 1;
                    if let Some(lookup) = &mut self.lookup {
                        lookup.lost();
                    }
                }
                Ok(Received::Nothing) => return Ok(true),
                Err(errno) => {
                    let why = "this is a bug, please report it";
                    return Err(format!("netlink: recvmmsg: {errno}: {why}").into());
                }
            }
            if self.batch.is_full() {
                return Ok(false);
            }
        }
    }

    /// How many execs it was about.
    fn look_up(&mut self) -> Result<usize> {
        let Some(lookup) = &mut self.lookup else {
            return Ok(0);
        };
        // An event is worth more than its exe: with the queue half full it only receives.
        if lookup.is_adaptive() && self.batch.is_full() {
            let queue = Queue::of(&self.listener)?;
            if queue.fill > queue.capacity / 2 {
                self.skipped += lookup.skip(self.batch.held());
                return Ok(0);
            }
        }
        Ok(lookup.look_up(self.batch.held()))
    }

    fn write(&mut self, session: &mut Session<'_>) -> Result<()> {
        let held = self.batch.held();
        self.came += held.len() as u64;
        for (index, one) in held.iter().enumerate() {
            let lookup = self.lookup.as_ref();
            let fields = lookup.map_or(&[][..], |lookup| lookup.fields(held, index));
            let parts = [self.batch.bytes(one), fields];
            session.spool.write_parts(one.received, &parts)?;
        }
        self.batch.clear();
        if let Some(lookup) = &mut self.lookup {
            lookup.clear();
        }
        Ok(())
    }

    /// Whether to stop. Rests and waits, but not beyond the time at which a step of a snapshot is due.
    fn pause(&mut self, session: &Session<'_>, empty: bool, due: Option<Duration>) -> Result<bool> {
        match due {
            Some(Duration::ZERO) => self.wait(session, false, None),
            due => Ok(self.rest(session, empty)? || self.wait(session, empty, due)?),
        }
    }

    /// Whether to stop. Under load it rests: a reader that rests is not woken for every message,
    /// which costs more than the message does, and half of that the process that caused it. Where
    /// looking up at once finds something, an exec ends the rest.
    fn rest(&mut self, session: &Session<'_>, empty: bool) -> Result<bool> {
        if !empty || self.rest.is_some_and(|rest| rest.is_zero()) {
            return Ok(false);
        }
        let last = std::mem::replace(&mut self.last, clock::now());
        let came = std::mem::take(&mut self.came);
        if came * BUSY < self.last - last {
            return Ok(false);
        }
        let may_wait = self.lookup.as_ref().is_some_and(Lookup::may_wait);
        let waker = self.waker.as_ref().filter(|_| !may_wait);
        let rest = self
            .rest
            .unwrap_or(if may_wait { SHORT_REST } else { REST });
        match waker {
            None => Ok(ready([session.stop], Some(rest))?[0]),
            Some(waker) => {
                let [stop, exec] = ready([session.stop, waker.as_fd()], Some(rest))?;
                if exec {
                    waker.clear()?;
                }
                Ok(stop)
            }
        }
    }

    /// Whether to stop. Waits for that or for more only when there is nothing to do.
    fn wait(&self, session: &Session<'_>, empty: bool, due: Option<Duration>) -> Result<bool> {
        let silence = due.or(session.spool.is_live().then_some(SILENCE));
        let limit = if empty { silence } else { Some(Duration::ZERO) };
        let [stop, more] = ready([session.stop, self.listener.as_fd()], limit)?;
        if empty && !stop && !more {
            interference::check(&self.listener)?;
        }
        Ok(stop)
    }
}

/// Which of `sources` became readable within `limit`; `None` waits for as long as it takes. None of
/// them where a signal came first.
fn ready<const N: usize>(
    sources: [BorrowedFd<'_>; N],
    limit: Option<Duration>,
) -> Result<[bool; N]> {
    let mut polled = sources.map(|source| PollFd::new(source, PollFlags::POLLIN));
    match ppoll(&mut polled, limit.map(TimeSpec::from), None) {
        Ok(_) => Ok(polled.map(|one| one.any().unwrap_or(true))),
        Err(nix::Error::EINTR) => Ok([false; N]),
        Err(errno) => {
            Err(format!("netlink: ppoll: {errno}: this is a bug, please report it").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::netlink_socket::LEAST_MESSAGE;
    use crate::netlink::{Netlink, OPTIONS, recover};
    use crate::test_support::on_machine_for;

    #[test]
    #[ignore = "needs root"]
    fn the_highest_fill_is_kept() {
        on_machine_for!(Netlink);
        let options = Options::new("netlink", OPTIONS, [("lookup", "never")]).unwrap();
        let mut capture = Capture::start(&options).unwrap();
        for _ in 0..200 {
            recover::spawn().unwrap();
        }
        while !capture.fill().unwrap() {
            capture.batch.clear();
        }
        let peak = capture.counters(0).unwrap().buffer_peak.unwrap();
        assert!(peak >= 400 * LEAST_MESSAGE, "{peak}");
    }
}
