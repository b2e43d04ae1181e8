//! What goes to stdout, and the progress bar.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use nix::fcntl::{FcntlArg, fcntl};
use terminal_size::terminal_size_of;

/// Whether stdout was closed when the process began (`>&-`). Before `main` std opens /dev/null in its place, and
/// what is written is lost without an error.
static CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: the section holds functions without arguments, which the loader calls once each, before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = {
    extern "C" fn look() {
        // SAFETY: no ownership is taken; whatever stands at this number is only asked for its flags.
        let stdout = unsafe { std::os::fd::BorrowedFd::borrow_raw(1) };
        CLOSED.store(fcntl(stdout, FcntlArg::F_GETFD).is_err(), Ordering::Relaxed);
    }
    look
};

/// See [`CLOSED`].
pub(crate) fn closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Columns of the terminal that stdout is, if it is one and says so.
pub(crate) fn width() -> Option<usize> {
    let out = io::stdout();
    let terminal = out.is_terminal().then(|| terminal_size_of(out)).flatten();
    terminal.map(|(width, _)| width.0.into())
}

/// Words to the person at stdout: on a terminal in lines that fit.
pub(crate) fn show(text: &str) -> Result<()> {
    match width() {
        Some(width) => print(&report::fitted(text, width)),
        None => print(text),
    }
}

/// Data to stdout.
pub(crate) fn print(text: &str) -> Result<()> {
    given(io::stdout().lock().write_all(text.as_bytes()))
}

/// What was `written` to stdout, handed on. A reader that has seen enough (`harness list | head`) is no
/// error; anything else that keeps output from its reader is.
pub(crate) fn given(written: io::Result<()>) -> Result<()> {
    // What is still in a buffer when the process ends is lost without an error.
    let written = match closed() {
        true => Err(io::Error::other(
            "it is closed: open it, as with >/dev/null",
        )),
        false => written,
    };
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout: cannot be written"),
    }
}

/// On a terminal only; in a pipe there is none. It moves with the cells: a clock of its own would be a
/// thread, which cannot always be had.
pub(crate) fn bar(cells: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}, {eta} left, {wide_msg}");
    let bar = ProgressBar::new(cells as u64);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
