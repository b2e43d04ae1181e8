//! Runs one workload, from inside a process of its own that the harness has already fenced.
//!
//! The runner is the parent of the first process: it claims and stamps that slot, waits, checks that
//! nothing outlives the run, and writes the ledger.

mod become_user;
mod clock;
mod first_process;
mod request;
mod watchdog;

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use contract::{Nanos, Result, Script, Unavailable};
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

use crate::ledger::manifest::Manifest;
use crate::ledger::shm::SharedLedger;
use crate::programs_log;
pub use become_user::may_become;
use clock::now;
use first_process::{FirstProcess, UNAVAILABLE};
pub use request::{Outcome, Run};
use watchdog::Watchdog;

/// Runs what the folder of the cell was prepared for, and leaves the ledger there. The ledger is
/// checked when it is read: [`crate::ledger::read`].
///
/// The calling process must have no other children, and becomes the reaper of orphans. An error
/// says which call failed, that processes were left, or that time was up; an [`Unavailable`] says
/// what a driver lacks on this machine.
pub fn run(run: &Run<'_>) -> Result<Outcome> {
    set_child_subreaper(true).map_err(|why| format!("prctl(PR_SET_CHILD_SUBREAPER): {why}"))?;
    let manifest = Manifest::read(run.cell)?;
    let script = manifest.script();
    let ledger = SharedLedger::new(&script)?;
    ledger.claim_first();
    let ended = run_first(run, &manifest, &script, &ledger)?;
    let orphans = reap_orphans()?;
    if script.driver.is_some() && ended.status.code() == Some(UNAVAILABLE) {
        return Err(what_the_driver_lacks(run).into());
    }
    ledger.save(run.cell)?;
    check(run, &script, &ledger, &ended, orphans)?;
    Ok(Outcome {
        wall_ns: ended.at - ended.began,
        counts: script.expected,
    })
}

/// How the first process ended.
struct Ended {
    began: Nanos,
    at: Nanos,
    status: ExitStatus,
    timed_out: bool,
}

fn run_first(
    run: &Run<'_>,
    manifest: &Manifest,
    script: &Script,
    ledger: &SharedLedger,
) -> Result<Ended> {
    let mut first = FirstProcess::start(run, manifest, script, ledger)?;
    let pid = first.pid();
    let watched = Watchdog::new(ledger, pid, run.limit).around(|| {
        // It stays a zombie for now, so that the watchdog cannot kill another process with its pid.
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR)
        {
        }
        now()
    });
    let (at, timed_out) = match watched {
        Ok(watched) => watched,
        Err(why) => {
            first.kill()?;
            return Err(format!(
                "a thread cannot be started ({why}): raise the limit on processes (ulimit -u, pids.max)"
            )
            .into());
        }
    };
    let status = first.end(at)?;
    Ok(Ended {
        began: first.began,
        at,
        status,
        timed_out,
    })
}

/// Waits for what is left of the workload; how many processes that were. All die with their parents,
/// and a complete run leaves none.
fn reap_orphans() -> Result<u32> {
    let (mut orphans, begun) = (0, Instant::now());
    loop {
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(orphans),
            Err(Errno::EINTR) => {}
            Err(why) => return Err(format!("waitpid: {why}").into()),
            Ok(WaitStatus::StillAlive) if begun.elapsed() > Duration::from_secs(5) => {
                return Err("processes of the workload do not end: kill its control group".into());
            }
            // Nothing but polling tells when the last of several orphans dies.
            Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(1)),
            Ok(_) => orphans += 1,
        }
    }
}

fn check(
    run: &Run<'_>,
    script: &Script,
    ledger: &SharedLedger,
    ended: &Ended,
    orphans: u32,
) -> Result<()> {
    let log = || programs_log::note(run.cell);
    if let Some((errno, slot)) = ledger.failure() {
        let (errno, log) = (Errno::from_raw(errno), log());
        return Err(format!("the process of slot {slot} could not be made: {errno}{log}").into());
    }
    if ended.timed_out {
        let limit = run.limit.as_secs_f32();
        return Err(format!("stopped after {limit} s: use a smaller --scale").into());
    }
    if orphans > 0 {
        return Err(format!("{orphans} processes outlived their parents{}", log()).into());
    }
    let (used, expected) = (ledger.used(), script.slots);
    if !run.stamping && used != expected {
        return Err(format!("{used} slots of {expected} used{}", log()).into());
    }
    Ok(())
}

/// A driver names what it lacks and the remedy on stderr.
fn what_the_driver_lacks(run: &Run<'_>) -> Unavailable {
    let line = programs_log::first_line(run.cell).unwrap_or_default();
    let (missing, remedy) = line
        .split_once(": ")
        .unwrap_or((&line, "use another machine"));
    Unavailable::new(missing, remedy)
}
