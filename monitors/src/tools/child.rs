//! The tool as a process, with all that comes from it. However it behaves, the whole tree is ended.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use contract::{Pid, Result, Unavailable};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::sys::wait::{WaitPidFlag, waitpid};

use super::definition::{Definition, Stop};
use super::requirements::Need;
use super::tracefs;
use crate::common::descendants;

/// Room for what it writes before that is read: what an unprivileged user may have.
const PIPE: i32 = 1 << 20;
/// How long ended processes may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running tool. Dropping it ends everything that came from it.
pub(super) struct Tool {
    child: Child,
    /// Its two streams, never blocking; stdout first.
    pub(super) streams: [File; 2],
    ended: Option<ExitStatus>,
}

/// A program with its arguments, both as the definition has them after filling in.
pub(super) type Words = Vec<String>;

impl Tool {
    /// Starts `run` as `definition` wants it. A program that is not there is [`Unavailable`].
    pub(super) fn start(definition: &Definition, run: &Words, home: &Path) -> Result<Self> {
        // Whatever leaves its parent becomes a child of this process, so it can be found.
        prctl::set_child_subreaper(true)
            .map_err(|e| format!("prctl: {e}: this is a bug, please report it"))?;
        let (out_end, out) = match definition.pty {
            true => terminal()?,
            false => pipe()?,
        };
        let (err_end, err) = pipe()?;
        let mut command = Command::new(&run[0]);
        command.args(&run[1..]).current_dir(home);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        command.process_group(0);
        let mounts = definition.needs.contains(&Need::Tracefs) && !tracefs::mounted();
        let before = move || {
            if mounts {
                tracefs::mount_own()?;
            }
            prctl::set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from)
        };
        // SAFETY: between fork and exec it makes system calls only, and allocates nothing.
        unsafe { command.pre_exec(before) };
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => missing(definition, &run[0]).into(),
            _ => contract::Error::from(format!("{}: cannot be started: {error}", run[0])),
        })?;
        Ok(Self {
            child,
            streams: [out_end.into(), err_end.into()],
            ended: None,
        })
    }

    /// How it ended, once it has.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            let asked = self.child.try_wait();
            self.ended =
                asked.map_err(|e| format!("waitpid: {e}: this is a bug, please report it"))?;
        }
        Ok(self.ended)
    }

    /// What came from it and is still there, itself aside.
    pub(super) fn others(&self) -> Vec<Pid> {
        let own = self.child.id();
        let mut all = descendants::below(std::process::id());
        all.retain(|&pid| pid != own);
        all
    }

    /// Asks it to stop, and all that is in its group, as Ctrl-C would.
    pub(super) fn ask(&self, stop: Stop) {
        let signal = match stop {
            Stop::Int => Signal::SIGINT,
            Stop::Term => Signal::SIGTERM,
        };
        // Gone already is as good.
        let _gone = killpg(self.group(), signal);
    }

    fn group(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.child.id() as i32)
    }

    /// Ends the whole tree, whatever it does.
    pub(super) fn end(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = descendants::below(std::process::id());
            if left.is_empty() {
                return Ok(());
            }
            for pid in &left {
                let _gone = kill(nix::unistd::Pid::from_raw(*pid as i32), Signal::SIGKILL);
            }
            // Its own exit status is kept; the rest only have to go.
            self.ended()?;
            if self.ended.is_some() {
                while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                    if status.pid().is_none() {
                        break;
                    }
                }
            }
            if Instant::now() > deadline {
                return Err(format!("processes {left:?} cannot be ended: end them by hand").into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // Where it cannot be, the control group of the cell is still to come.
        let _tried = self.end();
    }
}

/// What a missing program is told as.
pub(super) fn missing(definition: &Definition, program: &str) -> Unavailable {
    Unavailable::new(program, definition.install.clone())
}

/// "exit code 3" or "signal 9".
pub(super) fn how(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit code {}", status.code().unwrap_or(-1)),
    }
}

/// The end to read from, which does not block, and the one to write to.
fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let failed = |e: Errno| format!("pipe2: {e}: close open files, or raise ulimit -n");
    let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
    fcntl(reader.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(failed)?;
    // A smaller one will do where this is refused.
    let _refused = fcntl(reader.as_fd(), FcntlArg::F_SETPIPE_SZ(PIPE));
    Ok((reader, writer))
}

/// A terminal that hands on every byte as it is.
fn terminal() -> Result<(OwnedFd, OwnedFd)> {
    let failed = |e: Errno| format!("openpty: {e}: mount /dev/pts, or set pty = false");
    let ends = openpty(None, None).map_err(failed)?;
    let mut settings = tcgetattr(&ends.slave).map_err(failed)?;
    cfmakeraw(&mut settings);
    tcsetattr(&ends.slave, SetArg::TCSANOW, &settings).map_err(failed)?;
    fcntl(ends.master.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(failed)?;
    // SAFETY: the descriptor is open, and the flag is the only one there is.
    unsafe { libc::fcntl(ends.master.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    Ok((ends.master, ends.slave))
}
