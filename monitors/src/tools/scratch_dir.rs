//! A folder for what a tool reads and writes while it runs: short-lived, and open to all, because
//! the workload's user may have to write into it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use contract::Result;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tempfile::TempDir;

use super::tracefs;

const PREFIX: &str = "rollcall-tool-";

/// The folder; it goes away with this.
pub(super) struct ScratchDir(TempDir);

impl ScratchDir {
    /// A new one. Its name holds the pid of its maker.
    pub(super) fn new() -> Result<Self> {
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let made = tempfile::Builder::new().prefix(&prefix).tempdir();
        let made = made.and_then(|dir| {
            fs::set_permissions(dir.path(), Permissions::from_mode(0o755))?;
            Ok(dir)
        });
        let parent = std::env::temp_dir();
        made.map(Self)
            .map_err(|e| format!("{}: {e}: set TMPDIR to another", parent.display()).into())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts a file of the definition into it.
    pub(super) fn put(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path().join(name);
        fs::write(&path, text).map_err(|e| {
            format!(
                "{}: {e}: set TMPDIR to a folder with space left",
                path.display()
            )
            .into()
        })
    }
}

/// Removes those of this user whose maker is gone.
pub(super) fn sweep() -> Result<Vec<String>> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(std::env::temp_dir())?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let maker = name.strip_prefix(PREFIX);
        let maker = maker.and_then(|rest| rest.split('-').next()?.parse().ok());
        let gone =
            maker.is_some_and(|pid| kill(Pid::from_raw(pid), None) == Err(nix::Error::ESRCH));
        if gone && tracefs::put_back(&entry.path())? {
            removed.push("what a tool had set in tracefs is put back".into());
        }
        if gone && fs::remove_dir_all(entry.path()).is_ok() {
            removed.push(format!(
                "folder {} of a tool is removed",
                entry.path().display()
            ));
        }
    }
    Ok(removed)
}
