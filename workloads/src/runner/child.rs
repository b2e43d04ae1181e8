//! The first process of a workload: made, limited and stamped by the runner.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering::SeqCst;

use contract::{Nanos, Result, Unavailable};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{geteuid, getpid, getppid};

use super::{Run, first_slot, now};
use crate::ledger::shm::Live;
use crate::ledger::slot::{EXEC, EXIT, FORK};
use crate::ledger::{nonce, tag};

/// LEDGER_FD in ledger.h.
const LEDGER_FD: i32 = 200;
/// What else may start meanwhile as the same user without taking the workload's share.
const OTHERS: u64 = 1024;
const LOG: &str = "programs.log";
/// CANNOT in case.h: how a driver ends that lacks something on this machine.
pub(super) const CANNOT: i32 = 77;

/// Offset of the first stamp of a run.
pub(super) const FORK_AFTER: usize = first_slot!(fork_after);

/// Starts the first program of the script, and stamps its fork and exec.
pub(super) fn start(run: &Run<'_>, live: &Live) -> Result<Child> {
    if geteuid().is_root() && run.user.is_none_or(|(uid, _)| uid == 0) {
        return Err("a workload must not run as root: give the user it shall run as".into());
    }
    let mut command = command(run)?;
    let driver = run.script.driver.unwrap_or_default();
    if driver.early {
        // Its own stdin and stdout are what the harness tells it through when to go on.
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit());
    }
    fence(
        &mut command,
        live,
        tasks()? + u64::from(run.script.live) + OTHERS,
        driver.gains,
    );
    if run.stamping {
        live.u32(first_slot!(kinds))
            .store(FORK | EXEC | EXIT, SeqCst);
        live.u32(first_slot!(ppid))
            .store(getpid().as_raw() as u32, SeqCst);
    }
    live.u64(FORK_AFTER).store(now(), SeqCst);
    let child = command.spawn().map_err(|why| not_started(run, &why))?;
    if run.stamping {
        live.u64(first_slot!(fork_before)).store(now(), SeqCst);
        live.u32(first_slot!(pid)).store(child.id(), SeqCst);
    }
    Ok(child)
}

fn command(run: &Run<'_>) -> Result<Command> {
    let first = run
        .script
        .programs
        .first()
        .ok_or("the script has no program: name one")?;
    let log = run.cell.join(LOG);
    let log = File::create(&log).map_err(|why| format!("{}: {why}: free it", log.display()))?;
    let name = if run.stamping {
        nonce(&tag(run.cell)?, 0)
    } else {
        "-".into()
    };
    let mut command = Command::new(&first.exe);
    if let Some(name) = first.exe.file_name() {
        command.arg0(name);
    }
    command.arg(name).args(&run.script.words);
    let mut path = first
        .exe
        .parent()
        .unwrap_or(Path::new("/"))
        .as_os_str()
        .to_owned();
    path.push(":/usr/bin:/bin");
    command.env_clear().env("PATH", path);
    command.envs(run.env.iter().map(|(name, value)| (name, value)));
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    if let Some((uid, gid)) = run.user.filter(|_| geteuid().is_root()) {
        // As root this also gives up all supplementary groups.
        command.uid(uid).gid(gid);
    }
    Ok(command)
}

/// What the new process does between fork and exec: only system calls, for in a copy of a process
/// with threads nothing else is safe.
fn fence(command: &mut Command, live: &Live, most: u64, gains: bool) {
    let runner = getpid();
    let fd = live.fd().as_raw_fd();
    let stamps = live.stamps();
    let prepare = move || {
        // SAFETY: both are numbers; the file behind `fd` is open in the copy as in the original.
        if unsafe { libc::dup2(fd, LEDGER_FD) } < 0 {
            return Err(io::Error::last_os_error());
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

/// How many tasks there are on this machine. The limit on a user's processes counts everything
/// that runs as that user, and whatever that is, it is no more than this.
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
            "/proc/loadavg: '{}' names no tasks: is /proc mounted?",
            text.trim()
        )
        .into()
    })
}

fn not_started(run: &Run<'_>, why: &io::Error) -> String {
    let exe = run.script.programs[0].exe.display();
    match why.kind() {
        io::ErrorKind::PermissionDenied => {
            let user = run
                .user
                .map_or("this user".into(), |(uid, _)| format!("user {uid}"));
            format!(
                "{exe}: {why} for {user}: install the programs where it may execute them (not noexec)"
            )
        }
        io::ErrorKind::NotFound => format!("{exe}: {why}: install the programs first"),
        _ => format!("{exe}: {why}: it could not be started"),
    }
}

/// Stamps the end of the first process.
pub(super) fn stamp_end(live: &Live, ended: Nanos, status: ExitStatus) {
    live.u64(first_slot!(exit_before)).store(ended, SeqCst);
    live.u32(first_slot!(status))
        .store(status.into_raw() as u32, SeqCst);
}

/// What a program complained of first, to end an error with.
pub(super) fn first_words(cell: &Path) -> String {
    let line = first_line(cell).map(|line| format!("; {LOG} begins: {line}"));
    line.unwrap_or_default()
}

/// What a driver lacks, as it said itself.
pub(super) fn why_not(cell: &Path) -> Unavailable {
    let line = first_line(cell).unwrap_or_default();
    let (missing, remedy) = line
        .split_once(": ")
        .unwrap_or((&line, "use another machine"));
    Unavailable::new(missing, remedy)
}

fn first_line(cell: &Path) -> Option<String> {
    let text = std::fs::read(cell.join(LOG)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().map(str::to_owned)
}
