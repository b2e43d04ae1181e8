//! Counts of tracepoints: exact totals of what a process and all that comes from it do.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;

use contract::Result;

use crate::common::perf_event::{self, Attr};

const TRACEPOINT: u32 = 2;
/// Processes that come from the one that is counted are counted too, and all they fork.
const INHERIT: u64 = 1 << 1;
/// `_IOW('$', 6, char *)`, as most architectures have it.
const SET_FILTER: libc::Ioctl = 0x4008_2406;

/// Counts how often the calling thread, and every process and thread that comes from it from now on,
/// passes a tracepoint. Nothing is sampled, so nothing can be lost.
#[derive(Debug)]
pub struct TracepointCounter(File);

impl TracepointCounter {
    /// Of the tracepoint `name` (`sched/sched_process_exec`); with a filter, as ftrace writes it, only
    /// where that holds. An error says what is missing and what to do.
    pub fn new(name: &str, filter: Option<&str>) -> Result<Self> {
        let attr = Attr {
            kind: TRACEPOINT,
            size: Attr::SIZE,
            config: crate::tools::tracepoint(name)?,
            flags: INHERIT,
            ..Attr::default()
        };
        let bad = |call: &str, why: io::Error| format!("{call} of {name}: {why}: run it as root");
        let fd = perf_event::open(&attr, 0, -1).map_err(|why| bad("perf_event_open", why))?;
        if let Some(filter) = filter {
            let filter = CString::new(filter)?;
            // SAFETY: the kernel reads a string with a NUL at its end, which outlives the call.
            if unsafe { libc::ioctl(fd.as_raw_fd(), SET_FILTER, filter.as_ptr()) } < 0 {
                return Err(bad("PERF_EVENT_IOC_SET_FILTER", io::Error::last_os_error()).into());
            }
        }
        Ok(Self(fd.into()))
    }

    /// So far. Complete for processes that have been waited for.
    pub fn count(&self) -> Result<u64> {
        let mut word = [0; 8];
        let read = (&self.0).read_exact(&mut word);
        read.map_err(|why| {
            format!("read of a perf counter: {why}: this is a bug, please report it")
        })?;
        Ok(u64::from_ne_bytes(word))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    #[ignore = "needs root"]
    fn what_comes_from_this_thread_is_counted_and_threads_are_told_apart() {
        let process = "!(clone_flags & 0x10000)";
        let forks = TracepointCounter::new("task/task_newtask", Some(process)).unwrap();
        let all = TracepointCounter::new("task/task_newtask", None).unwrap();
        let execs = TracepointCounter::new("sched/sched_process_exec", None).unwrap();
        let begun = all.count().unwrap();
        std::thread::spawn(|| {}).join().unwrap();
        assert_eq!(forks.count().unwrap(), 0);
        assert_eq!(all.count().unwrap(), begun + 1);
        // The shell forks ten times, and each of them executes.
        let script = "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done; :";
        assert!(
            Command::new("sh")
                .args(["-c", script])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!((forks.count().unwrap(), execs.count().unwrap()), (11, 11));
    }

    #[test]
    fn what_is_no_tracepoint_is_named() {
        let why = TracepointCounter::new("sched/no_such_thing", None).unwrap_err();
        assert!(why.to_string().contains("no_such_thing"), "{why}");
        assert_eq!(why.to_string().lines().count(), 1);
    }
}
