//! Which techniques are of one kind: they share a colour, and where there are many they stand
//! together. A tool is of the family of what it reads.

use scoring::Summary;

/// The first words of the names in each family.
const FAMILIES: &[(&str, &[&str])] = &[
    ("library", &["preload", "snoopy"]),
    ("proc connector", &["netlink", "forkstat", "extrace"]),
    ("audit", &["audit", "laurel", "go-audit"]),
    (
        "BPF",
        &["ebpf", "bpftrace", "execsnoop", "exitsnoop", "tracexec"],
    ),
    ("kernel module", &["kmod", "sysdig"]),
    ("perf and ftrace", &["perf", "trace-cmd", "execsnoop-perf"]),
    (
        "polling and accounting",
        &["procfs", "accounting", "taskstats", "acct"],
    ),
    ("ptrace", &["ptrace", "strace", "buildprof"]),
    ("fanotify", &["fanotify"]),
];

/// Family of unknown monitors.
const OTHER: &str = "other";

/// The place of the family of a monitor, by its label, and what it is called.
pub(crate) fn of(label: &str) -> (usize, &'static str) {
    let label = label.strip_prefix("watch-").unwrap_or(label);
    // Of two beginnings the longer one says more.
    let longest = |names: &[&str]| {
        let known = names.iter().filter(|name| label.starts_with(**name));
        known.map(|name| name.len()).max()
    };
    let all = FAMILIES.iter().enumerate();
    let known = all.filter_map(|(place, (_, names))| Some((longest(names)?, place)));
    let found = known.max_by_key(|(length, _)| *length);
    found.map_or((FAMILIES.len(), OTHER), |(_, place)| {
        (place, FAMILIES[place].0)
    })
}

/// What the techniques of one kind are called, by the label of one of them; "other" where it is not known.
pub fn family(label: &str) -> &'static str {
    of(label).1
}

/// Tools have a version of their own; `watch-NAME` is a monitor of this project, live.
pub(crate) fn third_party(summary: &Summary, configuration: &str) -> bool {
    let mut all = summary.record.monitors.iter();
    let is_tool = all.any(|one| one.name == configuration && one.version.is_some());
    is_tool && !configuration.starts_with("watch-")
}
