//! What goes to stdout, and the progress bar.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

/// Data to stdout. A reader that has seen enough (`harness list | head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout: cannot be written"),
    }
}

/// On a terminal only; in a pipe there is none.
pub(crate) fn bar(cells: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}, {eta} left, {wide_msg}");
    let bar = ProgressBar::new(cells as u64);
    bar.enable_steady_tick(Duration::from_secs(1));
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
