//! CPU time that a quota kept from this process: `cpu.stat` of its control group and of every
//! group around it that can be seen from here, version 1 and 2.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cgroup::Mount;

/// So far, in nanoseconds, all groups and CPUs together. A group without a quota has none.
pub(super) fn throttled_ns() -> u64 {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let groups = groups(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"));
    let stats = groups.iter().map(|group| group.join("cpu.stat"));
    stats
        .filter_map(|stat| parse(&fs::read_to_string(stat).ok()?))
        .sum()
}

/// The folders of the process's own group and of those around it, where CPU time is limited.
fn groups(mounts: &str, own: &str) -> Vec<PathBuf> {
    let mounts: Vec<_> = mounts.lines().filter_map(Mount::parse).collect();
    let lines = own.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        Some((parts.next()?, parts.next()?))
    });
    let limited = lines.filter(|(names, _)| names.is_empty() || is_one_of("cpu", names));
    limited
        .filter_map(|(names, path)| {
            let mount = mounts.iter().find(|mount| match names {
                "" => mount.kind == "cgroup2",
                _ => mount.kind == "cgroup" && is_one_of("cpu", mount.options),
            })?;
            Some(upwards(mount, path))
        })
        .flatten()
        .collect()
}

fn is_one_of(name: &str, names: &str) -> bool {
    names.split(',').any(|one| one == name)
}

/// From the group at `path` up to what is mounted. A mount may show a part of the hierarchy only,
/// which the process's path begins with, or be outside of it: then its top is all there is to see.
fn upwards(mount: &Mount<'_>, path: &str) -> Vec<PathBuf> {
    let below = Path::new(path).strip_prefix(mount.root);
    let below = below.ok().filter(|below| !below.starts_with(".."));
    let own = mount.point.join(below.unwrap_or(Path::new("")));
    let all = own.ancestors().map(Path::to_owned);
    all.take_while(|group| group.starts_with(&mount.point))
        .collect()
}

/// Version 1 counts nanoseconds, version 2 microseconds.
fn parse(stat: &str) -> Option<u64> {
    let number = |name: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(name));
        line?.trim().parse::<u64>().ok()
    };
    number("throttled_time ").or_else(|| number("throttled_usec ").map(|us| us * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
41 31 0:38 /pod /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw
";

    #[test]
    fn its_own_group_and_all_around_it_are_asked() {
        let found = groups(MOUNTS, "5:cpuset:/set\n2:cpu,cpuacct:/a/b\n0::/pod/c\n");
        let due = ["cpu/a/b", "cpu/a", "cpu", "unified/c", "unified"];
        let due = due.map(|group| Path::new("/sys/fs/cgroup").join(group));
        assert_eq!(found, due);
    }

    #[test]
    fn of_a_group_outside_of_what_is_mounted_the_top_is_asked() {
        let found = groups(MOUNTS, "0::/../other\n");
        assert_eq!(found, [PathBuf::from("/sys/fs/cgroup/unified")]);
        assert!(groups("", "0::/\n").is_empty());
    }

    #[test]
    fn both_versions_are_read() {
        let first = "nr_periods 9\nnr_throttled 3\nthrottled_time 1234567\nnr_bursts 0\n";
        assert_eq!(parse(first), Some(1_234_567));
        let second = "usage_usec 5\nnr_periods 9\nnr_throttled 3\nthrottled_usec 1234\n";
        assert_eq!(parse(second), Some(1_234_000));
        assert_eq!(parse("usage_usec 5\n"), None);
    }
}
