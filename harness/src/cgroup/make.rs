//! A group is made and locked, and gets its controllers.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Error, Result, bail};
use monitors::owned_dir;
use nix::fcntl::Flock;

use super::hierarchy::{CONTROLLERS, SUBTREE, has, put};

/// How often a sweep may take a group before it is locked.
pub(super) const TRIES: u32 = 100;

/// Makes the folder of a group and locks it. A sweep that runs meanwhile may take it before it is locked.
pub(super) fn make(path: &Path) -> Result<Flock<File>> {
    let failed = |error: io::Error| {
        let path = path.display();
        format!(
            "{path}: cannot be made ({error}): run as root, or without control groups as a plain user"
        )
    };
    for _ in 0..TRIES {
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => bail!(failed(error)),
            _ => {}
        }
        if let Some(lock) = owned_dir::lock(path).map_err(|error| Error::msg(failed(error)))? {
            return Ok(lock);
        }
    }
    bail!(
        "{}: another harness has it: end that one first",
        path.display()
    )
}

/// Lets groups below the root have the controllers they are made for.
pub(super) fn enable(root: &Path) -> Result<()> {
    for controller in CONTROLLERS {
        if !has(root, SUBTREE, controller) {
            put(&root.join(SUBTREE), &format!("+{controller}"))?;
        }
    }
    Ok(())
}
