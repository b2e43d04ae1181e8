//! `--argv`: learns which program each process of a command executes, and with which arguments, before it does. A seccomp
//! filter on the command and all that comes from it holds every execve and execveat until this has read its
//! arguments, and then lets it go on. That costs the command time, so what it costs to monitor is never taken from such a
//! pass.
//!
//! Minimum kernel: 5.8 (a listener whose processes are gone says so). Right: none; without CAP_SYS_ADMIN the command
//! runs with no_new_privs, and a set-user-id program in it stays who it was.
//!
//! What it collides with: a command that installs a listener of its own (EBUSY, a process has one), and with one that is
//! traced and changes the arguments after this has read them. Nothing but an exec is held.

mod filter;
mod image;

use std::ffi::c_ulong;
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use contract::{Nanos, Pid, Spool, SpoolReader};
use monitors::clock;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use self::image::Image;
use crate::cell::pidfd;

/// Its file in the folder of a cell.
const FILE: &str = "execs.spool";

/// An exec that went through, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exec {
    pub(super) pid: Pid,
    /// Before this it had not happened.
    pub(super) after: Nanos,
    /// The file that runs: of a script its interpreter.
    pub(super) exe: Vec<u8>,
    /// In the form of [`contract::argv_bytes`], as the program gets them.
    pub(super) argv: Vec<u8>,
}

/// Follows one command in a thread of its own.
pub(super) struct Supervisor {
    thread: JoinHandle<Result<()>>,
}

impl Supervisor {
    /// `told` brings the listener's process and number: see [`filter::install`]. Execs go to the cell's folder.
    pub(super) fn start(told: PipeReader, dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        let thread = std::thread::spawn(move || follow(told, Spool::new(file)?));
        Ok(Self { thread })
    }

    /// Ends when the last process under the filter has ended.
    pub(super) fn end(self) -> Result<()> {
        let ended = self.thread.join();
        ended.map_err(|_| {
            anyhow!("the supervisor of the execs stopped: this is a bug, please report it")
        })?
    }
}

/// For the command: its filter, and how that is installed between fork and exec.
pub(super) use filter::{install, program};

/// The execs that were written down in a cell's folder; `None` where its pass had no supervisor.
pub(super) fn read(dir: &Path) -> contract::Result<Option<Vec<Exec>>> {
    let path = dir.join(FILE);
    let file = match File::open(&path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|why| format!("{}: {why}", path.display()))?,
    };
    let mut reader = SpoolReader::new(io::BufReader::new(file));
    let mut execs = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        let exec = unpacked(frame.received, frame.bytes);
        execs.push(exec.ok_or_else(|| format!("{}: cut short: measure again", path.display()))?);
    }
    match reader.rest() {
        0 => Ok(Some(execs)),
        _ => Err(format!("{}: cut short: measure again", path.display()).into()),
    }
}

fn unpacked(after: Nanos, bytes: &[u8]) -> Option<Exec> {
    let (pid, rest) = bytes.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (exe, argv) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some(Exec {
        pid: Pid::from_le_bytes(*pid),
        after,
        exe: exe.to_vec(),
        argv: argv.to_vec(),
    })
}

fn follow(told: PipeReader, mut spool: Spool) -> Result<()> {
    let Some(listener) = listener(told)? else {
        // The command could not be started, which the runner tells.
        return Ok(());
    };
    loop {
        let mut polled = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        match poll(&mut polled, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result.context("poll of the seccomp listener")?,
        };
        let events = polled[0].revents().unwrap_or(PollFlags::empty());
        if events.contains(PollFlags::POLLIN) {
            one(&listener, &mut spool)?;
        } else if events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR) {
            return Ok(spool.flush()?);
        }
    }
}

/// The listener, taken over from the process that waits in its first exec.
fn listener(mut told: PipeReader) -> Result<Option<OwnedFd>> {
    let mut words = [0; 8];
    match told.read_exact(&mut words) {
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        result => result.context("the command's filter")?,
    }
    let [pid, number] = [0, 4]
        .map(|at| u32::from_ne_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]));
    let process = pidfd::open(pid).context("pidfd_open")?;
    // SAFETY: the call takes numbers alone, and a descriptor that is returned belongs to this process.
    let taken = unsafe {
        let listener = libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), number, 0);
        Errno::result(listener).context("pidfd_getfd: --argv needs Linux 5.8")?;
        OwnedFd::from_raw_fd(listener as RawFd)
    };
    Ok(Some(taken))
}

/// Answers one exec. It may have been killed meanwhile: then there is nothing to answer.
fn one(listener: &OwnedFd, spool: &mut Spool) -> Result<()> {
    // SAFETY: the kernel asks for zeroes, which are a valid value of every field.
    let mut asked: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    match ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &mut asked) {
        Err(Errno::ENOENT | Errno::EINTR) => return Ok(()),
        result => result.context("SECCOMP_IOCTL_NOTIF_RECV")?,
    }
    let at = clock::now();
    // What cannot be read has been killed, or passes what the kernel will refuse.
    if let Some(image) = Image::of(asked.pid, &asked.data) {
        let length = (image.exe.len() as u32).to_le_bytes();
        spool.write_parts(
            at,
            &[&image.pid.to_le_bytes(), &length, &image.exe, &image.argv],
        )?;
    }
    let mut answer = libc::seccomp_notif_resp {
        id: asked.id,
        val: 0,
        error: 0,
        flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
    };
    match ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, &mut answer) {
        Err(Errno::ENOENT) => Ok(()),
        result => result.context("SECCOMP_IOCTL_NOTIF_SEND"),
    }
}

fn ioctl<T>(listener: &OwnedFd, request: c_ulong, value: &mut T) -> nix::Result<()> {
    // SAFETY: both requests read and write one value of the type that their number names, which is `T`.
    let done = unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            request as _,
            std::ptr::from_mut(value),
        )
    };
    Errno::result(done).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exec_comes_back_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), None);
        let file = File::create(dir.path().join(FILE)).unwrap();
        let mut spool = Spool::new(file).unwrap();
        let parts: [&[u8]; 4] = [&7_u32.to_le_bytes(), &2_u32.to_le_bytes(), b"/x", b"x\0y\0"];
        spool.write_parts(5, &parts).unwrap();
        spool.flush().unwrap();
        let exec = Exec {
            pid: 7,
            after: 5,
            exe: b"/x".to_vec(),
            argv: b"x\0y\0".to_vec(),
        };
        assert_eq!(read(dir.path()).unwrap(), Some(vec![exec]));
        assert_eq!(unpacked(5, &[7, 0, 0, 0, 9, 0, 0, 0, b'/']), None);
    }
}
