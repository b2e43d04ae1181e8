//! What one look at a process finds: as much of /proc/PID/stat as tells one process and one program
//! from the next.

use std::os::fd::BorrowedFd;

use contract::Pid;

use crate::common::process_stat::ProcessStat;

/// Forked, and has not executed anything since.
const FORKNOEXEC: u64 = 0x40;

/// What one look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// `None` of one that is just being reaped.
    pub(super) ppid: Option<Pid>,
    /// In ticks since boot: with the pid it names one process.
    pub(super) started: u64,
    /// Whether it has executed something since it was forked.
    pub(super) executed: bool,
    /// Whether it has ended and only waits to be waited for.
    pub(super) ended: bool,
    pub(super) image: Image,
}

/// Which program, as far as this is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// Where its code begins and ends and its stack begins.
    At([u64; 3]),
    /// The kernel does not tell this monitor.
    Hidden,
    /// It has none: a kernel thread, one that has ended, one that is just executing.
    None,
}

impl Stat {
    /// Of the process whose folder in /proc is `dir`.
    pub(super) fn of(dir: BorrowedFd<'_>) -> Option<Self> {
        ProcessStat::in_folder(dir).map(Self::from)
    }
}

impl From<ProcessStat> for Stat {
    fn from(stat: ProcessStat) -> Self {
        Self {
            ppid: stat.ppid,
            started: stat.started,
            executed: stat.flags & FORKNOEXEC == 0,
            // A first thread that has ended stays a zombie as long as others live: no end yet.
            ended: stat.is_dead() && stat.threads <= 1,
            image: match stat.image {
                [1, 1, _] => Image::Hidden,
                [0, ..] | [_, 0, _] | [.., 0] => Image::None,
                place => Image::At(place),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(state: u8, flags: u64, threads: u64, image: [u64; 3]) -> Stat {
        Stat::from(ProcessStat {
            state,
            ppid: Some(3),
            flags,
            threads,
            started: 99,
            image,
        })
    }

    #[test]
    fn a_fork_has_executed_nothing() {
        let wanted = Stat {
            ppid: Some(3),
            started: 99,
            executed: false,
            ended: false,
            image: Image::At([4, 5, 6]),
        };
        assert_eq!(stat(b'S', FORKNOEXEC, 1, [4, 5, 6]), wanted);
        assert!(stat(b'S', 0, 1, [4, 5, 6]).executed);
    }

    #[test]
    fn a_first_thread_that_others_outlive_has_not_ended() {
        let ended = |threads| stat(b'Z', 0, threads, [0; 3]).ended;
        assert_eq!((ended(2), ended(1)), (false, true));
        assert_eq!(stat(b'S', 0, 1, [1, 1, 0]).image, Image::Hidden);
        assert_eq!(stat(b'S', 0, 1, [0; 3]).image, Image::None);
    }
}
