//! Which hierarchy of control groups is mounted here, and whether groups can be made in it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use contract::Unavailable;

/// What every group's name begins with.
pub(super) const PREFIX: &str = "rollcall-";
/// What groups of version 2 are made for.
pub(super) const CONTROLLERS: [&str; 2] = ["memory", "pids"];
/// The file that lets groups below have controllers.
pub(super) const SUBTREE: &str = "cgroup.subtree_control";
/// The file that lists the processes of a group, and moves one there.
pub(super) const MEMBERS: &str = "cgroup.procs";
/// What is lost where no groups can be made.
const UNMEASURED: &str = "CPU time of a monitor is that of its processes while they live, the events of a \
     command are not counted, and no limit holds what a workload uses";

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
        /// Perf counters count by its groups: perf_event, or version 2 where no mount of version 1 has
        /// that; `None` where neither can be written to.
        perf: Option<PathBuf>,
    },
    /// The one mount point.
    V2(PathBuf),
}

impl Hierarchy {
    /// What is mounted and may be written to; where that is nothing, what is missing and what to do.
    pub(crate) fn find() -> Result<Self, Unavailable> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let none = || {
            let remedy = "mount cgroup2 on /sys/fs/cgroup";
            Unavailable::new("a mounted hierarchy of control groups", remedy)
        };
        let mut found = parse(&mounts).ok_or_else(none)?;
        if let Self::V1 { perf, .. } = &mut found {
            perf.take_if(|root| !writable(root));
        }
        if let Some(root) = found.roots().into_iter().find(|root| !writable(root)) {
            return Err(refused(root));
        }
        if let Self::V2(root) = &found {
            hands_down(root)?;
        }
        Ok(found)
    }

    /// What a record says where there are none.
    pub(crate) fn note(why: &str) -> String {
        format!("no control groups ({why}): {UNMEASURED}")
    }

    /// `v1` or `v2`.
    pub(crate) fn version(&self) -> &'static str {
        match self {
            Self::V1 { .. } => "v1",
            Self::V2(_) => "v2",
        }
    }

    /// The same for groups by which no perf counter counts: each mount more is one more to join.
    pub(crate) fn uncounted(&self) -> Self {
        let mut found = self.clone();
        if let Self::V1 { perf, .. } = &mut found {
            *perf = None;
        }
        found
    }

    pub(super) fn roots(&self) -> Vec<&Path> {
        match self {
            Self::V1 {
                cpuacct,
                memory,
                pids,
                perf,
            } => {
                let three = [cpuacct, memory, pids].into_iter().chain(perf);
                three.map(PathBuf::as_path).collect()
            }
            Self::V2(root) => vec![root],
        }
    }
}

fn writable(path: &Path) -> bool {
    nix::unistd::access(path, nix::unistd::AccessFlags::W_OK).is_ok()
}

fn refused(root: &Path) -> Unavailable {
    let remedy = match nix::unistd::geteuid().is_root() {
        true => "mount it so that it may be written to; a container gets it so by privileged: true",
        false => "run as root",
    };
    Unavailable::new(format!("the right to write to {}", root.display()), remedy)
}

/// Whether a file of a group lists that controller.
pub(super) fn has(group: &Path, file: &str, controller: &str) -> bool {
    let text = fs::read_to_string(group.join(file)).unwrap_or_default();
    text.split_whitespace().any(|word| word == controller)
}

/// Whether groups below this one can have the controllers that they are made for: it has them itself,
/// and hands them down or may begin to. What is in it can move out of the way ([`Hierarchy::clear`]); the
/// very first group, known by having no type, need not be empty.
fn hands_down(root: &Path) -> Result<(), Unavailable> {
    let place = root.display();
    let has_all = |file| CONTROLLERS.iter().all(|one| has(root, file, one));
    if !has_all("cgroup.controllers") {
        let what = format!("the controllers {} in {place}", CONTROLLERS.join(" and "));
        let remedy =
            "delegate them: Delegate=yes of a service, a control group of its own of a container";
        return Err(Unavailable::new(what, remedy));
    }
    let kind = fs::read_to_string(root.join("cgroup.type"));
    match kind.as_deref().map(str::trim) {
        _ if has_all(SUBTREE) => Ok(()),
        Ok("domain") | Err(_) => match writable(&root.join(SUBTREE)) {
            true => Ok(()),
            false => Err(refused(&root.join(SUBTREE))),
        },
        Ok(other) => {
            let what = format!("a group of type domain in {place}, which is {other}");
            Err(Unavailable::new(what, "run in a group of its own"))
        }
    }
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
    let v2 = mounts.iter().find(|mount| mount.kind == "cgroup2");
    let v2 = v2.map(|mount| mount.point.clone());
    if let (Some(cpuacct), Some(memory), Some(pids)) = (v1("cpuacct"), v1("memory"), v1("pids")) {
        return Some(Hierarchy::V1 {
            cpuacct,
            memory,
            pids,
            perf: v1("perf_event").or(v2),
        });
    }
    v2.map(Hierarchy::V2)
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

/// Writes a setting.
pub(super) fn put(path: &Path, value: &str) -> Result<()> {
    fs::write(path, value).with_context(|| format!("{}: cannot be set to {value}", path.display()))
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
        let both = parse(BOTH).unwrap();
        assert_eq!(both.version(), "v1");
        // Perf counters know the groups of version 2, unless a mount of version 1 has them.
        let perf = |found: &Hierarchy| found.roots().last().map(|root| root.display().to_string());
        assert_eq!(perf(&both).as_deref(), Some("/sys/fs/cgroup/unified"));
        assert_eq!(both.uncounted().roots().len(), both.roots().len() - 1);
        let mount = "34 20 0:29 / /sys/fs/cgroup/perf rw - cgroup cgroup rw,perf_event\n";
        let own = parse(&format!("{BOTH}{mount}")).unwrap();
        assert_eq!(perf(&own).as_deref(), Some("/sys/fs/cgroup/perf"));
        let only = BOTH.lines().last().unwrap();
        assert_eq!(
            parse(only),
            Some(Hierarchy::V2("/sys/fs/cgroup/unified".into()))
        );
        assert_eq!(parse(""), None);
    }

    /// A folder with these files.
    fn group(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn version_two_is_used_where_it_has_the_controllers_and_can_hand_them_down() {
        let all = ("cgroup.controllers", "cpu memory pids\n");
        let usable = |files: &[(&str, &str)]| match hands_down(group(files).path()) {
            Ok(()) => String::new(),
            Err(why) => why.to_string(),
        };
        for without in [&[][..], &[("cgroup.controllers", "cpu pids\n")]] {
            let why = usable(&[without, &[(SUBTREE, "")]].concat());
            assert!(why.contains("the controllers memory and pids"), "{why}");
        }
        assert_eq!(usable(&[all, (SUBTREE, "memory pids\n")]), "");
        let first = [all, (SUBTREE, "cpu\n"), (MEMBERS, "1\n")];
        assert_eq!(usable(&first), "");
        // What is in it moves.
        let kind = |kind| [&first[..], &[("cgroup.type", kind)]].concat();
        assert_eq!(usable(&kind("domain\n")), "");
        let why = usable(&kind("domain threaded\n"));
        assert!(why.contains("which is domain threaded"), "{why}");
    }
}
