//! SIGINT, SIGTERM and SIGHUP: noted when they come, acted on where it is safe to.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static CAUGHT: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// The run was asked to end.
#[derive(Debug)]
pub(crate) struct Interrupted(usize);

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by signal {}", self.0)
    }
}

impl std::error::Error for Interrupted {}

/// From now on the three signals are only noted.
pub(crate) fn catch() -> Result<()> {
    let caught = CAUGHT.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_usize(signal, Arc::clone(caught), signal as usize)
            .context("sigaction")?;
    }
    Ok(())
}

/// An [`Interrupted`] once one of them has come.
pub(crate) fn check() -> Result<()> {
    match CAUGHT
        .get()
        .map_or(0, |caught| caught.load(Ordering::Relaxed))
    {
        0 => Ok(()),
        signal => Err(Interrupted(signal).into()),
    }
}
