//! `--setup` and `--check`: lines for the shell, before and after each cell.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use contract::file;
use nix::sys::prctl;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpid, getppid};

use crate::cell::interrupt;
use crate::cell::pidfd::PidFds;

/// How long its end is waited for at once.
const LOOK: Duration = Duration::from_millis(100);

/// Runs `line` in `cwd` as the caller would; what it writes goes to `NAME.log` in the folder of the cell.
/// It has failed where its exit code is not 0.
pub(crate) fn shell(name: &str, line: &str, cwd: &Path, cell: &Path) -> Result<()> {
    let path = cell.join(format!("{name}.log"));
    let log =
        File::create(&path).with_context(|| format!("{}: cannot be written", path.display()))?;
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(cwd);
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    command.process_group(0);
    let harness = getpid();
    let bound = move || {
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != harness {
            return Err(std::io::ErrorKind::NotConnected.into());
        }
        Ok(())
    };
    // SAFETY: `bound` makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(bound) };
    let mut child = command.spawn().context("sh: cannot be started")?;
    let end = PidFds::of(&[child.id()]);
    let status = loop {
        if let Some(status) = child.try_wait().context("waitpid")? {
            break status;
        }
        if let Err(stopped) = interrupt::check() {
            // It fails when the group has already ended.
            let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
            child.wait().context("waitpid")?;
            return Err(stopped);
        }
        end.wait(LOOK)?;
    };
    if !status.success() {
        let what = match line.contains('\n') {
            // The script of a definition.
            true => name.to_owned(),
            false => format!("--{name} '{line}'"),
        };
        bail!("{what}: {}: see {}", ending(status), below_record(&path));
    }
    Ok(())
}

/// "exit code 2", "killed by SIGTERM".
pub(super) fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map(Signal::as_str);
            format!("killed by {}", name.unwrap_or("a real-time signal"))
        }
        (None, None) => status.to_string(),
    }
}

/// A file in the folder of a cell as the record has it: a report says nothing of the folders around.
pub(super) fn below_record(path: &Path) -> String {
    let parts: Vec<_> = path.iter().rev().take(3).collect();
    let parts: Vec<_> = parts
        .iter()
        .rev()
        .map(|part| part.to_string_lossy())
        .collect();
    parts.join("/")
}

/// So much of the end of a file is looked at.
const TAIL: u64 = 4096;

/// The last line of a file that is not empty.
pub(super) fn last_line(path: &Path) -> Option<String> {
    let mut file = file::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut text = Vec::new();
    file.take(TAIL).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    Some(line.chars().take(160).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_line_that_fails_is_named_with_its_end_and_its_log() {
        let cell = tempfile::tempdir().unwrap();
        let dir = cell.path().join("raw/00001-x");
        fs::create_dir_all(&dir).unwrap();
        shell("setup", "echo made", &dir, &dir).unwrap();
        assert_eq!(fs::read_to_string(dir.join("setup.log")).unwrap(), "made\n");
        let of = |line| shell("check", line, &dir, &dir).unwrap_err().to_string();
        assert_eq!(
            of("echo bad; exit 3"),
            "--check 'echo bad; exit 3': exit code 3: see raw/00001-x/check.log"
        );
        assert!(of("kill -TERM $$").contains("killed by SIGTERM"));
        assert_eq!(last_line(&dir.join("setup.log")).as_deref(), Some("made"));
    }
}
