//! Seizes a process and all its descendants.

use std::collections::HashSet;
use std::fs;

use contract::{Pid, Result};
use nix::errno::Errno;
use nix::unistd::{getpid, gettid};

use super::syscalls;
use crate::common::descendants;

/// The tasks now followed, and how many of the descendants refused.
pub(super) fn all(root: Pid) -> Result<(HashSet<Pid>, u64)> {
    syscalls::seize(root).map_err(|why| match why {
        Errno::EPERM => format!(
            "ptrace: PTRACE_SEIZE of {root}: {why}: run as root, or end the debugger that traces it"
        ),
        _ => format!("ptrace: PTRACE_SEIZE of {root}: {why}: name a process that lives"),
    })?;
    let mut seized = HashSet::from([root]);
    // What a task begins after it was seized is followed by itself; what it began before, a pass
    // after that finds.
    loop {
        let (before, mut refused) = (seized.len(), 0);
        for task in processes(root).into_iter().flat_map(tasks) {
            if seized.contains(&task) {
                continue;
            }
            match syscalls::seize(task) {
                Ok(()) => drop(seized.insert(task)),
                Err(Errno::ESRCH) => {}
                Err(_) => refused += u64::from(!is_ours(task)),
            }
        }
        if seized.len() == before {
            return Ok((seized, refused));
        }
    }
}

/// Without ourselves: to stop oneself would be for good.
fn processes(root: Pid) -> Vec<Pid> {
    let own = getpid().as_raw().cast_unsigned();
    let mut all = descendants::below(root);
    all.retain(|&pid| pid != own);
    all.push(root);
    all
}

fn tasks(process: Pid) -> Vec<Pid> {
    let entries = fs::read_dir(format!("/proc/{process}/task"));
    let names = entries.into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Whether a task that cannot be seized is followed already, since the task that began it is.
fn is_ours(task: Pid) -> bool {
    let text = fs::read_to_string(format!("/proc/{task}/status")).unwrap_or_default();
    let tracer = text
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim().parse() == Ok(gettid().as_raw()))
}
