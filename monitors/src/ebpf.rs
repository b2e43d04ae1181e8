//! `ebpf`: three small programs in the kernel put every fork, exec and exit into a ring buffer.
//!
//! Hook point: BTF tracepoints sched_process_fork, sched_process_exec, sched_process_exit; or LSM hooks, see below.
//! Minimum kernel: 5.8. Config: CONFIG_BPF_SYSCALL=y, CONFIG_DEBUG_INFO_BTF=y. Capability: CAP_BPF and
//! CAP_PERFMON, or CAP_SYS_ADMIN.
//!
//! Where the kernel drops: the ring is full (`ring_full`), or a program is already running on that CPU
//! (`recursion_misses`); both are counted and reported as lost. What it cannot see: nothing that these
//! hooks are told; pids are those of the initial pid namespace.
//!
//! Reading: the reader rests between two looks (option `rest`), so that the kernel need not wake it for
//! every record. The fill of the ring is the distance of its two positions, read at each look.
//!
//! Since Linux 7.0 BTF tracepoints are called with preemption on. A program that is preempted still
//! counts as running on its CPU, and up to 4 % of a fork bomb was passed over there. So from 7.0 on
//! the hook points are perf events on the tracepoints task_newtask, sched_process_exec and
//! sched_process_exit, which perf calls with preemption off. They also need CONFIG_PERF_EVENTS and
//! tracefs; where these are wanting it is BTF tracepoints as before.
//!
//! CPUs that come, go or are left out: a BTF tracepoint is of no CPU. The perf event is opened on CPU 0, but its
//! program is attached to the tracepoint itself (perf_event_attach_bpf_prog in kernel/trace/bpf_trace.c), and
//! perf_trace_run_bpf_submit runs it on every CPU, also on one that came later, for as long as the event is
//! open. Where CPU 0 is offline at the start the event cannot be opened, and BTF tracepoints serve.
//!
//! exe is the path from the root of the mount tree, as /proc/PID/exe shows it to a reader outside any
//! chroot; a path longer than 4 KiB, or 96 components in its file system, keeps its end. argv is what
//! /proc/PID/cmdline shows at that event, its first 4 KiB: for a script, the interpreter's; and since
//! Linux 5.18 one empty argument where none was passed. The effective user is read with each event.
//!
//! Path and arguments that change while execve is entered do not deceive it (cases race-*): the hook is behind
//! the copy that the kernel made for the new program, of which nothing has run. A hook on the entry of the
//! call (sys_enter_execve) reads the caller's memory before the kernel does.
//!
//! Processes that already run are read from /proc once the programs are attached (option `snapshot`):
//! common/snapshot.rs.
//!
//! More fields (option `fields`): each choice has an exec program of its own, so the default pays for
//! none. On two CPUs with Linux 6.18 the kernel counts 1.3 us for an exec with `base`, 1.7 us with `usual`
//! (path, comm, users, group, login user, session, terminal, start, cgroup, pid namespace and the pid in
//! it: none takes more than 0.1 us, and the start nothing that shows), and 2.3 us with `all`: the working
//! directory is a second walk up a path. tests/cost.rs counts it again. Without CONFIG_AUDIT there is no
//! login user; where control groups of version 2 are not mounted the number is that of their root.
//!
//! On LSM hooks (option `hook=lsm`): exec on bprm_committed_creds, exit on task_free, in the same ring, with the same
//! fields and counters. It takes Linux 5.11, CONFIG_BPF_LSM=y and `bpf` among the active security modules (lsm.rs).
//! What was found:
//! - A fork's pid is told by no LSM hook: in task_alloc the child has the pid of its caller (copy_process calls
//!   alloc_pid later), and the fork may still fail. So forks come by the tracepoint here too.
//! - An exit is late: task_free runs when the last reference to a task goes, in an RCU callback after the parent
//!   has waited. A zombie's exit is not told, and what is still to be freed when the monitor stops is not told.
//! - An exec is told while execve is under way: where the arguments end is not noted yet, so they are walked over, and
//!   an execve that fails from there on, with which its process dies, is told like any other. Of argv the first 2048
//!   arguments are told; more are marked as cut, as more than 4 KiB are.
//! - Since 6.2 the kernel runs such a program again on a CPU where it was preempted; tracepoints pass it over. So the
//!   memory that an exec's record is put together in is taken and given back (`slots_busy` where all is taken).
//!
//! Nothing is pinned, so a killed capture leaves nothing behind.

mod chain_of_causes;
mod decode;
mod links;
mod load;
mod loss_counters;
mod lsm;
mod probe;
mod requirements;
mod ring;
#[cfg(test)]
mod tests;

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Result, Session, Spool, Unavailable,
};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::common::clock;
use crate::common::snapshot::{self, Snapshot};
use probe::{AttachMode, Probe, Told, on_lsm};
use ring::Ring;

/// The reader's rest between two looks at the ring. While it rests the ring is not empty, so the
/// kernel wakes nothing: an event costs a wake-up only when it ends a silence. A rest costs a timer, two
/// switches and cold caches, however long it is; a spool is read later, so it may be long.
const REST: Duration = Duration::from_millis(4);
/// The same in `harness watch`.
const SHORT_REST: Duration = Duration::from_millis(1);
/// When an observer that could not be told of losses just now is told.
const LATER: Duration = Duration::from_millis(250);

/// After so long a silence an observer wants to know that it means something.
const SILENCE: Duration = Duration::from_millis(700);

/// How far behind the return of its parent's wait an exit may be stamped on task_free: an RCU grace period.
const AFTER_RELEASE: u64 = 1_000_000_000;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "hook",
        default: "tracepoint",
        kind: OptionKind::Word(&["tracepoint", "lsm"]),
        about: "where exec and exit are seen: tracepoints, or LSM hooks; forks: always a tracepoint",
    },
    OptionSpec {
        name: "ring",
        default: "16M",
        kind: OptionKind::Size,
        about: "bytes of the ring buffer, a power of two of at least one page",
    },
    OptionSpec {
        name: "rest",
        default: "auto",
        kind: OptionKind::DurationOrAuto,
        about: "time between two reads, 0us: none; auto is 4ms, and 1ms in harness watch",
    },
    OptionSpec {
        name: "fields",
        default: "base",
        kind: OptionKind::Word(&["base", "usual", "all"]),
        about: "told of an exec; base: ppid, exe, argv; usual: all fields but cwd; all: cwd too",
    },
    snapshot::OPTION,
];
/// A fork's or an exit's record of 24 bytes, and the word of 8 before it; an exec takes more.
const LEAST_RECORD: u64 = 32;

pub(crate) struct Ebpf;

impl Monitor for Ebpf {
    fn name(&self) -> &'static str {
        "ebpf"
    }

    fn about(&self) -> &'static str {
        "BTF tracepoints sched_process_fork, exec and exit, through a BPF ring buffer"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, options: &Options) -> Claims {
        let clock = match on_lsm(options) {
            true => Clock::ExitsLate(AFTER_RELEASE),
            false => Clock::Exact,
        };
        Claims::none(clock)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, Told::of(options).fields())
            .with(Kind::Exit, &[Field::Status])
            .with_users()
    }

    fn missing(&self, options: &Options) -> Vec<Unavailable> {
        let mut missing = requirements::missing();
        if on_lsm(options) && missing.is_empty() {
            missing.extend(lsm::missing());
        }
        missing
    }

    fn buffer(&self, options: &Options) -> Buffer {
        Buffer::Bounded {
            capacity: options.size("ring"),
            unit: "bytes",
            least_per_event: LEAST_RECORD,
        }
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        capture(session, AttachMode::here(session.options))
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }
}

fn capture(session: &mut Session<'_>, modes: &[AttachMode]) -> Result<Counters> {
    let (mut probe, mut ring) = Probe::attach(
        ring_size(session.options)?,
        modes,
        Told::of(session.options),
    )?;
    (session.ready)(&[])?;
    let mut snapshot = Snapshot::begin(session)?;
    let rest = match session.options.duration("rest") {
        Some(rest) => rest,
        None if session.spool.is_live() => SHORT_REST,
        None => REST,
    };
    let silence = session.spool.is_live().then_some(SILENCE);
    loop {
        drain(&mut ring, &mut session.spool)?;
        let told = tell(&mut probe, &mut session.spool)?;
        Snapshot::step(&mut snapshot, &mut session.spool)?;
        let due = Snapshot::due(&snapshot);
        if waited(&[session.stop], due.or(Some(rest)).min(Some(rest)))? {
            break;
        }
        if ring.is_empty() {
            let limit = if told { silence } else { Some(LATER) };
            let limit = due.or(limit);
            if !waited(&[session.stop, ring.as_fd()], limit)? && due.is_none() {
                probe.check()?;
            }
        }
    }
    probe.check()?;
    let mut counters = probe.detach()?;
    drain(&mut ring, &mut session.spool)?;
    counters.buffer_peak = Some(ring.peak());
    Ok(counters)
}

/// Tells an observer of losses when it is due; whether there is nothing left to tell.
fn tell(probe: &mut Probe, spool: &mut Spool) -> Result<bool> {
    if !spool.is_live() {
        return Ok(true);
    }
    let due = spool.due();
    if due {
        for (cause, total) in probe.counters()?.reported_lost {
            spool.lost(&cause, total);
        }
    }
    Ok(due)
}

/// The ring the kernel can make: a power of two, in whole pages.
fn ring_size(options: &Options) -> Result<u32> {
    let size = options.size("ring");
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)?.unwrap_or(4096);
    match u32::try_from(size) {
        Ok(ring) if ring.is_power_of_two() && size >= page.cast_unsigned() => Ok(ring),
        _ => Err(format!(
            "ebpf{{ring={}}}: must be a power of two from {page} to 2G: use 16M, say",
            options.word("ring")
        )
        .into()),
    }
}

/// Spools all that is in the ring. Each record has a stamp of its own: one for the batch would be
/// earlier than what arrives while the batch is copied.
fn drain(ring: &mut Ring, spool: &mut Spool) -> Result<()> {
    ring.drain(|record| Ok(spool.write(clock::now(), record)?))?;
    spool.flush()?;
    Ok(())
}

/// Whether one of `sources` became readable within `limit`; `None` waits for as long as it takes.
fn waited(sources: &[BorrowedFd<'_>], limit: Option<Duration>) -> Result<bool> {
    let mut polled: Vec<_> = sources
        .iter()
        .map(|source| PollFd::new(*source, PollFlags::POLLIN))
        .collect();
    loop {
        match ppoll(&mut polled, limit.map(TimeSpec::from), None) {
            Ok(ready) => return Ok(ready > 0),
            Err(nix::Error::EINTR) => {}
            Err(why) => {
                return Err(format!("ebpf: ppoll: {why}: this is a bug, please report it").into());
            }
        }
    }
}
