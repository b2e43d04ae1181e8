//! A group of processes that gets only a share of one CPU.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The kernel's period of a quota.
const PERIOD_US: u32 = 100_000;

/// How many this process has made: tests run side by side, and each takes its own group away.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The group, with one inside for processes. It goes when dropped.
pub(crate) struct Quota(PathBuf);

impl Quota {
    /// A group called after `name` with so many per cent of a CPU, where the kernel has quotas for
    /// control groups, in version 1 or 2.
    pub(crate) fn new(name: &str, percent: u32) -> Option<Self> {
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{made}", std::process::id());
        let quota_us = PERIOD_US / 100 * percent;
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mounts = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>());
        for mount in mounts {
            let holds = |name: &str| mount[3].split(',').any(|option| option == name);
            let (file, value) = match mount[2] {
                "cgroup" if holds("cpu") => ("cpu.cfs_quota_us", quota_us.to_string()),
                "cgroup2" => ("cpu.max", format!("{quota_us} {PERIOD_US}")),
                _ => continue,
            };
            let quota = Self(PathBuf::from(mount[1]).join(&name));
            fs::create_dir_all(quota.0.join("inside")).unwrap();
            if fs::write(quota.0.join(file), value).is_ok() {
                return Some(quota);
            }
        }
        None
    }

    /// The file into which a process is written to be held back.
    pub(crate) fn door(&self) -> PathBuf {
        self.0.join("inside/cgroup.procs")
    }

    /// The file into which a process is written to be held back no longer.
    #[allow(dead_code, reason = "each test file uses its part of it")]
    pub(crate) fn way_out(&self) -> PathBuf {
        self.0
            .parent()
            .unwrap_or(Path::new("/"))
            .join("cgroup.procs")
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        for group in [self.0.join("inside"), self.0.clone()] {
            let removed = fs::remove_dir(&group);
            assert!(
                removed.is_ok() || std::thread::panicking(),
                "{}: {removed:?}",
                group.display()
            );
        }
    }
}
