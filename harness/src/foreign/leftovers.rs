//! What a command leaves running when its first process has ended.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use contract::Pid;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

/// So long may orphans take to end by themselves: what takes longer was left running.
const GRACE: Duration = Duration::from_millis(500);

/// So long may what is killed take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long between two looks: nothing but polling tells when the last of several orphans ends.
const LOOK: Duration = Duration::from_millis(1);

/// Waits for the orphans of the calling process, which is their reaper and has no other children; what
/// does not end by itself is ended. `doors` are the `cgroup.procs` files of its control group, where what
/// has found another reaper is listed all the same. The names of what had to be ended.
pub(super) fn end(doors: &[PathBuf]) -> Result<Vec<String>> {
    let begun = Instant::now();
    while any_child()? {
        if begun.elapsed() > GRACE {
            break;
        }
        std::thread::sleep(LOOK);
    }
    let left: Vec<_> = alive(doors).into_iter().filter_map(name).collect();
    let begun = Instant::now();
    loop {
        let alive = alive(doors);
        for &pid in &alive {
            // It fails for one that has ended already.
            let _ = kill(
                nix::unistd::Pid::from_raw(pid.cast_signed()),
                Signal::SIGKILL,
            );
        }
        if !any_child()? && alive.is_empty() {
            return Ok(left);
        }
        if begun.elapsed() > PATIENCE {
            bail!(
                "processes that the command left running do not end: {}",
                left.join(", ")
            );
        }
        std::thread::sleep(LOOK);
    }
}

/// Reaps what has ended; whether a child is left.
fn any_child() -> Result<bool> {
    loop {
        match waitpid(None::<nix::unistd::Pid>, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return Ok(false),
            Ok(WaitStatus::StillAlive) => return Ok(true),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(why) => return Err(why).context("waitpid"),
        }
    }
}

/// The processes of the command that there are now.
fn alive(doors: &[PathBuf]) -> Vec<Pid> {
    let own = std::process::id();
    let mut found = monitors::descendants::below(own);
    for door in doors {
        let text = fs::read_to_string(door).unwrap_or_default();
        let members = text.lines().filter_map(|line| line.parse::<Pid>().ok());
        found.extend(members.filter(|&pid| pid != own));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What a process is called; `None` of one that is not there any more.
fn name(pid: Pid) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(text.trim_end().to_owned())
}
