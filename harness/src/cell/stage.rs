//! What all cells of a run share.

use std::path::PathBuf;
use std::time::Duration;

use crate::cgroup::Hierarchy;
use crate::user::User;

/// How long a monitor may take to get ready, to report the readiness probes, and to stop.
const PATIENCE: Duration = Duration::from_secs(15);

/// The same on emulated CPUs, which share a host and stand still while others run.
const EMULATED_PATIENCE: Duration = Duration::from_secs(90);

/// The same until a monitor says that it is ready: a tool may bring a compiler along.
const EMULATED_START: Duration = Duration::from_secs(240);

/// What all cells of a run share.
pub(crate) struct Stage {
    /// The record's folder.
    pub(crate) out: PathBuf,
    /// Where the programs are installed.
    pub(crate) programs: PathBuf,
    /// Control groups, where they can be made.
    pub(crate) hierarchy: Option<Hierarchy>,
    /// The user the workload runs as.
    pub(crate) user: Option<User>,
    /// See `harness run --scale`.
    pub(crate) scale: f64,
    /// In every nonce of this run, so that no two runs share one.
    pub(crate) tag: String,
    /// Whether the CPUs are emulated.
    pub(crate) emulated: bool,
}

impl Stage {
    /// How long a monitor may take until it says that it is ready.
    pub(super) fn start(&self) -> Duration {
        if self.emulated {
            EMULATED_START
        } else {
            PATIENCE
        }
    }

    /// How long a monitor may take for what it is asked.
    pub(super) fn patience(&self) -> Duration {
        if self.emulated {
            EMULATED_PATIENCE
        } else {
            PATIENCE
        }
    }
}
