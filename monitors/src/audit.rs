//! `audit`: the kernel's audit system, with the monitor's own rules, removed afterwards.
//!
//! Hook point: the exit of the system calls fork, vfork, clone, clone3, execve and execveat, and
//! the end of a thread inside exit and exit_group; for 64-bit programs and for 32-bit ones. The
//! monitor registers itself as the audit daemon; where a living one is registered already, it
//! listens beside it on the multicast group AUDIT_NLGRP_READLOG and leaves it alone.
//!
//! Minimum kernel: 3.16 (multicast; 4.11 to be trusted with a daemon's death). Config: CONFIG_AUDIT=y,
//! CONFIG_AUDITSYSCALL=y. Capability: CAP_AUDIT_CONTROL, for multicast also CAP_AUDIT_READ,
//! for its buffer CAP_NET_ADMIN. It must be
//! in the initial user and pid namespaces, and needs settings that are not locked and no rule of others
//! that hides what it watches.
//!
//! Where the kernel drops: in its queue, when that has stayed longer than `backlog` for `wait`
//! (counted in `lost`, in records, not events; a lost record uses up no serial number); and, only as a
//! listener beside a daemon, in the socket (its `Drops`, which never reach `lost`). As the daemon, a
//! full socket holds kauditd up, then the queue fills, then system calls wait: the price of losing
//! nothing is stall, see `backlog_wait_ms`. When the daemon does not read for half a second, records
//! that wait to be sent again are dropped and not counted, unless the machine was booted with `audit=1`:
//! these have a serial number each, and the gaps are reported as `unsent` (see serials.rs).
//!
//! What it cannot see: a process that is killed by a signal ends in no system call. A signal that
//! dumps core leaves an ANOM_ABEND record, and so an exit without status (whether a core was written
//! is part of the status and not told); SIGKILL, SIGTERM and the like leave nothing. A process that
//! was started before auditing was first switched on since boot has no audit context: what it does
//! itself, forks included, is never recorded, what its children do is. A fork inside a nested pid
//! namespace is recorded with the pid it has there, as the call returned it: which process that is
//! shows when it does something itself (see process_tracker.rs), and not at all when it is killed
//! before. The `argv` of a script has its interpreter before it, as in /proc/PID/cmdline.
//!
//! Path and arguments that change while execve is entered do not deceive it (cases race-*): the kernel writes
//! both down from its own copies, at the exit of the call.
//!
//! Order: a record is queued when its system call ends (audit_syscall_exit in kernel/auditsc.c), that of a fork
//! when the parent leaves the call. By then the child may have run on another CPU, executed, forked and
//! ended; so its exec may be delivered before its fork, and a grandchild before its parent. The stamps are right.
//!
//! What stays behind: the kernel gives every process an audit context from the first switching-on
//! until reboot, which makes their system calls a little slower; no setting undoes that.

mod bounded_map;
mod capture;
mod decode;
mod execve;
mod fill;
mod interference;
mod process_tracker;
mod record;
mod rules;
mod saved_state;
mod serials;
mod session;
mod syscall_table;
mod wire;

#[cfg(test)]
mod tests;

use caps::{CapSet, Capability};
use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Recovered, Result, Session, Unavailable,
};
use nix::errno::Errno;

use crate::common::{namespaces, reasons};

/// Never too late, but for the error of the offset, which is told anew after half a millisecond.
const LATE: u64 = 1_000_000;

/// Everything of the kernel's audit system that a monitor changes: equal before and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    settings: [u32; 5],
    pid: u32,
    rules: Vec<rules::Rule>,
}

impl State {
    /// As it is now. Reading it takes CAP_AUDIT_CONTROL.
    pub fn now() -> Result<Self> {
        let mut control = wire::Control::open()?;
        let status = control.status()?;
        let settings = wire::Field::KEPT.map(|field| status.of(field));
        Ok(Self {
            settings,
            pid: status.pid,
            rules: control.rules()?,
        })
    }
}

/// The monitor's rules and settings for a third-party audit daemon while that is measured.
pub(crate) struct SessionForTool {
    audit: session::AuditSession,
    lost: u32,
}

impl SessionForTool {
    /// Everything that is missing for it: what [`Audit`] needs, and that no other daemon is there.
    pub(crate) fn missing() -> Vec<Unavailable> {
        let mut missing = missing();
        let there = missing
            .is_empty()
            .then(session::AuditSession::daemon)
            .flatten();
        missing.extend(there.map(|pid| {
            Unavailable::new(
                format!("an audit system without a daemon (process {pid} is one)"),
                "stop it while measuring",
            )
        }));
        missing
    }

    /// Makes the settings what they must be.
    pub(crate) fn enter() -> Result<Self> {
        let options = Options::new("audit", OPTIONS, [])?;
        let mut audit = session::AuditSession::enter(&options, &rules::NEEDLESS_TO_A_DAEMON)?;
        audit.settle()?;
        Ok(Self { audit, lost: 0 })
    }

    /// From here on events are recorded.
    pub(crate) fn arm(&mut self) -> Result<()> {
        self.lost = self.audit.lost()?;
        self.audit.arm()
    }

    /// From here on they are not. How many records the kernel lost.
    pub(crate) fn disarm(&mut self) -> Result<u64> {
        self.audit.disarm()?;
        Ok(self.audit.lost()?.wrapping_sub(self.lost).into())
    }

    /// Puts everything back; also a daemon that was killed is no longer registered then.
    pub(crate) fn leave(self) -> Result<()> {
        self.audit.bury()?.leave()
    }
}

/// The arguments that an EXECVE record tells, in the form of [`contract::argv_bytes`].
pub(crate) fn arguments(fields: &[u8]) -> Vec<u8> {
    let mut arguments = execve::Arguments::default();
    arguments.take(fields);
    arguments.bytes().to_vec()
}

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "backlog",
        default: "64k",
        kind: OptionKind::SizeOrKernel,
        about: "records the kernel may queue (backlog_limit), or kernel: as found",
    },
    OptionSpec {
        name: "wait",
        default: "15000",
        kind: OptionKind::SizeOrKernel,
        about: "jiffies a call waits for room in the queue before its record is lost, or kernel",
    },
    OptionSpec {
        name: "rcvbuf",
        default: "32M",
        kind: OptionKind::SizeOrKernel,
        about: "bytes of the socket's receive buffer, or kernel: as it comes",
    },
    OptionSpec {
        name: "fields",
        default: "base",
        kind: OptionKind::Word(&["base", "all"]),
        about: "told of an exec; all: path, comm, cwd, users, group, terminal too, by four more records",
    },
    OptionSpec {
        name: "exclusions",
        default: "0",
        kind: OptionKind::Size,
        about: "rules that exclude users without a process, before its own: what a white list costs",
    },
];

pub(crate) struct Audit;

impl Monitor for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn about(&self) -> &'static str {
        "audit netlink with its own rules on fork, exec and exit system calls"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, options: &Options) -> Claims {
        let clock = Clock::Coarse {
            early: decode::EARLY,
            late: LATE,
        };
        let claims = Claims::none(clock)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, &[Field::Exe, Field::Argv, Field::Ppid])
            .with(Kind::Exit, &[Field::Status])
            .with_users();
        if session::detailed(options) {
            return claims.with(Kind::Exec, &DETAILS);
        }
        claims
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        missing()
    }

    fn buffer(&self, options: &Options) -> Buffer {
        fill::buffer(options)
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        capture::capture(session)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder::default())
    }

    fn recover(&self) -> Result<Recovered> {
        session::recover().map(Recovered::done)
    }
}

/// What the records of an exec tell beside.
const DETAILS: [Field; 8] = [
    Field::Path,
    Field::Comm,
    Field::Cwd,
    Field::Uid,
    Field::Euid,
    Field::Gid,
    Field::Auid,
    Field::Tty,
];

fn missing() -> Vec<Unavailable> {
    let mut missing = Vec::new();
    if syscall_table::here().is_empty() {
        missing.push(Unavailable::new(
            "the system call numbers of this machine",
            "use x86_64 or aarch64, or add them to monitors/src/audit/syscall_table.rs",
        ));
    }
    for wanted in [
        Capability::CAP_AUDIT_CONTROL,
        Capability::CAP_AUDIT_READ,
        Capability::CAP_NET_ADMIN,
    ] {
        if !caps::has_cap(None, CapSet::Effective, wanted).unwrap_or(false) {
            let name = wanted.to_string();
            missing.push(reasons::no_right(&name, &[name.trim_start_matches("CAP_")]));
        }
    }
    match missing.is_empty() {
        true => missing.extend(refusal()),
        // A right that is given helps there alone.
        false => missing.extend(namespaces::missing(
            &["user", "pid"],
            "the kernel takes audit rules of no other process",
        )),
    }
    missing
}

/// What the kernel itself has against it.
fn refusal() -> Option<Unavailable> {
    let mut control = match wire::Control::open() {
        Ok(control) => control,
        Err(error) => {
            let config = "CONFIG_AUDIT=y, not booted with audit=0";
            let what = "socket(NETLINK_AUDIT)";
            return Some(reasons::no_descriptor(what, wire::errno(&error), config));
        }
    };
    let answers = control
        .status()
        .and_then(|status| Ok((status, control.rules()?)));
    let (status, rules) = match answers {
        Ok(answers) => answers,
        Err(error) => return Some(refused(error)),
    };
    session::locked(&status).or_else(|| {
        let rule = rules.iter().find_map(rules::Rule::blinds)?;
        Some(Unavailable::new(
            format!("audit rules without {rule}, which hides what it watches"),
            "remove that rule with auditctl -d while measuring",
        ))
    })
}

fn refused(error: Errno) -> Unavailable {
    if !matches!(error, Errno::EPERM | Errno::ECONNREFUSED) {
        let remedy = "end what keeps the kernel from answering";
        return Unavailable::new(format!("an answer to AUDIT_GET ({error})"), remedy);
    }
    Unavailable::new(
        format!("the initial user and pid namespaces (AUDIT_GET: {error})"),
        namespaces::remedy("pid"),
    )
}
