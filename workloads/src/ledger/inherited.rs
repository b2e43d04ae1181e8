//! `inherited.json`: what every process of a run has from the runner and never changes: user, folder,
//! session and the like. It is read once, before the run, so that no process spends time on it. The
//! drivers of `fields` and `containers`, whose processes do change it, have theirs say it one by one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use contract::{DetailsBuf, Field, Result, file, proc_forms};
use serde::{Deserialize, Serialize};

const FILE: &str = "inherited.json";

/// What the file holds; `null` is what this machine does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inherited {
    pub(crate) cwd: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) auid: Option<u32>,
    pub(crate) session: Option<u32>,
    pub(crate) tty: Option<String>,
    pub(crate) cgroup: Option<u64>,
    pub(crate) pid_ns: Option<u32>,
}

impl Inherited {
    /// What a child of this process has, as this user and in this folder.
    pub(crate) fn of_children(user: (u32, u32), cwd: &str) -> Self {
        let own = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).ok();
        let stat = own("stat");
        // After the name, which may hold anything: state, ppid, pgrp, session, tty.
        let words = stat.as_deref().and_then(|stat| stat.rsplit_once(") "));
        let word = |at| words?.1.split(' ').nth(at)?.parse::<u32>().ok();
        let namespace = fs::metadata("/proc/self/ns/pid").ok();
        Self {
            cwd: cwd.into(),
            uid: user.0,
            gid: user.1,
            auid: own("loginuid").and_then(|text| text.trim().parse().ok()),
            session: word(3),
            tty: word(4).and_then(proc_forms::terminal),
            cgroup: own("cgroup").and_then(|text| cgroup(&text, &own("mounts")?)),
            pid_ns: namespace.and_then(|about| u32::try_from(about.ino()).ok()),
        }
    }

    /// Writes it into the folder of a cell.
    pub(crate) fn write(&self, cell: &Path) -> Result<()> {
        let path = cell.join(FILE);
        let text = serde_json::to_string_pretty(self)? + "\n";
        let failed = |why| format!("{}: {why}: use a writable folder", path.display());
        fs::write(&path, text).map_err(|why| failed(why).into())
    }

    /// Reads it from the folder of a cell; `None` of a cell that was measured without.
    pub(crate) fn read(cell: &Path) -> Result<Option<Self>> {
        let path = cell.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let bad = |why: String| format!("{}: {why}: measure this cell again", path.display());
        let text = file::read(&path).map_err(|why| bad(why.to_string()))?;
        Ok(Some(
            serde_json::from_slice(&text).map_err(|why| bad(why.to_string()))?,
        ))
    }

    /// What is known of a process that has it and executed `path`, which is a plain file and not a
    /// script or a link: the kernel names it so.
    pub(crate) fn details(&self, path: Option<&str>) -> DetailsBuf {
        let mut details = DetailsBuf::default();
        if let Some(path) = path {
            let name = path.rsplit('/').next().unwrap_or(path).as_bytes();
            details.text(Field::Path, path.as_bytes());
            details.text(Field::Comm, &name[..name.len().min(COMM)]);
        }
        details.text(Field::Cwd, self.cwd.as_bytes());
        details.number(Field::Uid, self.uid);
        details.number(Field::Euid, self.uid);
        details.number(Field::Gid, self.gid);
        if let Some(auid) = self.auid {
            details.number(Field::Auid, auid);
        }
        if let Some(session) = self.session {
            details.number(Field::Session, session);
        }
        if let Some(tty) = &self.tty {
            details.text(Field::Tty, tty.as_bytes());
        }
        if let Some(cgroup) = self.cgroup {
            details.number(Field::Cgroup, cgroup);
        }
        if let Some(pid_ns) = self.pid_ns {
            details.number(Field::PidNs, pid_ns);
        }
        details
    }
}

/// The longest name that the kernel keeps of a program.
const COMM: usize = 15;

/// The number of the folder of version 2 that /proc/PID/cgroup names.
fn cgroup(of: &str, mounts: &str) -> Option<u64> {
    let (path, mount) = (
        proc_forms::unified_path(of)?,
        proc_forms::unified_mount(mounts)?,
    );
    Some(fs::metadata(format!("{mount}{path}")).ok()?.ino())
}

#[cfg(test)]
mod tests;
