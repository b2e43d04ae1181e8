//! `harness command`: starts a command inside its control group, waits for it and for all that comes from
//! it, and counts what that does.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Error, Result};
use monitors::clock;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid, getppid, setsid};
use scoring::record::write_json;

use super::counted::Counters;
use super::leftovers;
use super::outcome::{FILE, Outcome, STDERR, STDOUT};
use super::supervisor::{self, Supervisor};

/// What is run, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    /// The program and its arguments.
    pub(crate) argv: &'a [OsString],
    /// The folder it runs in.
    pub(crate) cwd: &'a Path,
    /// Added to the environment, which is the caller's.
    pub(crate) env: &'a [(String, String)],
    /// The folder of the cell.
    pub(crate) dir: &'a Path,
    /// The `cgroup.procs` files of the control group.
    pub(crate) doors: &'a [PathBuf],
    /// The folder of the control group by which perf counters know it.
    pub(crate) counted: Option<&'a Path>,
    /// Whether each exec is held until it was written down.
    pub(crate) supervised: bool,
}

/// Runs it to the end of its last process; the wall time of its first, in nanoseconds. The calling process
/// must have no other children and no other threads but the supervisor's, whose end it waits for.
pub(crate) fn run(run: &Run<'_>) -> Result<u64> {
    prctl::set_child_subreaper(true).context("prctl(PR_SET_CHILD_SUBREAPER)")?;
    let mut command = command(run)?;
    let supervisor = run.supervised.then(|| supervise(&mut command, run.dir));
    let supervisor = supervisor.transpose()?;
    let (counters, uncounted) = match counters(run) {
        Ok(counters) => (Some(counters), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let began = clock::now();
    let child = command.spawn();
    // With it goes this process's end of the pipe that tells of the filter.
    drop(command);
    let mut child =
        child.with_context(|| format!("{}: cannot be started", run.argv[0].display()))?;
    let ended = ended(&child)?;
    let status = child.wait().context("waitpid")?;
    let left = leftovers::end(run.doors.get(..1).unwrap_or_default())?;
    supervisor.map(Supervisor::end).transpose()?;
    let counted = counters.map(|mut counters| counters.read());
    let outcome = Outcome {
        runner: std::process::id(),
        began,
        over: clock::now(),
        status: status.into_raw(),
        counted: counted.transpose().map_err(Error::from_boxed)?,
        uncounted,
        left,
    };
    write_json(&run.dir.join(FILE), &outcome)?;
    Ok(ended - began)
}

/// An error says why there are none.
fn counters(run: &Run<'_>) -> contract::Result<Counters> {
    let group = run.counted.ok_or(
        "no control group whose processes could be counted: run it as root, with a version 2 \
         hierarchy or perf_event mounted",
    )?;
    Counters::new(group)
}

/// When it ended. Taken before it is reaped, which waits for its memory to be gone.
fn ended(child: &Child) -> Result<u64> {
    let pid = Pid::from_raw(child.id().cast_signed());
    loop {
        match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(_) => return Ok(clock::now()),
            Err(Errno::EINTR) => {}
            Err(why) => return Err(why).context("waitid"),
        }
    }
}

fn command(run: &Run<'_>) -> Result<Command> {
    let file = |name: &str| {
        let path = run.dir.join(name);
        File::create(&path).with_context(|| format!("{}: cannot be written", path.display()))
    };
    let (program, arguments) = run.argv.split_first().context("no command was given")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(run.cwd);
    for (name, value) in run.env {
        command.env(name, beside(name, value));
    }
    command
        .stdin(Stdio::null())
        .stdout(file(STDOUT)?)
        .stderr(file(STDERR)?);
    let runner = getpid();
    let alone = move || {
        // A session without a terminal: what asks for one fails in every cell alike.
        setsid()?;
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != runner {
            return Err(std::io::ErrorKind::NotConnected.into());
        }
        Ok(())
    };
    // SAFETY: `alone` makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(alone) };
    Ok(command)
}

/// Has each exec of the command and of all that comes from it wait until it was written down.
fn supervise(command: &mut Command, dir: &Path) -> Result<Supervisor> {
    let (told, tell) = std::io::pipe().context("pipe")?;
    let program = supervisor::program();
    let filter = move || supervisor::install(&program, tell.as_fd());
    // SAFETY: `install` makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(filter) };
    Supervisor::start(told, dir)
}

/// A library that a monitor preloads comes before those that the caller does.
fn beside(name: &str, value: &str) -> OsString {
    let mut value = OsString::from(value);
    if name == "LD_PRELOAD"
        && let Some(own) = std::env::var_os(name).filter(|own| !own.is_empty())
    {
        value.push(":");
        value.push(own);
    }
    value
}
