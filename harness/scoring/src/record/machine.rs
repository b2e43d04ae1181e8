//! The machine a record was made on, as far as it decides the figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The machine a record was made on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// `uname -r`.
    pub kernel: String,
    /// `uname -m`.
    pub arch: String,
    /// Model name of the first CPU.
    pub cpu: String,
    /// CPUs this process may use.
    pub cpus: u32,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// `none`, or the hypervisor as far as it can be told (`kvm`, `tcg`).
    pub virtualisation: String,
    /// Current clock source.
    pub clocksource: String,
    /// `v1`, `v2` or `none`: which cgroup hierarchy costs were read from.
    pub cgroup: String,
    /// Distribution, from os-release.
    pub distribution: String,
    /// C library.
    pub libc: String,
    /// User id the harness ran as.
    pub uid: u32,
    /// Kernel settings that decide what can run (`CONFIG_PROC_EVENTS` to `y`).
    pub config: BTreeMap<String, String>,
    /// Times taken on emulated CPUs say nothing about speed.
    pub correctness_only: bool,
}

impl Machine {
    /// What two records of one machine have in common.
    pub fn identity(&self) -> (&str, &str, &str, &str, u32, u64) {
        (
            &self.kernel,
            &self.cpu,
            &self.distribution,
            &self.virtualisation,
            self.cpus,
            self.memory_bytes >> 20,
        )
    }
}
