//! `procfs`: looks at all of /proc again and again.
//!
//! Hook point: none; /proc/PID/stat of every process, and exe and cmdline of one that has executed
//! something. Minimum kernel: 3.5 (the fields). Config: CONFIG_PROC_FS. Capability: none, it runs as
//! the workload's user; without CAP_SYS_PTRACE the kernel hides where the program of another user's
//! process lies, and its exe, and /proc mounted with hidepid hides other users' processes altogether.
//!
//! What it tells: a pid, or its start time, that was not there at the last look is a fork. That a
//! process has executed something since its fork is a flag in stat (PF_FORKNOEXEC); that it did so
//! again shows in where its program and its stack lie, which are drawn anew each time. This is truer
//! than comparing exe and cmdline: a process may write over its cmdline, and may execute the same
//! program again. A pid that is gone or a zombie without threads is an exit; not how. ppid is the
//! parent at that look: whose parent is gone by then has another, and of a process that is just being
//! released the kernel tells none, so that it is missing. Threads are not in /proc's list,
//! and an exec by one keeps pid and start time.
//!
//! What it cannot see: whatever begins and ends between two looks, of several execs all but the last,
//! and where the kernel places programs at fixed addresses (randomize_va_space=0) the same one again.
//!
//! Where the kernel drops: nowhere, it is only asked. How much came and went between two looks nothing
//! tells, so nothing is ever reported as lost. Stamps say when it was seen, none when it happened.
//!
//! Why 10 ms: start times are in ticks of that, so a pid used again within one would not be told
//! apart anyway; and a look costs some ten microseconds for each process there is.
//!
//! It changes nothing, so there is nothing to put back.

mod decode;
mod scan;
mod stat;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use contract::{
    Buffer, Claims, Clock, Counters, Decode, Field, Kind, Monitor, OptionKind, OptionSpec, Options,
    Privilege, Result, Session, Unavailable,
};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::common::proc_details;
use crate::common::process_stat::ProcessStat;
use scan::Scan;

pub(crate) struct Procfs;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "interval",
        default: "10",
        kind: OptionKind::Size,
        about: "milliseconds from the beginning of one look to that of the next; 0 never rests",
    },
    OptionSpec {
        name: "fields",
        default: "base",
        kind: OptionKind::Word(&["base", "all"]),
        about: "looked up of an exec; all: every field but the path that was given, from eight more files",
    },
];

fn detailed(options: &Options) -> bool {
    options.word("fields") == "all"
}

impl Monitor for Procfs {
    fn name(&self) -> &'static str {
        "procfs"
    }

    fn about(&self) -> &'static str {
        "looks at every process in /proc again and again and says what has changed"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn claims(&self, options: &Options) -> Claims {
        let claims = Claims::none(Clock::None)
            .with(Kind::Fork, &[Field::Ppid])
            .with(Kind::Exec, &[Field::Exe, Field::Argv, Field::Ppid])
            .with(Kind::Exit, &[]);
        if detailed(options) {
            return claims.with(Kind::Exec, proc_details::FIELDS);
        }
        claims
    }

    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    fn usual(&self) -> bool {
        false
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        match ProcessStat::of(std::process::id()) {
            Some(_) => Vec::new(),
            None => vec![Unavailable::new(
                "/proc/PID/stat as Linux 3.5 has it",
                "mount /proc",
            )],
        }
    }

    /// There is no queue: it looks at what is there, and what has gone between two looks is missed.
    fn buffer(&self, _: &Options) -> Buffer {
        Buffer::Unbounded
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        let interval = Duration::from_millis(session.options.size("interval"));
        let mut look = Scan::first(detailed(session.options))?;
        (session.ready)(&[])?;
        let (mut looks, mut longest, mut took) = (0_u64, Duration::ZERO, Duration::ZERO);
        let mut stopped = false;
        while !stopped {
            // The look after the word to stop sees what is still to be seen.
            stopped = rest(session, interval.saturating_sub(took))?;
            let began = Instant::now();
            look.again(&mut session.spool)?;
            session.spool.flush()?;
            took = began.elapsed();
            longest = longest.max(took);
            looks += 1;
        }
        let longest = u64::try_from(longest.as_micros())?;
        let notes = [("looks", looks), ("longest_look_us", longest)];
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

/// Waits for the next look; whether it is to be the last.
fn rest(session: &Session<'_>, limit: Duration) -> Result<bool> {
    let mut stop = [PollFd::new(session.stop, PollFlags::POLLIN)];
    match ppoll(&mut stop, Some(TimeSpec::from(limit)), None) {
        Ok(ready) => Ok(ready > 0),
        Err(nix::Error::EINTR) => Ok(false),
        Err(errno) => {
            Err(format!("procfs: ppoll: {errno}: this is a bug, please report it").into())
        }
    }
}
