//! What a killed harness could not put back, the next start does, and says so.

use anyhow::Result;
use contract::Recovered;
use monitors::owned_dir;

use crate::cgroup::Hierarchy;
use crate::exit::say;

/// Prefixes of temporary folders: of the programs of workloads, and of what `watch` keeps.
pub(crate) const PROGRAMS: &str = "rollcall-programs-";
pub(crate) const WATCH: &str = "rollcall-watch-";

/// Puts everything back, and says what was found. What is on and cannot be switched off is an error.
pub(crate) fn put_back() -> Result<Recovered> {
    let mut found = Recovered::default();
    if let Ok(hierarchy) = Hierarchy::find() {
        found.extend(hierarchy.sweep());
    }
    let on = what_monitors_switch_on();
    for (prefix, what) in [
        (PROGRAMS, "programs of a harness that is gone"),
        (WATCH, "folder of a watch that is gone"),
    ] {
        let folders = owned_dir::temporary_folders();
        found.extend(owned_dir::remove_all(&folders, prefix, what));
    }
    found.extend(on?);
    for what in &found.done {
        say(&format!("put back: {what}"));
    }
    for what in &found.left {
        say(&format!("cannot be put back: {what}"));
    }
    Ok(found)
}

/// Of that, what the techniques switch on in the kernel.
pub(crate) fn what_monitors_switch_on() -> Result<Recovered> {
    let mut all = Recovered::default();
    for monitor in monitors::all() {
        let name = monitor.name();
        let found = monitor
            .recover()
            .map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        let named = |lines: Vec<String>| lines.into_iter().map(|line| format!("{name}: {line}"));
        all.done.extend(named(found.done));
        all.left.extend(named(found.left));
    }
    Ok(all)
}
