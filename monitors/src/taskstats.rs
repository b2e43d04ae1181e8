//! `taskstats`: the kernel's per-task accounting, sent over generic netlink when a task ends.
//!
//! Hook point: kernel/taskstats.c, called from do_exit before the parent is told. Minimum kernel: 5.19
//! (version 12 of the record: only from there on it says which task was the last of its process).
//! Config: CONFIG_TASKSTATS, CONFIG_NET. Capability: CAP_NET_ADMIN; in the initial user, pid and
//! network namespaces, since the kernel takes no other listener and sends into no other.
//!
//! What it tells: exits only; forks and execs it cannot see. There is a record for every thread; the
//! one that says it was the last of its group is the process's end. To a group that had threads it
//! adds an aggregate, which tells nothing more of the end. The status is the last thread's, or when
//! that merely ended the first one's. The parent is in it too, but the parent at the end of a process
//! is no field here; the program is a name of 15 bytes and an inode, which are no exe. The times are
//! whole seconds: none is claimed.
//!
//! Where the kernel drops: (1) at the socket when its queue is full: each is counted in `Drops` of
//! /proc/net/netlink, the reported loss. (2) When memory for the message cannot be had: counted
//! nowhere, so never reported as lost. (3) It is told to listeners of the CPU where the task ends; we
//! ask for all that are possible, so that none is left out when it comes online.
//!
//! Leaving it switched on: at the end it is asked to stop. A listener that was killed stays on the
//! kernel's list, without being told, until the next task ends on that CPU: sending to it fails with
//! ECONNREFUSED then, and it is taken off. So nothing is left to put back.

mod decode;
mod socket;
#[cfg(test)]
mod tests;
mod wire;

use std::os::fd::AsFd;

use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Result, Session, Unavailable,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::common::netlink_socket::{self, Queue};
use crate::common::{clock, namespaces};
use socket::{GenericSocket, Listener, Received};
use wire::PROTOCOL;

pub(crate) struct Taskstats;

/// The least that a record takes in the queue: its 400 bytes and more with 320 of `skb_shared_info`
/// rounded up to 1024, and an `sk_buff` of 256.
const LEAST_RECORD: u64 = 1280;

/// The reported loss, by its name in every format.
const DROPS: &str = "socket_drops";

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "rcvbuf",
    default: "32M",
    kind: OptionKind::SizeOrKernel,
    about: "bytes of socket queue (the kernel doubles it, and a record takes about 1.3k of that)",
}];

impl Monitor for Taskstats {
    fn name(&self) -> &'static str {
        "taskstats"
    }

    fn about(&self) -> &'static str {
        "the kernel's accounting of every task that ends, over generic netlink: exits only"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::None).with(Kind::Exit, &[Field::Status])
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        missing()
    }

    fn buffer(&self, options: &Options) -> Buffer {
        netlink_socket::buffer(options.size_or_word("rcvbuf"), LEAST_RECORD)
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let listener = Listener::start(session.options.size_or_word("rcvbuf"))?;
        let mut capture = Capture {
            listener,
            buffer: Vec::with_capacity(wire::ROOM),
            episodes: 0,
            peak: 0,
        };
        capture.run(session)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }
}

fn missing() -> Vec<Unavailable> {
    let mut missing = Vec::new();
    let capable = caps::has_cap(
        None,
        caps::CapSet::Effective,
        caps::Capability::CAP_NET_ADMIN,
    );
    if !matches!(capable, Ok(true)) {
        missing.push(crate::common::reasons::no_right(
            "CAP_NET_ADMIN",
            &["NET_ADMIN"],
        ));
    }
    let why = "the kernel takes no other listener";
    missing.extend(namespaces::missing(&["user", "pid"], why));
    missing.extend(namespaces::other_network(
        "the kernel sends records to no other",
    ));
    if !missing.is_empty() {
        return missing;
    }
    match GenericSocket::open().and_then(|mut socket| socket.version()) {
        Ok(version) if wire::readable(version) => {}
        Ok(version) => missing.push(Unavailable::new(
            format!("version 12 or later of the record, and not 15 (here it is {version})"),
            "boot Linux 5.19 or later; before it no record says which task was its process's last",
        )),
        Err(error) => missing.push(match error.downcast::<Unavailable>() {
            Ok(why) => *why,
            Err(error) => Unavailable::new(format!("an answer ({error})"), "run as root"),
        }),
    }
    missing
}

struct Capture {
    listener: Listener,
    buffer: Vec<u8>,
    episodes: u64,
    /// Highest fill of the queue.
    peak: u64,
}

impl Capture {
    fn run(&mut self, session: &mut Session<'_>) -> Result<Counters> {
        let inode = netlink_socket::inode(self.listener.as_fd())?;
        let before = netlink_socket::drops(PROTOCOL, inode)?;
        (session.ready)(&[])?;
        let mut stopped = false;
        loop {
            let full = self.drain(session)?;
            if session.spool.is_live() && (full || session.spool.due()) {
                let drops = netlink_socket::dropped(PROTOCOL, inode, before)?;
                session.spool.lost(DROPS, drops);
            }
            if stopped {
                break;
            }
            if self.wait(session)? {
                self.listener.stop()?;
                stopped = true;
            }
        }
        let mut counters = Counters::default();
        let drops = netlink_socket::dropped(PROTOCOL, inode, before)?;
        counters.reported_lost.insert(DROPS.into(), drops);
        counters
            .notes
            .insert("enobufs_episodes".into(), self.episodes);
        counters.buffer_peak = Some(self.peak);
        Ok(counters)
    }

    /// Spools what is queued; whether the queue was full meanwhile. It is told of but once until
    /// it is empty, so now is the time to count.
    fn drain(&mut self, session: &mut Session<'_>) -> Result<bool> {
        let before = self.episodes;
        self.peak = self.peak.max(Queue::of(&self.listener)?.fill);
        loop {
            match self.listener.receive(&mut self.buffer)? {
                Received::Some => session.spool.write(clock::now(), &self.buffer)?,
                Received::Other => {}
                Received::Overflow => self.episodes += 1,
                Received::Nothing => break,
            }
        }
        session.spool.flush()?;
        Ok(self.episodes > before)
    }

    /// Waits for more; whether to stop.
    fn wait(&self, session: &Session<'_>) -> Result<bool> {
        let mut polled = [
            PollFd::new(session.stop, PollFlags::POLLIN),
            PollFd::new(self.listener.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut polled, PollTimeout::NONE) {
            Ok(_) => Ok(polled[0].any().unwrap_or(true)),
            Err(nix::Error::EINTR) => Ok(false),
            Err(errno) => {
                Err(format!("taskstats: poll: {errno}: this is a bug, please report it").into())
            }
        }
    }
}
