//! Runs one program with the library before the monitor says that it is ready. A library that is not
//! loaded (the file system is mounted noexec, the loader refuses it) is otherwise not missed by anything:
//! programs run on without it, and nothing is seen.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use contract::{Result, Unavailable};

use super::install::OwnDir;
use super::ring::Channel;

/// The smallest channel there is.
const RING: u64 = 4096;
/// A program that was just written cannot be run as long as a process that another thread is about to
/// start has a copy of its descriptor.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether a program that loads `library` reaches a channel in `memory`.
pub(super) fn carries(home: &OwnDir, memory: &OwnDir, library: &Path) -> Result<()> {
    let program = home.trial()?;
    let (path, file) = memory.channel("trial")?;
    let channel = Channel::new(path, file, RING)?;
    let output = run(&program, library, channel.path())?;
    if channel.fill(0) > 0 {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = said.lines().last().unwrap_or("the loader says nothing");
    let refused = format!(
        "programs that load {} ({}, {said})",
        library.display(),
        output.status
    );
    let remedy = "set TMPDIR to a folder from which libraries may be loaded";
    Err(Unavailable::new(refused, remedy).into())
}

fn run(program: &Path, library: &Path, channel: &Path) -> Result<Output> {
    let begun = Instant::now();
    loop {
        let mut command = Command::new(program);
        command.env("LD_PRELOAD", library);
        command.env("ROLLCALL_CHANNEL", channel);
        match command.stdin(Stdio::null()).output() {
            Err(error)
                if error.kind() == ErrorKind::ExecutableFileBusy && begun.elapsed() < PATIENCE =>
            {
                std::thread::yield_now();
            }
            Ok(output) => return Ok(output),
            Err(error) => {
                let what = format!("programs in {} ({error})", program.display());
                let remedy = "set TMPDIR to a folder from which programs may be run";
                return Err(Unavailable::new(what, remedy).into());
            }
        }
    }
}
