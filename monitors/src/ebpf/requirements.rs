//! What the `ebpf` monitor needs of a machine. Looks only; changes nothing.

use std::fs;

use caps::{CapSet, Capability, has_cap};
use contract::Unavailable;

use crate::common::{namespaces, reasons};

/// Ring buffers came with it.
const OLDEST: (u32, u32) = (5, 8);
/// From here on BPF memory is no longer charged to RLIMIT_MEMLOCK.
const UNCHARGED: (u32, u32) = (5, 11);
/// From here on tracepoints are called with preemption on.
const PREEMPTIBLE: (u32, u32) = (7, 0);
pub(super) const BTF: &str = "/sys/kernel/btf/vmlinux";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";

/// Everything that is missing.
pub(super) fn missing() -> Vec<Unavailable> {
    let mut missing = Vec::new();
    let mut need = |met: bool, what: &str, remedy: &str| {
        if !met {
            missing.push(Unavailable::new(what, remedy));
        }
    };
    need(
        kernel() >= OLDEST,
        "Linux 5.8 or later",
        "boot a newer kernel; BPF ring buffers came with 5.8",
    );
    need(
        !fs::read_to_string(LOCKDOWN).is_ok_and(|text| text.contains("[confidentiality]")),
        "a kernel that is not locked down for confidentiality",
        "boot without lockdown=confidentiality; it forbids BPF to read kernel memory",
    );
    if !capable() {
        let what = "CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN";
        missing.push(reasons::no_right(what, &["BPF", "PERFMON"]));
    }
    missing.extend(reasons::not_shown(BTF, "CONFIG_DEBUG_INFO_BTF=y"));
    missing.extend(namespaces::missing(
        &["user", "pid", "time"],
        "the programs in the kernel see the pids and the events of the whole host",
    ));
    missing
}

/// Whether BPF memory is charged to RLIMIT_MEMLOCK here.
pub(super) fn charged() -> bool {
    kernel() < UNCHARGED
}

/// Whether a program on a BTF tracepoint may be preempted here.
pub(super) fn preemptible() -> bool {
    kernel() >= PREEMPTIBLE
}

/// Whether the exit tracepoint says here which thread was the last.
#[cfg(test)]
pub(super) fn tells_the_last() -> bool {
    kernel() >= (6, 16)
}

fn capable() -> bool {
    let has = |capability| has_cap(None, CapSet::Effective, capability).unwrap_or(false);
    has(Capability::CAP_SYS_ADMIN) || has(Capability::CAP_BPF) && has(Capability::CAP_PERFMON)
}

/// Major and minor version; 0.0 when it cannot be told, which then reads as too old.
pub(super) fn kernel() -> (u32, u32) {
    let name = nix::sys::utsname::uname();
    name.map(|name| version(&name.release().to_string_lossy()))
        .unwrap_or_default()
}

fn version(release: &str) -> (u32, u32) {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    (next(), next())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn releases_are_read_as_distributions_write_them() {
        assert_eq!(version("6.18.44-fc-v595"), (6, 18));
        assert_eq!(version("5.8-rc1"), (5, 8));
        assert_eq!(version("7.0"), (7, 0));
        assert_eq!(version("none"), (0, 0));
    }
}
