//! Waits for what nothing tells.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::interrupt;

/// Asks again every millisecond; whether it came about in time.
pub(super) fn until(patience: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<bool> {
    let deadline = Instant::now() + patience;
    loop {
        if done()? {
            return Ok(true);
        }
        if Instant::now() > deadline {
            return Ok(false);
        }
        interrupt::check()?;
        std::thread::sleep(Duration::from_millis(1));
    }
}
