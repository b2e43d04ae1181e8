//! Where the library and the channel lie while a capture runs, and how what a killed one left is
//! known and removed.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use contract::Recovered;

use crate::common::owned_dir::{self, OwnedDir};

const PREFIX: &str = "rollcall-preload-";
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preload.so"));
/// A program that loads the library.
pub(super) const TRIAL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preload-trial"));

/// A folder that goes away with this value. Others may pass through: a workload that changes its user
/// must still be able to load the library, or its loader would complain on its stderr.
pub(super) struct OwnDir(OwnedDir);

impl OwnDir {
    /// In `parent`.
    pub(super) fn new(parent: &Path) -> Result<Self> {
        let made = OwnedDir::new(parent, PREFIX);
        let what = || {
            format!(
                "{}: no folder can be made in it, set TMPDIR to one that allows it",
                parent.display()
            )
        };
        made.map(Self).with_context(what)
    }

    /// Where libraries may be loaded from: in the first of the temporary folders that allows it.
    pub(super) fn executable() -> Result<Self> {
        let made = OwnedDir::temporary(PREFIX, true);
        made.map(Self).context(
            "no folder can be made for the library, set TMPDIR to one from which programs may be run",
        )
    }

    /// Puts the library into it.
    pub(super) fn library(&self) -> Result<PathBuf> {
        self.put("librollcall.so", LIBRARY)
    }

    /// Puts the program into it that tries the library.
    pub(super) fn trial(&self) -> Result<PathBuf> {
        self.put("trial", TRIAL)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.0.path().join(name);
        fs::write(&path, bytes)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)))
            .with_context(|| {
                format!(
                    "{}: cannot be written, free space there or set TMPDIR",
                    path.display()
                )
            })?;
        Ok(path)
    }

    /// An empty file for a channel that only this user can open.
    pub(super) fn channel(&self, name: &str) -> Result<(PathBuf, File)> {
        let path = self.0.path().join(name);
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{}: cannot be made, check its folder", path.display()))?;
        Ok((path, file))
    }
}

/// Memory where there is any: a channel on a disk would be written out all the time.
pub(super) fn channel_parent() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let writable = nix::unistd::access(memory, nix::unistd::AccessFlags::W_OK).is_ok();
    if writable {
        memory.into()
    } else {
        std::env::temp_dir()
    }
}

/// Whether `path` still leads to `file`, as it was made: it was neither replaced nor opened to
/// others.
pub(super) fn unchanged(path: &Path, file: &File) -> Result<()> {
    let remedy = "its events cannot be trusted, run again where no other program cleans up";
    let ours = file
        .metadata()
        .with_context(|| format!("{}: fstat failed", path.display()))?;
    let there = fs::symlink_metadata(path)
        .with_context(|| format!("{}: the channel is gone; {remedy}", path.display()))?;
    let same = (there.dev(), there.ino(), there.uid(), there.mode() & 0o7777)
        == (
            ours.dev(),
            ours.ino(),
            nix::unistd::geteuid().as_raw(),
            0o600,
        );
    if !same {
        bail!("{}: the channel was replaced; {remedy}", path.display());
    }
    Ok(())
}

/// Removes what dead captures left: of this user, for root of every user.
pub(super) fn sweep() -> Recovered {
    let mut parents = owned_dir::temporary_folders();
    parents.push(channel_parent());
    owned_dir::remove_all(&parents, PREFIX, "left by a killed preload capture")
}
