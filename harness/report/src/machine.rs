//! A machine in words.

use scoring::record::Machine;

/// The machine in one line.
pub(crate) fn machine(m: &Machine) -> String {
    let user = if m.uid == 0 {
        "as root".to_owned()
    } else {
        format!("as user {}", m.uid)
    };
    format!(
        "{} CPUs ({}), {} MiB, Linux {} {}, {}, {}, virtualised: {}, clock source {}, control groups {}, {user}",
        m.cpus,
        m.cpu,
        m.memory_bytes >> 20,
        m.kernel,
        m.arch,
        m.distribution,
        m.libc,
        m.virtualisation,
        m.clocksource,
        m.cgroup,
    )
}

/// Its kernel settings in one line.
pub(crate) fn config(machine: &Machine) -> String {
    let all = machine.config.iter();
    let words = all.map(|(name, value)| format!("{}={value}", name.trim_start_matches("CONFIG_")));
    words.collect::<Vec<_>>().join(" ")
}
