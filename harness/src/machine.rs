//! The machine a record is made on, as far as it decides the figures.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use contract::LANE;

use crate::cgroup::Hierarchy;
use scoring::record::Machine;

/// Kernel settings without which a technique cannot run, or which change what it costs.
const SETTINGS: &[&str] = &[
    "CONFIG_CONNECTOR",
    "CONFIG_PROC_EVENTS",
    "CONFIG_AUDIT",
    "CONFIG_AUDITSYSCALL",
    "CONFIG_BPF_SYSCALL",
    "CONFIG_DEBUG_INFO_BTF",
    "CONFIG_BPF_JIT",
    "CONFIG_KPROBES",
    "CONFIG_MODULES",
    "CONFIG_FTRACE_SYSCALLS",
    "CONFIG_TASKSTATS",
    "CONFIG_BSD_PROCESS_ACCT_V3",
    "CONFIG_FANOTIFY",
    "CONFIG_IA32_EMULATION",
    "CONFIG_USER_NS",
    "CONFIG_HZ",
    "CONFIG_PREEMPT_DYNAMIC",
];

/// Describes this machine, whose control groups are these.
pub(crate) fn describe(hierarchy: Option<&Hierarchy>) -> Machine {
    let uname = nix::sys::utsname::uname().ok();
    let field = |get: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        uname
            .as_ref()
            .map(|names| get(names).to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let kernel = field(|names| names.release());
    Machine {
        config: config(&kernel),
        arch: field(|names| names.machine()),
        kernel,
        cpu: key("/proc/cpuinfo", "model name").unwrap_or_default(),
        cpus: cpus(),
        memory_bytes: key("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
            .map_or(0, |kib| kib * 1024),
        correctness_only: contract::emulated(),
        virtualisation: virtualisation(),
        clocksource: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        cgroup: hierarchy.map_or("none", Hierarchy::version).into(),
        distribution: os_release(),
        libc: libc_version(),
        uid: nix::unistd::geteuid().as_raw(),
    }
}

/// What is said where this is a chroot, as far as it can be told.
pub(crate) fn chroot() -> Option<String> {
    let own = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let first = fs::read_to_string("/proc/1/mountinfo").unwrap_or_default();
    is_chroot(&own, &first).then(|| {
        "this is a chroot, and the paths that ebpf tells begin outside of it: where exe matters, measure outside".into()
    })
}

/// Whether nothing is mounted on `/`, or another folder than on that of the first process, by the mountinfo of both.
fn is_chroot(own: &str, first: &str) -> bool {
    root(own).is_none_or(|own| root(first).is_some_and(|first| own != first))
}

/// Device and folder of what is mounted on `/`, seen from the reader's own root.
fn root(mounts: &str) -> Option<[&str; 2]> {
    let mut lines = mounts
        .lines()
        .rev()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    lines.find_map(|line| match *line {
        [_, _, device, folder, "/", ..] => Some([device, folder]),
        _ => None,
    })
}

/// CPUs this process may use.
pub(crate) fn cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn key(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn virtualisation() -> String {
    if let Ok(lane) = std::env::var(LANE) {
        return lane;
    }
    let flags = key("/proc/cpuinfo", "flags");
    let guest = flags.map(|flags| flags.split(' ').any(|f| f == "hypervisor"));
    match guest {
        Some(true) => "a virtual machine".into(),
        Some(false) => "none".into(),
        // A /proc with subset=pid does not tell, nor does a processor whose flags have another name.
        None => "unknown".into(),
    }
}

fn os_release() -> String {
    let text = read("/etc/os-release");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    line.unwrap_or("unknown").trim_matches('"').to_owned()
}

/// What getconf says or, in a machine that has not even that, of the library that this program runs with.
fn libc_version() -> String {
    let out = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let text = out
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
        .unwrap_or_default();
    if text.is_empty() { own_libc() } else { text }
}

#[cfg(target_env = "gnu")]
fn own_libc() -> String {
    // SAFETY: it takes nothing, and what it returns is a constant of the library that ends in a NUL.
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    format!("glibc {}", version.to_string_lossy())
}

#[cfg(not(target_env = "gnu"))]
fn own_libc() -> String {
    "unknown".into()
}

/// From /proc/config.gz or /boot/config-RELEASE; empty where the kernel shows neither.
fn config(kernel: &str) -> BTreeMap<String, String> {
    let plain = fs::read_to_string(format!("/boot/config-{kernel}")).ok();
    let text = plain.or_else(|| {
        let out = Command::new("gzip")
            .args(["-dc", "/proc/config.gz"])
            .output()
            .ok()?;
        out.status
            .success()
            .then(|| String::from_utf8_lossy(&out.stdout).into_owned())
    });
    let Some(text) = text else {
        return BTreeMap::new();
    };
    let set = |name: &&str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        ((*name).to_owned(), line.unwrap_or("n").to_owned())
    };
    SETTINGS.iter().map(set).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_chroot_is_told_from_the_root_of_the_first_process() {
        let sys = "23 27 0:22 / /sys rw,relatime - sysfs sysfs rw\n";
        let root = format!("{sys}27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
        let below = "104 84 254:0 /srv/bare / rw,relatime - ext4 /dev/vda rw\n";
        assert!(!super::is_chroot(&root, &root));
        // A container has a first process of its own.
        assert!(!super::is_chroot(below, below));
        assert!(!super::is_chroot(&root, ""));
        assert!(super::is_chroot(sys, &root));
        assert!(super::is_chroot(below, &root));
    }

    #[cfg(target_env = "gnu")]
    #[test]
    fn the_library_names_itself_as_getconf_would() {
        let own = super::own_libc();
        let version = own.strip_prefix("glibc ").unwrap_or_default();
        assert!(version.starts_with("2."), "{own}");
        if let Ok(said) = std::process::Command::new("getconf")
            .arg("GNU_LIBC_VERSION")
            .output()
        {
            assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), own);
        }
    }
}
