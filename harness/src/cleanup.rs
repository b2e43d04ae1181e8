//! What a killed harness could not put back, the next start does, and says so.

use std::fs;

use anyhow::Result;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::cgroup::Hierarchy;

const PROGRAMS: &str = "rollcall-programs-";

/// Prefix of the folder this process keeps its programs in.
pub(crate) fn programs_prefix() -> String {
    format!("{PROGRAMS}{}-", std::process::id())
}

/// Puts everything back; one line for each thing that was found.
pub(crate) fn put_back() -> Result<Vec<String>> {
    let mut found = Vec::new();
    if let Some(hierarchy) = Hierarchy::find() {
        found.extend(hierarchy.sweep()?);
    }
    found.extend(what_monitors_switch_on()?);
    found.extend(old_programs()?);
    Ok(found)
}

/// Of that, what the techniques switch on in the kernel.
pub(crate) fn what_monitors_switch_on() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for monitor in monitors::all() {
        let name = monitor.name();
        let lines = monitor
            .recover()
            .map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        found.extend(lines.into_iter().map(|line| format!("{name}: {line}")));
    }
    Ok(found)
}

/// Folders of programs whose harness is gone, if they are this user's.
fn old_programs() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(std::env::temp_dir())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PROGRAMS)
            .and_then(|rest| rest.split('-').next()?.parse().ok());
        let gone = owner
            .is_some_and(|owner: i32| kill(Pid::from_raw(owner), None) == Err(nix::Error::ESRCH));
        if gone && fs::remove_dir_all(entry.path()).is_ok() {
            found.push(format!(
                "programs of a harness that is gone, {}",
                entry.path().display()
            ));
        }
    }
    Ok(found)
}
