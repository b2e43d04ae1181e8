//! `ptrace`: seizes a process and follows it and all that descends from it, as a debugger would.
//!
//! Hook point: the stops of PTRACE_SEIZE with PTRACE_O_TRACEFORK, VFORK, CLONE and EXEC, and the death
//! of each process, which its tracer hears before its parent. Minimum kernel: 3.4 (PTRACE_SEIZE).
//! Config: none but CONFIG_PROC_FS=y. Capability: CAP_SYS_PTRACE; without it only processes of the
//! same user, and where Yama's ptrace_scope is not 0 none, because no process may trace its own
//! parent.
//!
//! What it follows: the process `pid`, by default the one that started this (the harness in a run, the
//! shell under `harness watch`), with its threads, its descendants, and whatever any of them begins
//! from then on; never itself. Nothing else on the machine. So in a run the harness, too, is stopped
//! by each of its forks: that is what a tracer costs the traced process.
//!
//! What it tells: a fork when the new process stands before its first instruction, an exec when the
//! new program does; a process that stands still can be read in /proc without haste, so ppid, exe and
//! argv are those of the event. An exit with the status that its parent will be given: the kernel lets
//! the parent know when the tracer has been told. A thread's beginning and end are told too, and kept
//! back.
//!
//! When: a stop has no time of its own. No process passes it before it has been received.
//!
//! Where the kernel drops: nowhere. A process whose stop is not yet received stands still, so there is
//! no loss to report, only stall: four stops for a process that is forked, executes and ends, one of
//! them its parent's SIGCHLD. Every signal is a stop, also one that is ignored. A process that is
//! killed before its first instruction may be told neither of fork nor exit. A process that is traced
//! already cannot be followed (`refused`), and one that is followed here cannot be traced otherwise: a
//! debugger inside fails.
//!
//! What escapes it: a process that is made with CLONE_UNTRACED, which any program may pass to clone, with
//! all that descends from it (case/hide-untraced). Without CAP_SYS_PTRACE also what cannot be attached to
//! at the start: other users' processes, those of a user namespace, and those that are not dumpable
//! (PR_SET_DUMPABLE, set-user-id). What is followed already stays followed whatever it sets: dumpable,
//! no_new_privs, a user or pid namespace of its own.
//!
//! What it changes: system calls that a signal interrupts may be seen to be (epoll_wait says EINTR),
//! and without CAP_SYS_PTRACE set-user-id programs run without it. At the end all are let go as
//! they are, running or stopped. If the tracer is killed the kernel does the same, because
//! PTRACE_O_EXITKILL is not asked for; so nothing is left to put back. If it is stopped (SIGSTOP) all
//! wait for it; Ctrl-Z is ignored, because the shell would wait for it too.

mod decode;
mod seize;
mod stop_waker;
mod syscalls;
mod tracer;

#[cfg(test)]
mod tests;

use std::fs;

use caps::{CapSet, Capability};
use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Pid, Result, Session, Unavailable,
};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::getppid;

use stop_waker::StopWaker;
use tracer::Follower;

pub(crate) struct Ptrace;

/// Only there in a kernel with Yama.
const SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "pid",
    default: "0",
    kind: OptionKind::Size,
    about: "the process to follow with all that descends from it; 0 is the one that started this",
}];

impl Monitor for Ptrace {
    fn name(&self) -> &'static str {
        "ptrace"
    }

    fn about(&self) -> &'static str {
        "ptrace: follows a process and all that descends from it, which stand still to be looked at"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, _: &Options) -> Claims {
        Claims::none(Clock::None)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, &[Field::Exe, Field::Argv, Field::Ppid])
            .with(Kind::Exit, &[Field::Status])
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, options: &Options) -> Vec<Unavailable> {
        let pid = options.size("pid");
        let named = i32::try_from(pid).ok().filter(|pid| *pid > 0);
        let named = named.map(nix::unistd::Pid::from_raw);
        // One that may not be signalled lives, too, whether or not /proc shows it.
        let lives = |pid| kill(pid, None) != Err(nix::Error::ESRCH);
        if pid != 0 && !named.is_some_and(lives) {
            return vec![Unavailable::new(
                format!("process {pid}"),
                "name one that lives",
            )];
        }
        let scope = fs::read_to_string(SCOPE).unwrap_or_default();
        let capable = caps::has_cap(None, CapSet::Effective, Capability::CAP_SYS_PTRACE);
        let capable = matches!(capable, Ok(true));
        match scope.trim() {
            "3" => vec![Unavailable::new(
                "kernel.yama.ptrace_scope below 3",
                "boot without that setting: until then no process may trace",
            )],
            "1" | "2" if !capable => {
                let what = "CAP_SYS_PTRACE, or kernel.yama.ptrace_scope=0";
                vec![crate::common::reasons::no_right(what, &["SYS_PTRACE"])]
            }
            _ => Vec::new(),
        }
    }

    /// A process waits for the tracer at each of its stops, so nothing is ever dropped.
    fn buffer(&self, _: &Options) -> Buffer {
        Buffer::Unbounded
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let root = match session.options.size("pid") {
            0 => getppid().as_raw().cast_unsigned(),
            pid => Pid::try_from(pid).map_err(|_| format!("ptrace: pid={pid}: is none"))?,
        };
        // SAFETY: to ignore a signal runs no code of ours.
        unsafe { signal(Signal::SIGTSTP, SigHandler::SigIgn) }
            .map_err(|why| format!("ptrace: signal: {why}: this is a bug, please report it"))?;
        let (seized, refused) = seize::all(root)?;
        // Later than that, or it would be one of them.
        let mut waker = StopWaker::start(session.stop)?;
        let mut follower = Follower::new(seized)?;
        (session.ready)(&[])?;
        follower.run(&mut waker, &mut session.spool)?;
        let unstopped = follower.let_go(&mut session.spool)?;
        let notes = [
            ("stops", follower.stops),
            ("refused", refused),
            ("unstopped", unstopped),
        ];
        let mut counters = Counters::default();
        counters
            .notes
            .extend(notes.map(|(name, count)| (name.into(), count)));
        Ok(counters)
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(decode::Decoder)
    }
}
