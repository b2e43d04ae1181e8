//! Version 2 lets no group but the very first hand controllers down while processes are in it, and in a
//! container's own group there always are some: this one, and what started it. They move into a leaf below
//! it for as long as a run lasts, as every manager of groups does.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use contract::Recovered;
use nix::errno::Errno;
use nix::fcntl::Flock;

use super::hierarchy::{CONTROLLERS, Hierarchy, MEMBERS, PREFIX, SUBTREE, has, put};
use super::leftovers::swept;
use super::make::{TRIES, enable, make};

/// What the leaf's name begins with; the controllers that were switched on for it follow. It is no group
/// that may be emptied by ending what is in it, so it does not begin as those do.
const LEAF: &str = "rollcall.leaf";
const _: () = assert!(LEAF.as_bytes()[PREFIX.len() - 1] != PREFIX.as_bytes()[PREFIX.len() - 1]);

/// All that was in the group `root`, in a leaf below it; dropping this moves it back.
#[derive(Debug)]
pub(crate) struct Leaf {
    path: PathBuf,
    _lock: Flock<File>,
}

impl Hierarchy {
    /// Empties the group below which groups are made, where the kernel demands that, and lets them have
    /// the controllers. An error says what is in the way; then everything is as it was.
    pub(crate) fn clear(&self) -> Result<Option<Leaf>> {
        let Self::V2(root) = self else {
            return Ok(None);
        };
        let off = CONTROLLERS.iter().filter(|one| !has(root, SUBTREE, one));
        let off: Vec<&str> = off.copied().collect();
        if off.is_empty() || !root.join("cgroup.type").exists() {
            return Ok(None);
        }
        let path = root.join(format!("{LEAF}.{}", off.join(".")));
        let leaf = Leaf {
            _lock: make(&path)?,
            path,
        };
        leaf.enter()?;
        Ok(Some(leaf))
    }

    /// Moves what is in the leaf of a harness that is gone back.
    pub(super) fn sweep_leaves(&self) -> Recovered {
        match self {
            Self::V2(root) => swept(std::slice::from_ref(root), LEAF, "leaf", undo),
            Self::V1 { .. } => Recovered::default(),
        }
    }
}

impl Leaf {
    /// A process that is there may start another meanwhile.
    fn enter(&self) -> Result<()> {
        let root = above(&self.path)?;
        for _ in 0..TRIES {
            move_all(root, &self.path)?;
            match enable(root) {
                Err(error) if is_busy(&error) => {}
                done => return done,
            }
        }
        bail!(
            "{}: processes start in it all the time: end them, or run in a group of its own",
            root.display()
        )
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        if let Err(error) = undo(&self.path) {
            crate::exit::say(&format!("{error:#}"));
        }
    }
}

fn above(leaf: &Path) -> Result<&Path> {
    leaf.parent().context("a leaf without a group above it")
}

/// Switches off what the leaf's name says was switched on for it, moves all that is in it back, and removes it.
fn undo(leaf: &Path) -> Result<()> {
    let root = above(leaf)?;
    let name = leaf.file_name().unwrap_or_default().to_string_lossy();
    let ours = |one: &&&str| name.split('.').any(|part| part == **one);
    for controller in CONTROLLERS.iter().filter(ours) {
        if has(root, SUBTREE, controller) {
            put(&root.join(SUBTREE), &format!("-{controller}"))?;
        }
    }
    for _ in 0..TRIES {
        move_all(leaf, root)?;
        match fs::remove_dir(leaf) {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {}
            done => return done.with_context(|| format!("{}: cannot be removed", leaf.display())),
        }
    }
    bail!(
        "{}: processes start in it all the time: end them",
        leaf.display()
    )
}

/// Moves all processes of one group to another. One that has ended meanwhile need not be moved.
fn move_all(from: &Path, to: &Path) -> Result<()> {
    let (members, door) = (from.join(MEMBERS), to.join(MEMBERS));
    let pids = fs::read_to_string(&members)
        .with_context(|| format!("{}: cannot be read", members.display()))?;
    for pid in pids.lines() {
        // Writing 0 would move this process.
        if pid == "0" {
            bail!(
                "{}: processes of another pid namespace are in it: run in a group of its own",
                from.display()
            );
        }
        match fs::write(&door, pid) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            done => done.with_context(|| {
                format!("{}: process {pid} cannot be moved there", to.display())
            })?,
        }
    }
    Ok(())
}

fn is_busy(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<io::Error>();
    cause.and_then(io::Error::raw_os_error) == Some(Errno::EBUSY as i32)
}
