//! A control group for each side of a cell: what it used is read there, what it may use is set
//! there. Version 1 and 2, whichever is mounted; the crates for this bring a D-Bus client along
//! for what are a few small files.

mod hierarchy;
mod leaf;
mod leftovers;
mod make;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::fcntl::Flock;

pub(crate) use hierarchy::{Hierarchy, Mount};
use hierarchy::{MEMBERS, PREFIX, put};
pub(crate) use leaf::Leaf;
use make::{enable, make};

/// One group; it goes when this is dropped, with every process that is still in it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    hierarchy: Hierarchy,
    name: String,
    removed: bool,
    /// On each of its folders: see [`leftovers`].
    locks: Vec<Flock<File>>,
}

/// What a group may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Processes and threads.
    pub pids: u64,
    /// Bytes.
    pub memory: u64,
}

impl Cgroup {
    /// Makes a group called after this process and `part`.
    pub(crate) fn new(hierarchy: &Hierarchy, part: &str, limits: Option<Limits>) -> Result<Self> {
        let name = format!("{PREFIX}{}-{part}", std::process::id());
        let mut group = Self {
            hierarchy: hierarchy.clone(),
            name,
            removed: false,
            locks: Vec::new(),
        };
        if let Hierarchy::V2(root) = hierarchy {
            enable(root)?;
        }
        for path in group.paths() {
            group.locks.push(make(&path)?);
        }
        if let Some(limits) = limits {
            group.limit(limits)?;
        }
        Ok(group)
    }

    fn paths(&self) -> Vec<PathBuf> {
        self.hierarchy
            .roots()
            .iter()
            .map(|root| root.join(&self.name))
            .collect()
    }

    /// The folder by which perf counters know the group; `None` where they cannot count by groups.
    pub(crate) fn counted(&self) -> Option<PathBuf> {
        let root = match &self.hierarchy {
            Hierarchy::V1 { perf, .. } => perf.as_ref()?,
            Hierarchy::V2(root) => root,
        };
        Some(root.join(&self.name))
    }

    /// The files that list its processes, by which one joins ([`join`]).
    pub(crate) fn doors(&self) -> Vec<PathBuf> {
        let paths = self.paths().into_iter();
        paths.map(|path| path.join(MEMBERS)).collect()
    }

    fn file(&self, v1: impl Fn(&Hierarchy) -> Option<(&Path, &'static str)>, v2: &str) -> PathBuf {
        match v1(&self.hierarchy) {
            Some((root, file)) => root.join(&self.name).join(file),
            None => self.paths().remove(0).join(v2),
        }
    }

    fn limit(&self, limits: Limits) -> Result<()> {
        let pids = self.file(
            |h| match h {
                Hierarchy::V1 { pids, .. } => Some((pids, "pids.max")),
                Hierarchy::V2(_) => None,
            },
            "pids.max",
        );
        put(&pids, &limits.pids.to_string())?;
        let memory = self.memory("memory.limit_in_bytes", "memory.max");
        put(&memory, &limits.memory.to_string())
    }

    /// Bytes that its processes may have.
    pub(crate) fn memory_limit(&self) -> Option<u64> {
        let text = fs::read_to_string(self.memory("memory.limit_in_bytes", "memory.max")).ok()?;
        text.trim().parse().ok()
    }

    /// Whether the kernel has ended processes in it because they needed more memory than that.
    pub(crate) fn out_of_memory(&self) -> bool {
        let events = self.memory("memory.oom_control", "memory.events");
        let text = fs::read_to_string(events).unwrap_or_default();
        let killed = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        killed.is_some_and(|count| count.trim() != "0")
    }

    fn memory(&self, v1: &'static str, v2: &str) -> PathBuf {
        self.file(
            |h| match h {
                Hierarchy::V1 { memory, .. } => Some((memory, v1)),
                Hierarchy::V2(_) => None,
            },
            v2,
        )
    }

    /// CPU time used so far by everything that was ever in it, in nanoseconds.
    pub(crate) fn cpu_ns(&self) -> Result<u64> {
        let path = self.file(
            |h| match h {
                Hierarchy::V1 { cpuacct, .. } => Some((cpuacct, "cpuacct.usage")),
                Hierarchy::V2(_) => None,
            },
            "cpu.stat",
        );
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        let value = match self.hierarchy {
            Hierarchy::V1 { .. } => text.trim().parse().ok(),
            Hierarchy::V2(_) => text
                .lines()
                .find_map(|line| line.strip_prefix("usage_usec ")?.parse::<u64>().ok())
                .map(|us| us * 1000),
        };
        value.with_context(|| format!("{}: holds no CPU time", path.display()))
    }

    /// Ends everything in it and removes it.
    pub(crate) fn remove(mut self) -> Result<()> {
        self.removed = true;
        self.paths()
            .iter()
            .try_for_each(|path| leftovers::remove(path))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if !self.removed {
            for path in self.paths() {
                if let Err(error) = leftovers::remove(&path) {
                    crate::exit::say(&format!("{error:#}"));
                }
            }
        }
    }
}

/// Joins the groups behind `doors`; done by each side of a cell first thing, so that none of its
/// work counts elsewhere, and while it has one thread. Where a thread can join alone (version 1) that is taken: to
/// move a whole process the kernel waits until no other forks or exits, for up to 25 ms, and lets forks
/// and exits take their slow path for a while after.
pub(crate) fn join(doors: &[PathBuf]) -> Result<()> {
    for door in doors {
        let alone = door.with_file_name("tasks");
        let door = if alone.exists() { &alone } else { door };
        put(door, "0")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_counts_and_goes() {
        let Ok(hierarchy) = Hierarchy::find() else {
            println!("skipped: control groups cannot be made here (not root?)");
            return;
        };
        let group = Cgroup::new(
            &hierarchy,
            "test",
            Some(Limits {
                pids: 10,
                memory: 64 << 20,
            }),
        )
        .unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("100")
            .spawn()
            .unwrap();
        for door in group.doors() {
            fs::write(door, child.id().to_string()).unwrap();
        }
        group.cpu_ns().unwrap();
        let paths = group.paths();
        group.remove().unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(paths.iter().all(|path| !path.exists()));
    }

    #[test]
    fn a_group_is_left_when_no_process_holds_it_whatever_pid_it_is_called_after() {
        let Ok(hierarchy) = Hierarchy::find() else {
            println!("skipped: control groups cannot be made here (not root?)");
            return;
        };
        let held = Cgroup::new(&hierarchy, "held", None).unwrap();
        let left = hierarchy.roots()[0].join(format!("{PREFIX}{}-left", std::process::id()));
        fs::create_dir(&left).unwrap();
        let found = hierarchy.sweep();
        let named = |path: &Path| {
            let path = path.display().to_string();
            found.done.iter().any(|line| line.contains(&path))
        };
        assert!(named(&left) && !left.exists(), "{found:?}");
        let paths = held.paths();
        assert!(paths.iter().all(|path| path.exists() && !named(path)));
        held.remove().unwrap();
    }
}
