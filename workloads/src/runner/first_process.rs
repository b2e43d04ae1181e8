//! The first process of a workload: made, limited and stamped by the runner.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering::SeqCst;

use contract::{Nanos, Result, Script};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getegid, geteuid, getpid, getppid};

use super::become_user::may_become;
use super::clock::now;
use super::request::Run;
use crate::ledger::inherited::Inherited;
use crate::ledger::manifest::{Manifest, nonce};
use crate::ledger::shm::SharedLedger;
use crate::ledger::slot::{EXEC, EXIT, FORK, HEADER, Slot};
use crate::programs_log;

/// Where all processes of a workload are.
const FOLDER: &str = "/";
/// LEDGER_FD in ledger.h.
const LEDGER_FD: i32 = 200;
/// FAULTS_FD in race.h: what a driver makes a userfaultfd of that holds the kernel too. A user may not, so the
/// runner opens it.
const FAULTS: (&str, i32) = ("/dev/userfaultfd", 202);
/// How many tasks other programs may start meanwhile as the same user before the limit is reached.
const OTHERS: u64 = 1024;
/// Whether root has another user at all is asked by the one that every distribution has.
const NOBODY: u32 = 65534;
/// The exit code of a driver that lacks something on this machine: UNAVAILABLE in case.h.
pub(super) const UNAVAILABLE: i32 = 77;

/// Offset of a field of the first slot.
macro_rules! first_slot {
    ($field:ident) => {
        HEADER + std::mem::offset_of!(Slot, $field)
    };
}

/// The process, and where its stamps go.
pub(super) struct FirstProcess<'a> {
    child: Child,
    /// Just before it was made.
    pub(super) began: Nanos,
    ledger: &'a SharedLedger,
    stamping: bool,
}

impl<'a> FirstProcess<'a> {
    /// Starts the first program of the script, and stamps its fork and exec.
    pub(super) fn start(
        run: &Run<'_>,
        manifest: &Manifest,
        script: &Script,
        ledger: &'a SharedLedger,
    ) -> Result<Self> {
        let driver = script.driver.unwrap_or_default();
        let other = || !driver.root && may_become(NOBODY, NOBODY);
        if run.user.is_some_and(|(uid, _)| uid == 0) || (run.user.is_none() && other()) {
            return Err("a workload must not run as root: give the user it shall run as".into());
        }
        let mut command = command(run, manifest, script)?;
        let user = run.user.filter(|_| !driver.root);
        if let Some(user) = user.filter(|_| geteuid().is_root()) {
            // As root this also gives up all supplementary groups.
            command.uid(user.0).gid(user.1);
        }
        let user = user.unwrap_or((geteuid().as_raw(), getegid().as_raw()));
        Inherited::of_children(user, FOLDER).write(run.cell)?;
        if driver.early {
            // The harness tells the driver through these when the monitor is ready.
            command.stdin(Stdio::inherit()).stdout(Stdio::inherit());
        }
        let most = tasks()? + u64::from(script.live) + OTHERS;
        // Without it (before Linux 6.1, or without the right) a driver tries the system call.
        let faults = script
            .driver
            .and_then(|_| File::options().read(true).write(true).open(FAULTS.0).ok());
        fence(&mut command, (ledger, faults), most, driver.gains);
        let stamping = run.stamping;
        if stamping {
            let kinds = FORK | EXEC | EXIT;
            ledger.u32(first_slot!(kinds)).store(kinds, SeqCst);
            let own = getpid().as_raw() as u32;
            ledger.u32(first_slot!(ppid)).store(own, SeqCst);
        }
        let began = now();
        ledger.u64(first_slot!(fork_after)).store(began, SeqCst);
        let child = command
            .spawn()
            .map_err(|why| not_started(run, script, &why))?;
        if stamping {
            ledger.u64(first_slot!(fork_before)).store(now(), SeqCst);
            ledger.u32(first_slot!(pid)).store(child.id(), SeqCst);
        }
        Ok(Self {
            child,
            began,
            ledger,
            stamping,
        })
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// Ends it, where what it would do cannot be watched.
    pub(super) fn kill(&mut self) -> Result<()> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        let pid = self.child.id();
        ended.map_err(|why| format!("process {pid} cannot be ended: {why}: end it"))?;
        Ok(())
    }

    /// Reaps it and stamps its end, which was `at`.
    pub(super) fn end(&mut self, at: Nanos) -> Result<ExitStatus> {
        let pid = self.child.id();
        let status = self.child.wait();
        let status = status.map_err(|why| format!("waitpid({pid}): {why}"))?;
        if self.stamping {
            self.ledger.u64(first_slot!(exit_before)).store(at, SeqCst);
            let raw = status.into_raw() as u32;
            self.ledger.u32(first_slot!(status)).store(raw, SeqCst);
        }
        Ok(status)
    }
}

fn command(run: &Run<'_>, manifest: &Manifest, script: &Script) -> Result<Command> {
    let first = script.programs.first();
    let first = first.ok_or("the script has no program: this is a bug, please report it")?;
    let log = run.cell.join(programs_log::FILE);
    let failed = |why| format!("{}: {why}: use a writable folder", log.display());
    let log = File::create(&log).map_err(failed)?;
    let mut command = Command::new(&first.exe);
    if let Some(name) = first.exe.file_name() {
        command.arg0(name);
    }
    let nonce = if run.stamping {
        nonce(&manifest.tag, 0)
    } else {
        "-".into()
    };
    command.arg(nonce).args(&script.words);
    let folder = first.exe.parent().unwrap_or(Path::new("/"));
    let mut path = folder.as_os_str().to_owned();
    path.push(":/usr/bin:/bin");
    command.env_clear().env("PATH", path);
    command.envs(run.env.iter().map(|(name, value)| (name, value)));
    command.current_dir(FOLDER);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    Ok(command)
}

/// What the new process does between fork and exec: only system calls, because nothing else is safe
/// in a copy of a process with threads.
fn fence(
    command: &mut Command,
    (ledger, faults): (&SharedLedger, Option<File>),
    most: u64,
    gains: bool,
) {
    let runner = getpid();
    let fd = ledger.fd().as_raw_fd();
    let stamps = ledger.stamp_writer();
    let prepare = move || {
        // SAFETY: both are numbers; the file behind `fd` is open in the copy as in the original.
        if unsafe { libc::dup2(fd, LEDGER_FD) } < 0 {
            return Err(io::Error::last_os_error());
        }
        if let Some(faults) = &faults {
            // SAFETY: as above.
            if unsafe { libc::dup2(faults.as_raw_fd(), FAULTS.1) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        setrlimit(Resource::RLIMIT_NPROC, most, most)?;
        if !gains {
            prctl::set_no_new_privs()?;
        }
        // After the change of user, which makes the kernel forget it.
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != runner {
            return Err(io::ErrorKind::NotConnected.into());
        }
        stamps.set(first_slot!(exec_after), now());
        Ok(())
    };
    // SAFETY: `prepare` makes system calls and stores numbers in shared memory; it allocates
    // nothing, takes no lock, and the mapping is there in the copy as well.
    unsafe { command.pre_exec(prepare) };
}

/// How many tasks there are on this machine: an upper limit of those that already run as the user of
/// the workload, all of which count against the user's limit.
fn tasks() -> Result<u64> {
    let text =
        std::fs::read_to_string("/proc/loadavg").map_err(|why| format!("/proc/loadavg: {why}"))?;
    let total = text
        .split_whitespace()
        .nth(3)
        .and_then(|word| word.split_once('/'));
    let total = total.and_then(|(_, total)| total.parse().ok());
    total.ok_or_else(|| {
        format!(
            "/proc/loadavg: '{}' names no tasks: mount /proc",
            text.trim()
        )
        .into()
    })
}

fn not_started(run: &Run<'_>, script: &Script, why: &io::Error) -> String {
    let exe = script.programs[0].exe.display();
    match why.kind() {
        io::ErrorKind::PermissionDenied => {
            let user = run
                .user
                .map_or("this user".into(), |(uid, _)| format!("user {uid}"));
            format!(
                "{exe}: {why} for {user}: set TMPDIR to a folder where it may execute programs (not noexec)"
            )
        }
        io::ErrorKind::NotFound => format!("{exe}: {why}: install the programs first"),
        _ => format!("{exe}: {why}: the program could not be started"),
    }
}
