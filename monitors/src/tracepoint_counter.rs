//! Counts of tracepoints: exact totals of what the processes of a control group do.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use contract::Result;

use crate::common::hotplug::{Change, Hotplug};
use crate::common::perf_event::{self, Attr, Of};

const TRACEPOINT: u32 = 2;
/// `_IOW('$', 6, char *)`, as most architectures have it.
const SET_FILTER: libc::Ioctl = 0x4008_2406;

/// Counts how often the processes of a control group pass a tracepoint, whoever they are and whatever they
/// execute. Nothing is sampled, so nothing can be lost. There is a counter on every CPU: that of one which goes
/// offline keeps its count, and one that comes online has none, which [`TracepointCounter::count`] says.
#[derive(Debug)]
pub struct TracepointCounter {
    counters: Vec<File>,
    hotplug: Hotplug,
    name: String,
}

impl TracepointCounter {
    /// Of the tracepoint `name` (`sched/sched_process_exec`), in the group with this folder; with a filter,
    /// as ftrace writes it, only where that holds. An error says what is missing and what to do.
    pub fn new(group: &Path, name: &str, filter: Option<&str>) -> Result<Self> {
        let folder = File::open(group);
        let folder = folder.map_err(|why| format!("{}: {why}: run it as root", group.display()))?;
        let attr = Attr {
            kind: TRACEPOINT,
            size: Attr::SIZE,
            config: crate::tools::tracepoint(name)?,
            ..Attr::default()
        };
        let filter = filter.map(CString::new).transpose()?;
        let bad = |call: &str, why: io::Error| {
            format!(
                "{call} of {name}: {why}: run it as root, on a kernel with CONFIG_CGROUP_PERF=y"
            )
        };
        let open = |cpu| -> Result<File> {
            let fd = perf_event::open(&attr, &Of::Group(folder.as_fd()), cpu);
            let fd = fd.map_err(|why| bad("perf_event_open", why))?;
            if let Some(filter) = &filter {
                set(&fd, filter).map_err(|why| bad("PERF_EVENT_IOC_SET_FILTER", why))?;
            }
            Ok(fd.into())
        };
        // What comes online from now on is heard.
        let hotplug = Hotplug::listen()?;
        let cpus = hotplug.online().iter();
        Ok(Self {
            counters: cpus.map(|cpu| open(*cpu)).collect::<Result<_>>()?,
            hotplug,
            name: name.to_owned(),
        })
    }

    /// So far, on all CPUs; an error when a CPU came online meanwhile.
    pub fn count(&mut self) -> Result<u64> {
        let changes = self.hotplug.all_changes()?;
        let came = changes.iter().find_map(|change| match change {
            Change::Online(cpu) => Some(*cpu),
            Change::Offline(_) => None,
        });
        if let Some(cpu) = came {
            return Err(format!(
                "{}: CPU {cpu} came online while it was counted, and what happened there is not in the \
                 count: leave the CPUs as they are during a run",
                self.name
            )
            .into());
        }
        let read = |mut file: &File| {
            let mut word = [0; 8];
            file.read_exact(&mut word)
                .map(|()| u64::from_ne_bytes(word))
        };
        let sum: io::Result<u64> = self.counters.iter().map(read).sum();
        sum.map_err(|why| {
            format!("read of a perf counter: {why}: this is a bug, please report it").into()
        })
    }
}

fn set(fd: &OwnedFd, filter: &CString) -> io::Result<()> {
    // SAFETY: the kernel reads a string with a NUL at its end, which outlives the call.
    match unsafe { libc::ioctl(fd.as_raw_fd(), SET_FILTER, filter.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_tracepoint_and_no_group_is_named() {
        let of = |group: &str, name| {
            let why = TracepointCounter::new(Path::new(group), name, None).unwrap_err();
            assert_eq!(why.to_string().lines().count(), 1, "{why}");
            why.to_string()
        };
        assert!(of("/tmp", "sched/no_such_thing").contains("no_such_thing"));
        assert!(of("/no/such/group", "sched/sched_process_exec").starts_with("/no/such/group: "));
    }
}
