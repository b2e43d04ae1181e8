//! `harness pulse`: says when the watch that started it does not run.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use anyhow::{Context, Result};

use crate::exit::say;
use crate::watch;

/// Listens to stdin until it ends.
pub(crate) fn pulse() -> Result<()> {
    // Without the buffer of `Stdin`: what is in that, poll does not see.
    let beats = io::stdin().as_fd().try_clone_to_owned().context("dup")?;
    watch::listen(File::from(beats), say).context("the beats of the watch cannot be read")
}
