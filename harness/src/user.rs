//! The user the workload runs as: nothing runs as root that need not.

use std::collections::HashSet;

use anyhow::{Context, Result};
use nix::unistd::{Gid, Uid, geteuid};
use workloads::OWNER_OF_SET_USER_ID;

/// A user and a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// The id every distribution has for "nobody", and the kernel for ids it cannot map.
const NOBODY: u32 = 65534;

/// The id of a user given by number or name.
pub(crate) fn uid(text: &str) -> Result<u32, String> {
    if let Ok(uid) = text.parse() {
        return Ok(uid);
    }
    match nix::unistd::User::from_name(text) {
        Ok(Some(user)) => Ok(user.uid.as_raw()),
        Ok(None) => Err("no such user: use a name of /etc/passwd, or a number".into()),
        Err(errno) => Err(format!("{errno}: use a number")),
    }
}

/// The user that this process runs as, by name where it has one.
pub(crate) fn name() -> String {
    match nix::unistd::User::from_uid(geteuid()) {
        Ok(Some(user)) => format!("user {}", user.name),
        _ => format!("user {}", geteuid()),
    }
}

/// The person behind sudo, where root was become by it.
pub(crate) fn behind_sudo() -> Option<User> {
    if !geteuid().is_root() {
        return None;
    }
    let id = |name| {
        let text = std::env::var(name).ok()?;
        text.parse::<u32>().ok().filter(|&id| id != 0)
    };
    let (uid, gid) = id("SUDO_UID").zip(id("SUDO_GID"))?;
    Some(User { uid, gid })
}

/// For root: `nobody`, or else a user near it that no process of this machine has, so that the user
/// tells the workload's processes from all others. `None` when there is nothing to give up.
pub(crate) fn of_workloads() -> Option<User> {
    of_workloads_beside(users())
}

/// Where these users have processes.
fn of_workloads_beside(users: impl Iterator<Item = u32>) -> Option<User> {
    let taken: HashSet<u32> = users.chain([OWNER_OF_SET_USER_ID]).collect();
    let is_free = |uid: &u32| !taken.contains(uid) && workloads::may_become(*uid, NOBODY);
    let free = (1..=NOBODY).rev().find(is_free);
    let uid = free.or_else(|| workloads::may_become(NOBODY, NOBODY).then_some(NOBODY))?;
    Some(User { uid, gid: NOBODY })
}

/// The real users of all processes. One that ends meanwhile is left out.
fn users() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    pids.filter_map(|entry| {
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        line.split_whitespace().next()?.parse().ok()
    })
}

impl User {
    /// From `UID:GID`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let parts = text
            .split_once(':')
            .and_then(|(u, g)| Some((u.parse().ok()?, g.parse().ok()?)));
        let (uid, gid) = parts.with_context(|| format!("--user {text}: use UID:GID"))?;
        Ok(Self { uid, gid })
    }

    /// As `UID:GID`.
    pub(crate) fn text(self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// Becomes this user for good.
    pub(crate) fn become_it(self) -> Result<()> {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        nix::unistd::setgroups(&[gid]).context("setgroups")?;
        nix::unistd::setresgid(gid, gid, gid).context("setresgid")?;
        nix::unistd::setresuid(uid, uid, uid).context("setresuid")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    #[ignore = "needs root"]
    fn the_workload_never_is_the_user_of_the_set_user_id_program() {
        let dir = tempfile::tempdir().unwrap();
        workloads::install(dir.path()).unwrap();
        let program = dir.path().join("target-set-user-id");
        let owner = std::fs::metadata(program).unwrap().uid();
        assert_eq!(owner, OWNER_OF_SET_USER_ID);
        let uid = |users: &[u32]| of_workloads_beside(users.iter().copied()).map(|one| one.uid);
        assert_eq!(uid(&[]), Some(NOBODY));
        assert_eq!(uid(&[NOBODY]), Some(OWNER_OF_SET_USER_ID - 1));
    }
}
