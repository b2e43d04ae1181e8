//! Where monitors keep what they must put back, and the lock that keeps two of them from
//! changing the same machine-wide setting at once.
//!
//! Only this user's own is opened: a folder or a lock that another user made would let that user keep
//! every measurement waiting, or choose what is put back.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use contract::Pid;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;

/// Bits of a mode with which others may write.
const OTHERS_WRITE: u32 = 0o022;

/// The folder for state that must outlive a killed process but not a reboot: /run/rollcall for
/// root, a folder of the user's own elsewhere. An error says whose it is if it is not this user's.
pub fn dir() -> io::Result<PathBuf> {
    let user = geteuid();
    let dir = match user.is_root() {
        true => PathBuf::from("/run/rollcall"),
        false => std::env::temp_dir().join(format!("rollcall-{user}")),
    };
    let (mode, remedy) = match user.is_root() {
        true => (0o755, "mount a tmpfs on /run"),
        false => (0o700, "set TMPDIR to a folder of your own"),
    };
    // A machine with nothing but a kernel has no /run either.
    let made = DirBuilder::new()
        .mode(mode)
        .recursive(user.is_root())
        .create(&dir);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let why = format!("{}: {error}: {remedy}", dir.display());
            return Err(io::Error::new(error.kind(), why));
        }
        _ => own(&dir)?,
    }
    Ok(dir)
}

/// Whether `dir` is a folder, no link to one, that only this user can change.
fn own(dir: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(dir)?;
    let why = if !meta.is_dir() {
        "is no folder".to_owned()
    } else if meta.uid() != geteuid().as_raw() {
        format!("belongs to user {}", meta.uid())
    } else if meta.mode() & OTHERS_WRITE != 0 {
        "can be changed by other users".to_owned()
    } else {
        return Ok(());
    };
    Err(io::Error::other(format!(
        "{}: {why}: remove it, or set TMPDIR to a folder of your own",
        dir.display()
    )))
}

/// Waits until no other process measures on this machine. Two measurements at once would spoil each
/// other, and two audit monitors would each put back the other's settings.
pub fn lock() -> io::Result<Flock<File>> {
    Flock::lock(open()?, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into())
}

/// The same lock if it is free now.
pub fn try_lock() -> io::Result<Option<Flock<File>>> {
    match Flock::lock(open()?, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, nix::Error::EWOULDBLOCK)) => Ok(None),
        Err((_, errno)) => Err(errno.into()),
    }
}

/// The process that has the lock, as far as that can be seen from here.
pub fn holder() -> Option<Pid> {
    let meta = fs::metadata(dir().ok()?.join("lock")).ok()?;
    let table = fs::read_to_string("/proc/locks").ok()?;
    table.lines().find_map(|line| held(line, meta.ino()))
}

/// The pid in a line of /proc/locks, if it is about a lock on this inode that is held, not waited for:
/// `1: FLOCK  ADVISORY  WRITE 711 00:19:1088 0 EOF`. Device numbers are left out, as btrfs shows others.
fn held(line: &str, inode: u64) -> Option<Pid> {
    let mut words = line.split_whitespace().skip(1);
    if words.next()? != "FLOCK" {
        return None;
    }
    let mut words = words.skip(2);
    let pid = words.next()?.parse().ok().filter(|&pid| pid != 0);
    let place = words.next()?.rsplit(':').next()?;
    (place.parse() == Ok(inode)).then_some(pid)?
}

/// The lock's file, which no other user may open: whoever can, can hold it.
fn open() -> io::Result<File> {
    let path = dir()?.join("lock");
    let file = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&path)?;
    let meta = file.metadata()?;
    if meta.uid() != geteuid().as_raw() {
        let why = format!(
            "{}: belongs to user {}: remove it",
            path.display(),
            meta.uid()
        );
        return Err(io::Error::other(why));
    }
    if meta.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_16_a_held_lock_names_its_holder() {
        let line = "1: FLOCK  ADVISORY  WRITE 711 00:19:1088 0 EOF";
        assert_eq!(held(line, 1088), Some(711));
        assert_eq!(held(line, 88), None);
        // One that waits, one of another sort, one of another pid namespace.
        assert_eq!(
            held("1: -> FLOCK  ADVISORY  WRITE 712 00:19:1088 0 EOF", 1088),
            None
        );
        assert_eq!(
            held("2: POSIX  ADVISORY  WRITE 711 00:19:1088 0 EOF", 1088),
            None
        );
        assert_eq!(
            held("1: FLOCK  ADVISORY  WRITE 0 00:19:1088 0 EOF", 1088),
            None
        );
        assert_eq!(held("", 1088), None);
    }

    #[test]
    fn kind_16_a_folder_of_others_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let (made, link) = (dir.path().join("made"), dir.path().join("link"));
        fs::create_dir(&made).unwrap();
        fs::set_permissions(&made, Permissions::from_mode(0o777)).unwrap();
        let why = own(&made).unwrap_err().to_string();
        assert!(
            why.contains("made: can be changed by other users: "),
            "{why}"
        );
        fs::set_permissions(&made, Permissions::from_mode(0o700)).unwrap();
        own(&made).unwrap();
        std::os::unix::fs::symlink(&made, &link).unwrap();
        let why = own(&link).unwrap_err().to_string();
        assert!(why.contains("link: is no folder: "), "{why}");
        if !geteuid().is_root() {
            let why = own(Path::new("/")).unwrap_err().to_string();
            assert!(why.contains("/: belongs to user 0: "), "{why}");
        }
    }
}
