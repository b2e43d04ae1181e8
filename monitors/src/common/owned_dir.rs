//! A temporary folder that has an owner: it is locked as long as the process lives that made it. So a
//! leftover is told from a folder in use whatever pid its maker had, in whatever pid namespace, and
//! whether or not that pid belongs to another process by now.

use std::convert::Infallible;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use contract::Recovered;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::statvfs::{FsFlags, statvfs};
use tempfile::TempDir;

/// A sweep that runs meanwhile may take a folder before it is locked; never this often in a row.
const TRIES: u32 = 100;
/// Where TMPDIR leads nowhere, or to where no program may be run.
const OTHERS: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The folder; it goes away with this.
pub struct OwnedDir {
    dir: TempDir,
    _lock: Flock<File>,
}

impl OwnedDir {
    /// A new folder in `parent`, called `prefix`, this pid (for people) and letters. Every user may pass
    /// through it.
    pub fn new(parent: &Path, prefix: &str) -> io::Result<Self> {
        let prefix = format!("{prefix}{}-", std::process::id());
        for _ in 0..TRIES {
            let dir = tempfile::Builder::new()
                .prefix(&prefix)
                .tempdir_in(parent)?;
            fs::set_permissions(dir.path(), Permissions::from_mode(0o755))?;
            if let Some(lock) = lock(dir.path())? {
                return Ok(Self { dir, _lock: lock });
            }
        }
        Err(io::Error::other("other programs keep taking it away"))
    }

    /// The same, in the first of the temporary folders that allows it. `programs`: and from which
    /// programs may be run.
    pub fn temporary(prefix: &str, programs: bool) -> io::Result<Self> {
        let mut refused = Err(io::Error::from(io::ErrorKind::NotFound));
        for parent in temporary_folders() {
            if programs && !may_execute(&parent) {
                continue;
            }
            refused = Self::new(&parent, prefix);
            if refused.is_ok() {
                break;
            }
        }
        refused
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// The temporary folders, the one that the environment names first.
pub fn temporary_folders() -> Vec<PathBuf> {
    let mut folders = vec![std::env::temp_dir()];
    folders.extend(OTHERS.iter().map(PathBuf::from));
    folders.retain(|folder| folder.is_dir());
    folders.dedup();
    folders
}

/// Whether the file system lets programs be run.
pub fn may_execute(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|fs| !fs.flags().contains(FsFlags::ST_NOEXEC))
}

/// Locks a folder for as long as the result lives. `None` where another process has it, or where
/// another folder, or none, is in its place by now.
pub fn lock(path: &Path) -> io::Result<Option<Flock<File>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => lock,
        Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
        Err((_, errno)) => return Err(errno.into()),
    };
    let locked = lock.metadata()?;
    let there = fs::symlink_metadata(path);
    let same = there.is_ok_and(|there| (there.dev(), there.ino()) == (locked.dev(), locked.ino()));
    Ok(same.then_some(lock))
}

/// Folders in `parents` that are called `prefix` and whose owner is gone: of every user for root, else
/// this user's own. Each is locked while `put_away` has it. What cannot be looked at holds none.
pub fn sweep<E>(
    parents: &[PathBuf],
    prefix: &str,
    mut put_away: impl FnMut(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let user = nix::unistd::geteuid();
    for entry in parents.iter().flat_map(fs::read_dir).flatten().flatten() {
        let path = entry.path();
        let called = entry.file_name().to_string_lossy().starts_with(prefix);
        let may = |found: fs::Metadata| {
            found.is_dir() && (user.is_root() || found.uid() == user.as_raw())
        };
        if !called || !fs::symlink_metadata(&path).is_ok_and(may) {
            continue;
        }
        if let Ok(Some(_lock)) = lock(&path) {
            put_away(&path)?;
        }
    }
    Ok(())
}

/// Removes what [`sweep`] finds, all of which is `what`.
pub fn remove_all(parents: &[PathBuf], prefix: &str, what: &str) -> Recovered {
    let mut found = Recovered::default();
    let put_away = |path: &Path| {
        match remove(path, what) {
            Ok(line) => found.done.push(line),
            Err(line) => found.left.push(line),
        }
        Ok::<(), Infallible>(())
    };
    let Ok(()) = sweep(parents, prefix, put_away);
    found
}

/// Removes a folder with all that is in it, and says so; or why it stays.
pub fn remove(path: &Path, what: &str) -> Result<String, String> {
    let removed = fs::remove_dir_all(path);
    let path = path.display();
    match removed {
        Ok(()) => Ok(format!("{path}: {what}, removed")),
        Err(error) => Err(format!(
            "{path}: {what}, stays ({error}): remove it by hand"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_leftover_when_its_owner_is_gone_whatever_pid_it_had() {
        let parent = tempfile::tempdir().unwrap();
        let parents = [parent.path().to_owned(), "/nonexistent".into()];
        let lives = OwnedDir::new(parent.path(), "owned-").unwrap();
        // Its pid is a living process's: this one's.
        let left = parent
            .path()
            .join(format!("owned-{}-left", std::process::id()));
        fs::create_dir(&left).unwrap();
        let link = parent.path().join("owned-link");
        std::os::unix::fs::symlink(parent.path(), &link).unwrap();
        let removed = remove_all(&parents, "owned-", "left");
        assert_eq!(removed.left, [""; 0]);
        assert_eq!(removed.done, [format!("{}: left, removed", left.display())]);
        assert!(lives.path().exists() && link.exists() && !left.exists());
        let path = lives.path().to_owned();
        drop(lives);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_is_taken_while_it_is_locked_is_not_locked() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("folder");
        assert!(lock(&path).unwrap().is_none());
        fs::create_dir(&path).unwrap();
        let first = lock(&path).unwrap();
        assert!(first.is_some() && lock(&path).unwrap().is_none());
    }
}
