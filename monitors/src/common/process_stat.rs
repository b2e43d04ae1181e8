//! /proc/PID/stat: the only reader of it.

use std::os::fd::BorrowedFd;
use std::{fs, time::Duration};

use contract::Pid;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

use super::slurp::slurp;

/// What it says of one process or thread. Fields are numbered as in proc_pid_stat(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// Field 3: a letter, `Z` for a zombie.
    pub state: u8,
    /// Field 4; `None` for 0, which the kernel says of a process that is just being reaped and of
    /// those without a parent.
    pub ppid: Option<Pid>,
    /// Field 9: the kernel's `PF_` flags.
    pub flags: u64,
    /// Field 20: threads of its process.
    pub threads: u64,
    /// Field 22: when it was started, in ticks since boot. With the pid it names one process.
    pub started: u64,
    /// Fields 26 to 28: where its code begins and ends and its stack begins.
    pub image: [u64; 3],
}

impl ProcessStat {
    /// Of the process or thread with this id, if it is there.
    pub fn of(pid: Pid) -> Option<Self> {
        Self::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Of the process whose folder in /proc is `dir`.
    pub(crate) fn in_folder(dir: BorrowedFd<'_>) -> Option<Self> {
        let mut line = [0; 1024];
        let length = slurp(dir, c"stat", &mut line)?;
        Self::parse(&line[..length])
    }

    /// Reads a line. The name in it may hold anything, so counting begins behind its last bracket.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let close = line.iter().rposition(|&byte| byte == b')')?;
        let text = std::str::from_utf8(&line[close + 1..]).ok()?;
        let mut fields = text.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let mut at = 3;
        let mut field = |number: usize| {
            let skipped = number - at - 1;
            at = number;
            fields.nth(skipped)?.parse::<u64>().ok()
        };
        Some(Self {
            state,
            ppid: Pid::try_from(field(4)?).ok().filter(|&ppid| ppid != 0),
            flags: field(9)?,
            threads: field(20)?,
            started: field(22)?,
            image: [field(26)?, field(27)?, field(28)?],
        })
    }

    /// Whether it has ended and only waits to be waited for.
    pub const fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// Length of the tick in which `started` counts.
pub(crate) fn tick() -> Duration {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten();
    let per_second = per_second.and_then(|ticks| u32::try_from(ticks).ok());
    // Every kernel that runs this says 100; it is asked all the same.
    Duration::from_secs(1) / per_second.filter(|&ticks| ticks > 0).unwrap_or(100)
}

/// Time since boot, suspended time included: the clock of `started`.
pub(crate) fn since_boot() -> Duration {
    // The call can only fail for a clock the kernel does not know.
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::MAX, Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let line = b"7 (a) 1 (b\n) S 3 7 7 0 -1 64 1 0 0 0 0 0 0 0 20 0 2 0 99 1 2 3 4 5 6 0 0";
        let stat = ProcessStat {
            state: b'S',
            ppid: Some(3),
            flags: 64,
            threads: 2,
            started: 99,
            image: [4, 5, 6],
        };
        assert_eq!(ProcessStat::parse(line), Some(stat));
        assert_eq!(ProcessStat::parse(b"7 (x"), None);
        assert_eq!(ProcessStat::parse(b"7 (x) S 3"), None);
    }

    #[test]
    fn this_process_is_alive_and_was_started_before_now() {
        let stat = ProcessStat::of(std::process::id()).unwrap();
        assert_eq!(stat.ppid, Some(std::os::unix::process::parent_id()));
        assert!(!stat.is_dead());
        let started = u32::try_from(stat.started).unwrap();
        assert!(tick() * started <= since_boot());
        assert_eq!(ProcessStat::of(u32::MAX), None);
    }
}
