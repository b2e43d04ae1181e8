//! Runs one workload, from inside a process of its own that the harness has already fenced.
//!
//! The runner is the first process's parent: it claims and stamps that slot, waits, sees to it
//! that nothing outlives the run, and checks the ledger before any monitor is judged by it.

mod child;
mod watchdog;

use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use contract::{Counts, Nanos, Result, Script};
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use crate::ledger::shm::Live;
use crate::ledger::{self, slot};

/// How one workload is run.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The folder of the cell, made ready by [`crate::prepare`].
    pub cell: &'a Path,
    /// What is run.
    pub script: &'a Script,
    /// Added to the programs' environment, which is otherwise PATH alone.
    pub env: &'a [(String, String)],
    /// User and group the programs run as. Root must give one; others can only be themselves.
    pub user: Option<(u32, u32)>,
    /// After so long it is stopped, and has failed.
    pub limit: Duration,
    /// Whether events are written down. Without, the same work is done: what a ledger costs is
    /// measured so, and nothing else should be.
    pub stamping: bool,
}

/// What a run was.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Just before the first process was made.
    pub began: Nanos,
    /// Just after it had ended.
    pub ended: Nanos,
    /// Wall time between these, in nanoseconds.
    pub wall_ns: u64,
    /// Events written down: as many as the script expects.
    pub counts: Counts,
}

/// Runs it, leaves the ledger in the cell's folder, and checks that it is whole.
///
/// The calling process must have no other children, and becomes the reaper of orphans. An error
/// says what differed from the script, which call failed, or that time was up; an
/// [`Unavailable`](contract::Unavailable) that this machine has not what a driver needs.
pub fn run(run: &Run<'_>) -> Result<Outcome> {
    set_child_subreaper(true).map_err(|why| format!("prctl(PR_SET_CHILD_SUBREAPER): {why}"))?;
    let live = Live::new(run.script)?;
    live.claim();
    let (ended, status, late) = live_through(run, &live)?;
    let orphans = reap_orphans()?;
    if run.script.driver.is_some() && status.code() == Some(child::CANNOT) {
        return Err(child::why_not(run.cell).into());
    }
    let bytes = live.save(run.cell)?;
    verdict(run, &live, &bytes, late, orphans)?;
    let began = live.u64(child::FORK_AFTER).load(Ordering::SeqCst);
    Ok(Outcome {
        began,
        ended,
        wall_ns: ended - began,
        counts: run.script.expected,
    })
}

/// From the first process's fork to its exit: when it ended, how, and whether it had to be killed.
fn live_through(run: &Run<'_>, live: &Live) -> Result<(Nanos, ExitStatus, bool)> {
    let mut first = child::start(run, live)?;
    let pid = Pid::from_raw(first.id() as i32);
    let watch = watchdog::Watchdog::new(live, pid, run.limit);
    let (ended, late) = watch.around(|| {
        // It stays a zombie for now, so that the watchdog cannot kill somebody else by its pid.
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR)
        {
        }
        now()
    });
    let status = first
        .wait()
        .map_err(|why| format!("waitpid({pid}): {why}"))?;
    if run.stamping {
        child::stamp_end(live, ended, status);
    }
    Ok((ended, status, late))
}

/// Waits for whatever is left of the workload; how many there were. All die with their parents,
/// and in a whole run nothing is left at all.
fn reap_orphans() -> Result<u32> {
    let (mut orphans, begun) = (0, Instant::now());
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(orphans),
            Err(Errno::EINTR) => {}
            Err(why) => return Err(format!("waitpid: {why}").into()),
            Ok(WaitStatus::StillAlive) if begun.elapsed() > Duration::from_secs(5) => {
                return Err("processes of the workload will not end: kill its cgroup".into());
            }
            // Nothing tells when the last of several orphans dies but asking.
            Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(1)),
            Ok(_) => orphans += 1,
        }
    }
}

fn verdict(run: &Run<'_>, live: &Live, bytes: &[u8], late: bool, orphans: u32) -> Result<()> {
    let log = || child::first_words(run.cell);
    if let Some((errno, slot)) = live.failure() {
        let (errno, log) = (Errno::from_raw(errno), log());
        return Err(format!("the process of slot {slot} could not be made: {errno}{log}").into());
    }
    if late {
        let limit = run.limit.as_secs_f32();
        return Err(format!("not done after {limit} s: use a smaller --scale").into());
    }
    if orphans > 0 {
        return Err(format!(
            "{orphans} processes were left without their parents{}",
            log()
        )
        .into());
    }
    if !run.stamping {
        let (used, due) = (live.used(), run.script.slots);
        return if used == due {
            Ok(())
        } else {
            Err(format!("{used} slots of {due} used").into())
        };
    }
    let slots = ledger::slots(bytes)?;
    let (programs, expected) = (run.script.programs.len(), run.script.expected);
    let whole = match run.script.driver {
        Some(_) => ledger::driven(bytes, &slots, programs, expected).map(drop),
        None => ledger::check(&slots, programs, expected),
    };
    whole.map_err(|why| format!("the ledger is not whole: {why}{}", log()).into())
}

/// Now, on CLOCK_MONOTONIC.
fn now() -> Nanos {
    // The call can only fail for a clock the kernel does not know.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    })
}

/// Offset of a field of the first slot.
macro_rules! first_slot {
    ($field:ident) => {
        crate::ledger::slot::HEADER + std::mem::offset_of!(crate::ledger::slot::Slot, $field)
    };
}
use first_slot;

const _: () = assert!(first_slot!(fork_after) == slot::HEADER);
