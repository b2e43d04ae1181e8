//! What a tool needs of the machine beside itself.

use std::fs;

use contract::Unavailable;
use serde::Deserialize;

use crate::audit;
use crate::common::reasons;

/// Where tracefs is.
pub(super) const TRACEFS: &str = "/sys/kernel/tracing";

const FILE_SYSTEMS: &str = "/proc/filesystems";
const BTF: &str = "/sys/kernel/btf/vmlinux";

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
    /// To start itself what it watches. It is never met: the harness starts the workloads.
    OwnCommand,
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
                let known = match fs::read_to_string(FILE_SYSTEMS) {
                    Ok(known) => known,
                    Err(error) => return vec![reasons::unread(FILE_SYSTEMS, &error)],
                };
                let met = known.lines().any(|line| line.ends_with("\ttracefs"));
                one(met, "a kernel with CONFIG_TRACING=y", "use such a kernel")
            }
            Self::Btf => reasons::not_shown(BTF, "CONFIG_DEBUG_INFO_BTF=y")
                .into_iter()
                .collect(),
            Self::OwnCommand => one(
                false,
                "a way to follow what it did not start: it follows a command of its own only",
                "use a tool that attaches to running processes or watches the whole system",
            ),
            Self::Audit => audit::SessionForTool::missing(),
        }
    }
}
