//! What the filters know of each process: events tell, and for those that were there before, /proc.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use contract::Pid;
use monitors::ProcessStat;

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its parent when it was first seen.
    pub ppid: Pid,
    /// Effective user; `None` where it went before it could be asked.
    pub uid: Option<u32>,
    /// The program it runs, nothing of a kernel thread; `None` as above.
    pub exe: Option<Vec<u8>>,
    /// Whether it is in a wanted tree; `None` of one whose parent is not known.
    pub member: Option<bool>,
    /// It was first seen by another event than its fork, which may yet come.
    pub forkless: bool,
    /// When it was started, in ticks since boot; of those only that were there before the first event.
    pub started: Option<u64>,
}

/// All that are alive, as far as is known.
pub(super) type Processes = HashMap<Pid, Process>;

/// Those that are there now. A process that ends meanwhile is left out.
pub(crate) fn now() -> Processes {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, look(pid)?))).collect()
}

fn look(pid: Pid) -> Option<Process> {
    use std::os::unix::ffi::OsStringExt;
    let stat = ProcessStat::of(pid)?;
    let exe = match fs::read_link(format!("/proc/{pid}/exe")) {
        Ok(path) => Some(path.into_os_string().into_vec()),
        // A kernel thread, or a zombie: it runs none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Vec::new()),
        Err(_) => None,
    };
    Some(Process {
        ppid: stat.ppid.unwrap_or_default(),
        uid: user(pid),
        exe,
        member: None,
        forkless: false,
        started: Some(stat.started),
    })
}

/// When the living process was started, in ticks since boot.
pub(super) fn started(pid: Pid) -> Option<u64> {
    ProcessStat::of(pid).map(|stat| stat.started)
}

/// Effective user of a living process.
pub(crate) fn user(pid: Pid) -> Option<u32> {
    let proc = fs::metadata(format!("/proc/{pid}"));
    proc.map(|meta| meta.uid()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_with_its_parent_and_program() {
        let all = now();
        let me = &all[&std::process::id()];
        assert_eq!(me.ppid, std::os::unix::process::parent_id());
        assert_eq!(me.uid, Some(nix::unistd::geteuid().as_raw()));
        let exe = std::env::current_exe().unwrap();
        assert_eq!(me.exe.as_deref(), Some(exe.as_os_str().as_encoded_bytes()));
    }
}
