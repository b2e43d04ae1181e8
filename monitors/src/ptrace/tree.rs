//! Seizes a process and all its descendants.

use std::collections::HashSet;
use std::fs;

use contract::{Pid, Result};
use nix::errno::Errno;
use nix::unistd::{getpid, gettid};

use super::calls;

/// The tasks now followed, and how many of the descendants refused.
pub(super) fn seize(root: Pid) -> Result<(HashSet<Pid>, u64)> {
    calls::seize(root).map_err(|why| match why {
        Errno::EPERM => format!(
            "ptrace: PTRACE_SEIZE of {root}: {why}: run as root, or end who traces it already"
        ),
        _ => format!("ptrace: PTRACE_SEIZE of {root}: {why}: name a process that lives"),
    })?;
    let own = getpid().as_raw().cast_unsigned();
    let (mut seized, mut processes) = (HashSet::from([root]), vec![root]);
    // What a task begins after it was seized is followed by itself; what it began before, a pass
    // after that finds.
    loop {
        let (before, mut refused, mut at) = (seized.len(), 0, 0);
        while let Some(&process) = processes.get(at) {
            at += 1;
            for task in tasks(process) {
                if !seized.contains(&task) {
                    match calls::seize(task) {
                        Ok(()) => drop(seized.insert(task)),
                        Err(Errno::ESRCH) => {}
                        Err(_) => refused += u64::from(!is_ours(task)),
                    }
                }
                for child in children(process, task) {
                    // To stop oneself would be for good.
                    if child != own && !processes.contains(&child) {
                        processes.push(child);
                    }
                }
            }
        }
        if seized.len() == before {
            return Ok((seized, refused));
        }
    }
}

fn tasks(process: Pid) -> Vec<Pid> {
    let entries = fs::read_dir(format!("/proc/{process}/task"));
    let names = entries.into_iter().flatten().flatten();
    names
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn children(process: Pid, task: Pid) -> Vec<Pid> {
    let path = format!("/proc/{process}/task/{task}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_ascii_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Whether a task that cannot be seized is followed already, since who began it is.
fn is_ours(task: Pid) -> bool {
    let text = fs::read_to_string(format!("/proc/{task}/status")).unwrap_or_default();
    let tracer = text
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|pid| pid.trim().parse() == Ok(gettid().as_raw()))
}
