//! Where the library and the channel lie while a capture runs, and how what a killed one left is
//! known and removed.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use tempfile::TempDir;

const PREFIX: &str = "rollcall-preload-";
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preload.so"));

/// A folder of our own that goes away with this value. It is locked as long as its maker lives.
pub(super) struct OwnDir {
    dir: TempDir,
    _lock: Flock<File>,
}

impl OwnDir {
    /// In `parent`. Others may pass through: a workload that changes its user must still be able
    /// to load the library, or its loader would complain on its stderr.
    pub(super) fn new(parent: &Path) -> Result<Self> {
        let what = || {
            format!(
                "{}: no folder can be made in it, set TMPDIR to one that allows it",
                parent.display()
            )
        };
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let dir = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)
            .with_context(what)?;
        let file = File::open(dir.path()).with_context(what)?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| errno)
            .with_context(what)?;
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).with_context(what)?;
        Ok(Self { dir, _lock: lock })
    }

    /// Puts the library into it.
    pub(super) fn library(&self) -> Result<PathBuf> {
        let path = self.dir.path().join("librollcall.so");
        fs::write(&path, LIBRARY)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o755)))
            .with_context(|| {
                format!(
                    "{}: cannot be written, free space there or set TMPDIR",
                    path.display()
                )
            })?;
        Ok(path)
    }

    /// An empty file for the channel that only this user can open.
    pub(super) fn channel(&self) -> Result<(PathBuf, File)> {
        let path = self.dir.path().join("channel");
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

/// Removes what dead captures of this user left in `parent`, and names it.
pub(super) fn sweep(parent: &Path, removed: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let path = entry?.path();
        if abandoned(&path) {
            fs::remove_dir_all(&path)?;
            removed.push(format!(
                "{}: left by a killed preload capture, removed",
                path.display()
            ));
        }
    }
    Ok(())
}

/// Its maker is dead: the lock is free and there is no process with the pid in its name. (The pid alone
/// may be another's by now; the lock alone is not yet held while a folder is being made.)
fn abandoned(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let pid = name
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('-').next());
    let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else {
        return false;
    };
    let ours = fs::symlink_metadata(path)
        .is_ok_and(|found| found.is_dir() && found.uid() == nix::unistd::geteuid().as_raw());
    let unlocked = || {
        File::open(path)
            .is_ok_and(|file| Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok())
    };
    ours && !Path::new(&format!("/proc/{pid}")).exists() && unlocked()
}
