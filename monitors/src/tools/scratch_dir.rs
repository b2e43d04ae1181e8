//! A folder for what a tool reads and writes while it runs: short-lived, and open to all, because
//! the workload's user may have to write into it.

use std::fs;
use std::path::Path;

use contract::{Error, Recovered, Result};

use super::tracefs;
use crate::common::owned_dir::{self, OwnedDir};

const PREFIX: &str = "rollcall-tool-";

/// The folder; it goes away with this.
pub(super) struct ScratchDir(OwnedDir);

impl ScratchDir {
    /// A new one.
    pub(super) fn new() -> Result<Self> {
        OwnedDir::temporary(PREFIX, true).map(Self).map_err(|e| {
            format!(
                "no folder for a tool can be made ({e}): set TMPDIR to one that allows programs"
            )
            .into()
        })
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

/// Puts back and removes those whose maker is gone.
pub(super) fn sweep() -> Result<Recovered> {
    let mut found = Recovered::default();
    owned_dir::sweep(&owned_dir::temporary_folders(), PREFIX, |dir| {
        if tracefs::put_back(dir)? {
            let what = "what a tool had set in tracefs is put back";
            found.done.push(what.into());
        }
        match owned_dir::remove(dir, "folder of a tool") {
            Ok(line) => found.done.push(line),
            Err(line) => found.left.push(line),
        }
        Ok::<(), Error>(())
    })?;
    Ok(found)
}
