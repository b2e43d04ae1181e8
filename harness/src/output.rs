//! What goes to stdout, and the progress bar.

use std::io::{self, Write};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

/// Data to stdout.
pub(crate) fn print(text: &str) -> Result<()> {
    given(io::stdout().lock().write_all(text.as_bytes()))
}

/// What was `written` to stdout, handed on. A reader that has seen enough (`harness list | head`) is no
/// error; anything else that keeps output from its reader is.
pub(crate) fn given(written: io::Result<()>) -> Result<()> {
    // What is still in a buffer when the process ends is lost without an error.
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout: cannot be written: free space there, or write elsewhere"),
    }
}

/// On a terminal only; in a pipe there is none. It moves with the cells: a clock of its own would be a
/// thread, which cannot always be had.
pub(crate) fn bar(cells: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}, {eta} left, {wide_msg}");
    let bar = ProgressBar::new(cells as u64);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
