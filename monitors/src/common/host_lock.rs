//! Where monitors keep what they must put back, and the lock that keeps two of them from
//! changing the same machine-wide setting at once.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use nix::fcntl::{Flock, FlockArg};

/// The folder for state that must outlive a killed process but not a reboot: /run/rollcall for
/// root, a folder of the user's own elsewhere.
pub fn dir() -> io::Result<PathBuf> {
    let user = nix::unistd::geteuid();
    let dir = if user.is_root() {
        PathBuf::from("/run/rollcall")
    } else {
        std::env::temp_dir().join(format!("rollcall-{user}"))
    };
    fs::create_dir_all(&dir)?;
    Ok(dir)
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

fn open() -> io::Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(dir()?.join("lock"))
}
