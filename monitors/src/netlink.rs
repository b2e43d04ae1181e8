//! `netlink`: the proc connector, a netlink multicast group to which the kernel tells every fork,
//! exec and exit; exe, argv and parent of an exec are looked up in /proc at once.
//!
//! Hook point: drivers/connector/cn_proc.c, called from copy_process, bprm_execve and do_exit.
//! Minimum kernel: 5.10 (the interface is of 2.6.15, the layout has not changed since).
//! Config: CONFIG_CONNECTOR=y, CONFIG_PROC_EVENTS=y. Capability: CAP_NET_ADMIN (since 6.6 the kernel
//! lets anybody listen, but not widen the queue), and to look at strangers' /proc/PID/exe
//! CAP_SYS_PTRACE. It must be in the initial user, pid, time and network namespaces: in others
//! the kernel ignores the request, or means other pids or another clock.
//!
//! Where the kernel drops: (1) at the socket, when the queue is full. Each such message is counted in
//! `Drops` of /proc/net/netlink: that is the reported loss. ENOBUFS only says that it began, once
//! per episode, and from then until the queue has been read empty everything is dropped: a note.
//! (2) When memory for the message cannot be had (GFP_NOWAIT): counted nowhere, so never reported as lost.
//! Sequence numbers would show (2), but they also count what the filter takes out.
//!
//! Looking up: exe and argv of an exec are there as long as the process runs that program, so the reader
//! is woken for it and looks at once. Where messages keep coming it is woken for execs alone, by a second
//! socket whose filter lets nothing else through, and rests for up to four milliseconds between them: it
//! is as complete, and costs a part. With details=off it rests like that whatever comes. Where looking
//! hardly ever finds anything (processes that live for less than a wake-up takes) it rests for a
//! millisecond at a time and finds whoever lives longer.
//! The parent is known from the fork, unless that parent ended, or messages were lost: see kin.rs.
//!
//! Filter: a classic BPF program on the socket, because it works on every kernel. It runs before the
//! queue: what it refuses takes no room and is never in `Drops`.
//!
//! Where the kernel says what is not so: the exit of a process is told when its first thread (the
//! leader) ends. When other threads live on (the main thread calls pthread_exit, or another thread
//! calls exec) the message is early, or about a process that did not end at all. So threads are let
//! in and counted, see decode.rs; of those that were there before the monitor nothing is known.
//!
//! When: a fork and an exec are stamped inside the call. An exit is stamped in do_exit after
//! exit_notify has told the parent, so it may lie behind the return of the parent's wait: by 1 to
//! 30 us in four of 128,364 exits on two cores, by more where something else runs in between.
//!
//! Leaving it switched on: the kernel counts LISTEN up and IGNORE down, and works whenever the count
//! is above 0. Closing a socket counts nothing down, on no kernel (the 6.7 attempt to mend it was
//! reverted in 6.8; seen on 6.18): a listener that is killed leaves every fork, exec and exit of the
//! machine being put together for nobody. What changed in 6.6 is who may count down: before, each
//! IGNORE did, whoever sent it; since, a socket remembers what it asked for, and one that has asked
//! for nothing counts nothing down. recover.rs knows a way that works on both.

mod decode;
mod lookup;
mod parents;
mod recover;
mod recv_batch;
mod requirements;
mod socket;
mod wire;

#[cfg(test)]
mod tests;

use std::os::fd::AsFd;

use contract::{
    Claims, Clock, Counters, Decode, Field, Kind, Monitor, Nanos, OptionKind, OptionSpec, Options,
    Result, Session, Unavailable,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::common::netlink_socket;

use lookup::Details;
use recv_batch::{Batch, Got};
use socket::{Bell, Listener};

/// See the head of this file.
pub(crate) struct Netlink;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "rcvbuf",
        default: "32M",
        kind: OptionKind::SizeOrKernel,
        about: "bytes of socket queue (the kernel doubles it, and a message takes about 1k of that)",
    },
    OptionSpec {
        name: "details",
        default: "on",
        kind: OptionKind::Switch,
        about: "read exe, argv and ppid of every exec from /proc",
    },
];

/// How far behind its parent's notice an exit may be stamped. Far more than was ever seen, and far
/// less than the pids take to come round again.
const AFTER_NOTIFY: u64 = 200_000_000;

/// How long the reader rests under load. Each rest costs a timer, two switches and cold caches: at 1000 a
/// second about as much as the messages themselves, at 250 little.
const REST: u8 = 4; // milliseconds
/// The same where details are looked up, in vain for most: whoever lives longer is still found.
const SHORT_REST: u8 = 1;
/// A message in so long is load.
const BUSY: Nanos = 1_500_000;

/// The reported loss, by its name in every format.
const DROPS: &str = "socket_drops";

impl Monitor for Netlink {
    fn name(&self) -> &'static str {
        "netlink"
    }

    fn about(&self) -> &'static str {
        "proc connector: the kernel's own messages; exe, argv and ppid of an exec read from /proc"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, options: &Options) -> Claims {
        let exec: &[Field] = if options.on("details") {
            &[Field::Exe, Field::Argv, Field::Ppid]
        } else {
            &[]
        };
        Claims::none(Clock::ExitsLate(AFTER_NOTIFY))
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, exec)
            .with(Kind::Exit, &[Field::Status])
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        requirements::missing()
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let details = session.options.on("details");
        let mut capture = Capture {
            listener: Listener::start(session.options.size_or_kernel("rcvbuf"))?,
            bell: details.then(Bell::join).transpose()?,
            batch: Batch::new(),
            details: details.then(Details::new).transpose()?,
            episodes: 0,
            told: 0,
            last: 0,
            came: 0,
            skipped: 0,
        };
        capture.run(session)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }

    fn recover(&self) -> Result<Vec<String>> {
        recover::recover()
    }
}

struct Capture {
    listener: Listener,
    /// With details.
    bell: Option<Bell>,
    batch: Batch,
    details: Option<Details>,
    episodes: u64,
    /// Episodes after which an observer was told how many were dropped.
    told: u64,
    /// When it last had nothing left to do.
    last: Nanos,
    /// Messages since then.
    came: u64,
    skipped: u64,
}

impl Capture {
    fn run(&mut self, session: &mut Session<'_>) -> Result<Counters> {
        let inode = netlink_socket::inode(self.listener.as_fd())?;
        let before = netlink_socket::drops(wire::PROTOCOL, inode)?;
        (session.ready)(&[])?;
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
            if !stopped && (self.rest(session, empty)? || self.wait(session, empty)?) {
                self.listener.stop()?;
                stopped = true;
            }
        }
        let drops = netlink_socket::dropped(wire::PROTOCOL, inode, before)?;
        let mut counters = Counters::default();
        counters.reported_lost.insert(DROPS.into(), drops);
        let notes = [
            ("enobufs_episodes", self.episodes),
            ("lookups_skipped", self.skipped),
        ];
        counters
            .notes
            .extend(notes.map(|(name, count)| (name.into(), count)));
        Ok(counters)
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
        session.spool.lost(
            DROPS,
            netlink_socket::dropped(wire::PROTOCOL, inode, before)?,
        );
        Ok(())
    }

    /// Receives and looks up until the queue is empty (true) or the batch full (false). Looking up
    /// takes time in which more arrives, and that tells what became of those looked up.
    fn fill(&mut self) -> Result<bool> {
        loop {
            match self.batch.receive(self.listener.as_fd()) {
                Ok(got @ (Got::Some | Got::Last)) => {
                    let execs = self.look_up()?;
                    // Only what was looked up needs to be held against what came meanwhile.
                    if execs == 0 && got == Got::Last {
                        return Ok(true);
                    }
                }
                Ok(Got::Overflow) => {
                    self.episodes += 1;
                    if let Some(details) = &mut self.details {
                        details.lost();
                    }
                }
                Ok(Got::Nothing) => return Ok(true),
                Err(error) => return Err(format!("netlink: recvmmsg: {error}: report this").into()),
            }
            if self.batch.is_full() {
                return Ok(false);
            }
        }
    }

    /// How many execs it was about.
    fn look_up(&mut self) -> Result<usize> {
        let Some(details) = &mut self.details else {
            return Ok(0);
        };
        // A event is worth more than its details: with the queue half full it only receives.
        if self.batch.is_full() && self.listener.half_full()? {
            self.skipped += details.skip(self.batch.held());
            return Ok(0);
        }
        Ok(details.look_up(self.batch.held()))
    }

    fn write(&mut self, session: &mut Session<'_>) -> Result<()> {
        let held = self.batch.held();
        self.came += held.len() as u64;
        for (index, one) in held.iter().enumerate() {
            let fields = self
                .details
                .as_ref()
                .map_or(&[][..], |details| details.fields(held, index));
            session
                .spool
                .write_parts(one.received, &[self.batch.bytes(one), fields])?;
        }
        self.batch.clear();
        if let Some(details) = &mut self.details {
            details.clear();
        }
        Ok(())
    }

    /// Whether to stop. Under load it rests: whoever rests is not woken for every message, which costs
    /// more than the message does, and the one who sends it pays half of that. Where something is
    /// gained by being there at once, the bell ends the rest.
    fn rest(&mut self, session: &Session<'_>, empty: bool) -> Result<bool> {
        if !empty {
            return Ok(false);
        }
        let last = std::mem::replace(&mut self.last, crate::common::clock::now());
        let came = std::mem::take(&mut self.came);
        if came * BUSY < self.last - last {
            return Ok(false);
        }
        let vain = self.details.as_ref().is_some_and(Details::is_vain);
        let bell = self.bell.as_ref().filter(|_| !vain);
        let mut polled = vec![PollFd::new(session.stop, PollFlags::POLLIN)];
        polled.extend(bell.map(|bell| PollFd::new(bell.as_fd(), PollFlags::POLLIN)));
        match poll(&mut polled, if vain { SHORT_REST } else { REST }) {
            Ok(_) => {}
            Err(nix::Error::EINTR) => return Ok(false),
            Err(errno) => return Err(format!("netlink: poll: {errno}: report this").into()),
        }
        let rang = |polled: &PollFd<'_>| polled.any().unwrap_or(true);
        if let Some(bell) = bell.filter(|_| rang(&polled[1])) {
            bell.hush()?;
        }
        Ok(rang(&polled[0]))
    }

    /// Whether to stop. Waits for that or for more only when there is nothing to do.
    fn wait(&self, session: &Session<'_>, empty: bool) -> Result<bool> {
        let timeout = if empty {
            PollTimeout::NONE
        } else {
            PollTimeout::ZERO
        };
        let mut polled = [
            PollFd::new(session.stop, PollFlags::POLLIN),
            PollFd::new(self.listener.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut polled, timeout) {
            Ok(_) => Ok(polled[0].any().unwrap_or(true)),
            Err(nix::Error::EINTR) => Ok(false),
            Err(errno) => Err(format!("netlink: poll: {errno}: report this").into()),
        }
    }
}
