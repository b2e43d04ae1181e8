//! The two sides of a cell, found from outside.

use std::fs;

use nix::unistd::Pid;

/// The monitor and the workload of the cell in a folder of that name, once both run.
pub(crate) fn of(run: u32, cell: &str) -> Option<(Pid, Pid)> {
    let children = children(run);
    let side = |name: &str| {
        let is_it = |pid: &&Pid| is_side(**pid, name, cell);
        children.iter().find(is_it).copied()
    };
    side("monitor").zip(side("workload"))
}

/// Whether it is a living `harness SIDE` of that cell. What has ended has no command line.
pub(crate) fn is_side(pid: Pid, side: &str, cell: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    let mut words = line.split('\0');
    words.nth(1) == Some(side) && words.any(|word| word.contains(cell))
}

/// How many processes and threads the machine has made.
pub(crate) fn processes_made() -> u64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let line = stat
        .lines()
        .find_map(|line| line.strip_prefix("processes "));
    line.unwrap().parse().unwrap()
}

fn children(parent: u32) -> Vec<Pid> {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let own = |pid: &u32| {
        let stat = monitors::ProcessStat::of(*pid);
        stat.is_some_and(|stat| stat.ppid == Some(parent))
    };
    pids.filter(own)
        .map(|pid| Pid::from_raw(pid.cast_signed()))
        .collect()
}
