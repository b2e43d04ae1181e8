//! A control group for each side of a cell: what it used is read there, what it may use is set
//! there. Version 1 and 2, whichever is mounted; the crates for this bring a D-Bus client along
//! for what are a few small files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PREFIX: &str = "rollcall-";

/// Where groups can be made on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hierarchy {
    /// Mount points of the controllers cpuacct, memory and pids.
    V1 {
        /// Counts CPU time.
        cpuacct: PathBuf,
        /// Limits and counts memory.
        memory: PathBuf,
        /// Limits the number of processes.
        pids: PathBuf,
    },
    /// The one mount point.
    V2(PathBuf),
}

impl Hierarchy {
    /// What is mounted and may be written to; `None` when there is nothing (no root, say).
    pub(crate) fn find() -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let found = parse(&mounts)?;
        found
            .roots()
            .iter()
            .all(|root| writable(root))
            .then_some(found)
    }

    /// `v1` or `v2`.
    pub(crate) fn version(&self) -> &'static str {
        match self {
            Self::V1 { .. } => "v1",
            Self::V2(_) => "v2",
        }
    }

    fn roots(&self) -> Vec<&Path> {
        match self {
            Self::V1 {
                cpuacct,
                memory,
                pids,
            } => vec![cpuacct, memory, pids],
            Self::V2(root) => vec![root],
        }
    }

    /// Groups a killed harness left: those of pids that are no longer alive. Whatever still runs
    /// in them is ended, and each is named in the result.
    pub(crate) fn sweep(&self) -> Result<Vec<String>> {
        let mut swept = Vec::new();
        for root in self.roots() {
            for entry in fs::read_dir(root)?.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let owner = name
                    .strip_prefix(PREFIX)
                    .and_then(|rest| rest.split('-').next()?.parse().ok());
                if owner.is_some_and(|owner: i32| kill(Pid::from_raw(owner), None).is_err()) {
                    remove(&entry.path())?;
                    swept.push(format!(
                        "control group {} of a harness that is gone",
                        entry.path().display()
                    ));
                }
            }
        }
        Ok(swept)
    }
}

fn writable(path: &Path) -> bool {
    nix::unistd::access(path, nix::unistd::AccessFlags::W_OK).is_ok()
}

/// From /proc/self/mountinfo. Version 1 wins where both are mounted: an empty version 2 hierarchy
/// beside it has no controllers.
fn parse(mounts: &str) -> Option<Hierarchy> {
    let mounts: Vec<_> = mounts.lines().filter_map(Mount::parse).collect();
    let v1 = |controller: &str| {
        let holds = |options: &str| options.split(',').any(|option| option == controller);
        mounts
            .iter()
            .find(|mount| mount.kind == "cgroup" && holds(mount.options))
            .map(|mount| mount.point.clone())
    };
    if let (Some(cpuacct), Some(memory), Some(pids)) = (v1("cpuacct"), v1("memory"), v1("pids")) {
        return Some(Hierarchy::V1 {
            cpuacct,
            memory,
            pids,
        });
    }
    mounts
        .iter()
        .find(|mount| mount.kind == "cgroup2")
        .map(|mount| Hierarchy::V2(mount.point.clone()))
}

/// A line of /proc/self/mountinfo.
pub(crate) struct Mount<'a> {
    /// Which part of the file system is mounted.
    pub root: &'a str,
    /// Where.
    pub point: PathBuf,
    /// Type of the file system.
    pub kind: &'a str,
    /// Its own options: of control groups the controllers.
    pub options: &'a str,
}

impl<'a> Mount<'a> {
    /// Takes a line apart.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let (mut left, mut right) = (left.split(' ').skip(3), right.split(' '));
        Some(Self {
            root: left.next()?,
            point: PathBuf::from(left.next()?),
            kind: right.next()?,
            options: right.nth(1)?,
        })
    }
}

/// One group; it goes when this is dropped, with every process that is still in it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    hierarchy: Hierarchy,
    name: String,
    removed: bool,
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
        let group = Self {
            hierarchy: hierarchy.clone(),
            name,
            removed: false,
        };
        if let Hierarchy::V2(root) = hierarchy {
            enable(root)?;
        }
        for path in group.paths() {
            match fs::create_dir(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    bail!(
                        "{}: cannot be made ({error}): run as root, or without control groups as a plain user",
                        path.display()
                    );
                }
                _ => {}
            }
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

    /// The files into which a process writes 0 to join.
    pub(crate) fn doors(&self) -> Vec<PathBuf> {
        self.paths()
            .into_iter()
            .map(|path| path.join("cgroup.procs"))
            .collect()
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
        self.paths().iter().try_for_each(|path| remove(path))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if !self.removed {
            for path in self.paths() {
                if let Err(error) = remove(&path) {
                    crate::exit::say(&format!("{error:#}"));
                }
            }
        }
    }
}

/// Lets groups below the root have the controllers they are made for.
fn enable(root: &Path) -> Result<()> {
    let path = root.join("cgroup.subtree_control");
    let on = fs::read_to_string(&path).unwrap_or_default();
    for controller in ["memory", "pids"] {
        if !on.split_whitespace().any(|word| word == controller) {
            put(&path, &format!("+{controller}"))?;
        }
    }
    Ok(())
}

fn put(path: &Path, value: &str) -> Result<()> {
    fs::write(path, value).with_context(|| format!("{}: cannot be set to {value}", path.display()))
}

/// Joins the groups behind `doors`; done by each side of a cell first thing, so that none of its
/// work counts elsewhere.
pub(crate) fn join(doors: &[PathBuf]) -> Result<()> {
    doors.iter().try_for_each(|door| put(door, "0"))
}

/// Ends what is in a group until it can be removed. A forking crowd is held first, where its
/// number can be limited, so that nothing is born while it is being ended.
fn remove(path: &Path) -> Result<()> {
    let limit = path.join("pids.max");
    if limit.exists() {
        put(&limit, "0")?;
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match fs::remove_dir(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                bail!(
                    "{}: cannot be removed ({error}): end what is in it",
                    path.display()
                );
            }
            Err(_) => {}
        }
        let members = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
        for pid in members.lines().filter_map(|line| line.parse().ok()) {
            // Gone already is as good as ended.
            let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &str = "\
30 20 0:25 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpu,cpuacct
31 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 20 0:27 / /sys/fs/cgroup/pids rw shared:9 - cgroup cgroup rw,pids
33 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";

    #[test]
    fn version_one_wins_over_an_empty_version_two() {
        assert_eq!(parse(BOTH).unwrap().version(), "v1");
        let only = BOTH.lines().last().unwrap();
        assert_eq!(
            parse(only),
            Some(Hierarchy::V2("/sys/fs/cgroup/unified".into()))
        );
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_group_counts_and_goes() {
        let Some(hierarchy) = Hierarchy::find() else {
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
}
