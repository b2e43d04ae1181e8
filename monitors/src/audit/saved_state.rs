//! What the monitor will have changed in the audit system, in a file that outlives its process.

use std::fs;
use std::path::PathBuf;

use contract::Result;
use serde::{Deserialize, Serialize};

use super::wire::Status;
use crate::common::host_lock;
use crate::common::process_stat::ProcessStat;

/// What must survive being killed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SavedState {
    /// The capturing process.
    pub(super) owner: u32,
    /// Field 22 of its /proc/PID/stat, because pids come round again.
    pub(super) started: u64,
    /// As it was.
    pub(super) found: Status,
    /// As it will be.
    pub(super) set: Status,
    /// Record types that the monitor's exclude rule is about: such a rule can carry no key.
    pub(super) excluded: Vec<u32>,
}

impl SavedState {
    /// Whether the capturing process is there.
    pub(super) fn lives(&self) -> bool {
        self.owner != 0 && started(self.owner) == Some(self.started)
    }
}

/// When a process that is not dead was started, in clock ticks since boot.
pub(super) fn started(pid: u32) -> Option<u64> {
    let stat = ProcessStat::of(pid).filter(|stat| !stat.is_dead())?;
    Some(stat.started)
}

fn path() -> Result<PathBuf> {
    let dir = host_lock::dir().map_err(|e| format!("state folder: {e}: make it writable"))?;
    Ok(dir.join("audit.json"))
}

/// What was written down, if anything.
pub(super) fn load() -> Result<Option<SavedState>> {
    let Ok(path) = path() else {
        return Ok(None);
    };
    let bad = |e: &dyn std::fmt::Display| {
        let path = path.display();
        format!("{path}: {e}: check audit's rules and status by hand, then delete this file")
    };
    match fs::read(&path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).map_err(|e| bad(&e))?)),
        // Of what cannot be looked at nothing is known to be left.
        Err(_) => Ok(None),
    }
}

/// In one step, so that a kill in between leaves no half of it.
pub(super) fn save(saved: &SavedState) -> Result<()> {
    let path = path()?;
    let fresh = path.with_extension("new");
    let written = fs::write(&fresh, serde_json::to_vec_pretty(saved)?);
    let written = written.and_then(|()| fs::rename(&fresh, &path));
    written.map_err(|e| format!("{}: {e}: make it writable", path.display()).into())
}

/// Everything is put back.
pub(super) fn forget() -> Result<()> {
    let path = path()?;
    fs::remove_file(&path).map_err(|e| format!("{}: {e}: delete it", path.display()).into())
}
