//! What a tool needs of the machine beside itself.

use std::fs;
use std::path::Path;

use contract::Unavailable;
use serde::Deserialize;

use crate::audit;

/// Where tracefs is.
pub(super) const TRACEFS: &str = "/sys/kernel/tracing";

/// A word of `needs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Need {
    /// To run as root. Without it a tool runs as the workload's user.
    Root,
    /// The tracing file system: where it is not mounted the tool gets it in a mount namespace of
    /// its own.
    Tracefs,
    /// The kernel's audit system, with the harness's rules, taken back afterwards.
    Audit,
    /// The kernel's type information.
    Btf,
}

impl Need {
    /// Why it is not met, if so.
    pub(super) fn missing(self) -> Vec<Unavailable> {
        let one = |met: bool, missing: &str, remedy: &str| match met {
            true => Vec::new(),
            false => vec![Unavailable::new(missing, remedy)],
        };
        match self {
            Self::Root => one(nix::unistd::geteuid().is_root(), "root", "run it as root"),
            Self::Tracefs => {
                let known = fs::read_to_string("/proc/filesystems").unwrap_or_default();
                let met = known.lines().any(|line| line.ends_with("\ttracefs"));
                one(met, "a kernel with CONFIG_TRACING=y", "use such a kernel")
            }
            Self::Btf => one(
                Path::new("/sys/kernel/btf/vmlinux").exists(),
                "a kernel with CONFIG_DEBUG_INFO_BTF=y",
                "use such a kernel",
            ),
            Self::Audit => audit::SessionForTool::missing(),
        }
    }
}
