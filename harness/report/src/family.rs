//! Which techniques are of one kind: they share a colour, and where there are many they stand
//! together. A tool is of the family of what it reads.

/// The first words of the names in each family.
const FAMILIES: &[(&str, &[&str])] = &[
    ("library", &["preload", "snoopy"]),
    ("proc connector", &["netlink", "forkstat", "extrace"]),
    ("audit", &["audit", "laurel", "go-audit"]),
    ("BPF", &["ebpf", "bpftrace", "execsnoop", "exitsnoop"]),
    ("kernel module", &["kmod", "sysdig"]),
    ("perf and ftrace", &["perf", "trace-cmd"]),
    (
        "polling and accounting",
        &["procfs", "accounting", "taskstats", "acct"],
    ),
    ("ptrace", &["ptrace", "tracexec", "strace"]),
    ("fanotify", &["fanotify"]),
];

/// Family of unknown monitors.
const OTHER: &str = "other";

/// The place of the family of a monitor, by its label, and what it is called.
pub(crate) fn of(label: &str) -> (usize, &'static str) {
    let label = label.strip_prefix("watch-").unwrap_or(label);
    let known = |(_, names): &(&str, &[&str])| names.iter().any(|name| label.starts_with(name));
    let found = FAMILIES.iter().position(known);
    found.map_or((FAMILIES.len(), OTHER), |place| (place, FAMILIES[place].0))
}

/// What the techniques of one kind are called, by the label of one of them; "other" where it is not known.
pub fn family(label: &str) -> &'static str {
    of(label).1
}
