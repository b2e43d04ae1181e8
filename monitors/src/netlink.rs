//! `netlink`: the proc connector, a netlink multicast group to which the kernel tells every fork,
//! exec and exit; exe, argv and parent of an exec are looked up in /proc at once.
//!
//! Hook point: drivers/connector/cn_proc.c, called from copy_process, bprm_execve and do_exit.
//! Minimum kernel: 5.10 (the interface is of 2.6.15, the layout has not changed since).
//! Config: CONFIG_CONNECTOR=y, CONFIG_PROC_EVENTS=y. Capability: CAP_NET_ADMIN (since 6.6 the kernel
//! lets any user listen, but not widen the queue), and for /proc/PID/exe of other users' processes
//! CAP_SYS_PTRACE. It must be in the initial user, pid, time and network namespaces: in others
//! the kernel ignores the request, or means other pids or another clock.
//!
//! Where the kernel drops: (1) at the socket, when the queue is full. Each such message is counted in
//! `Drops` of /proc/net/netlink: that is the reported loss. ENOBUFS only says that it began, once per
//! episode, and from then until the queue has been read empty everything is dropped: a note. (2) When
//! memory for the message cannot be had (GFP_NOWAIT): counted nowhere, so never reported as lost.
//! Sequence numbers would show (2), but they also count what the filter takes out.
//!
//! What it cannot see: the threads of processes that were there before, so that of those an exit may be
//! told early, see below; and exe and argv of programs that are gone before they are looked up.
//!
//! Looking up: exe and argv of an exec are there as long as the process runs that program, so the
//! reader is woken for it and looks at once (`lookup=always`). Under load it is woken for execs alone,
//! by a second socket whose filter lets nothing else through, and rests for up to `rest` between them:
//! it is as complete, and costs a part. With `lookup=adaptive`, where fewer than one look-up in eight
//! finds a program (the processes live for less than a wake-up takes), it rests for a millisecond at a
//! time and finds those of longer-lived processes only; and it skips look-ups while the queue is half
//! full. With `lookup=never` it rests whatever comes, and offers neither exe, argv nor the parent of
//! an exec. The parent is known from the fork, unless that parent ended, or messages were lost: see
//! parents.rs.
//!
//! What it may tell wrongly: argv of a program that overwrites or moves its own before it is looked up (cases
//! race-argv-overwritten, -beyond, -moved): of ten that did so at once, up to eight were told wrongly.
//!
//! Processes that already run are read from /proc once it is switched on (option `snapshot`):
//! common/snapshot.rs.
//!
//! More fields (`fields=all`): eight more files of /proc are read for each exec, so of a process of a millisecond
//! more is too late: half of `short-lived/fork` had gone.
//!
//! Buffer: the queue of the socket, in bytes of kernel memory: `Monitor::buffer` has its size, and
//! its fill is read once a batch (SO_MEMINFO).
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
//! reverted in 6.8; seen on 6.18): after a listener is killed the kernel goes on making messages of
//! every fork, exec and exit that no socket receives. What changed in 6.6 is which socket may count
//! down: before, each IGNORE did; since, a socket remembers what it asked for, and one that has asked
//! for nothing counts nothing down. recover.rs works on both.

mod capture;
mod decode;
mod interference;
mod lookup;
mod parents;
mod recover;
mod recv_batch;
mod requirements;
mod socket;
mod wire;

#[cfg(test)]
mod tests;

use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Recovered, Result, Session, Unavailable,
};

use crate::common::netlink_socket::{self, LEAST_MESSAGE};
use crate::common::proc_details;
use crate::common::snapshot;

pub(crate) struct Netlink;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "rcvbuf",
        default: "32M",
        kind: OptionKind::SizeOrKernel,
        about: "bytes of socket queue (the kernel doubles it, and a message takes about 1k of that)",
    },
    OptionSpec {
        name: "lookup",
        default: "always",
        kind: OptionKind::Word(&["always", "adaptive", "never"]),
        about: "reading exe, argv and ppid of an exec from /proc: always, not where it finds little, or never",
    },
    OptionSpec {
        name: "fields",
        default: "base",
        kind: OptionKind::Word(&["base", "all"]),
        about: "looked up of an exec; all: every field but the path that was given, from eight more files",
    },
    OptionSpec {
        name: "rest",
        default: "auto",
        kind: OptionKind::DurationOrAuto,
        about: "time between two reads under load, 0us: none; auto is 4ms, and 1ms where lookup=adaptive gave up",
    },
    snapshot::OPTION,
];

/// How far behind its parent's notice an exit may be stamped. Far more than was ever seen, and far
/// less than the pids take to come round again.
const AFTER_NOTIFY: u64 = 200_000_000;

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
        let exec: &[Field] = match options.word("lookup") {
            "never" => &[],
            _ => &[Field::Exe, Field::Argv, Field::Ppid],
        };
        let claims = Claims::none(Clock::ExitsLate(AFTER_NOTIFY))
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, exec)
            .with(Kind::Exit, &[Field::Status]);
        if lookup::detailed(options) {
            return claims.with(Kind::Exec, proc_details::FIELDS);
        }
        claims
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        requirements::missing()
    }

    fn buffer(&self, options: &Options) -> Buffer {
        netlink_socket::buffer(options.size_or_word("rcvbuf"), LEAST_MESSAGE)
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        capture::Capture::start(session.options)?.run(session)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }

    fn recover(&self) -> Result<Recovered> {
        recover::recover().map(Recovered::done)
    }
}
