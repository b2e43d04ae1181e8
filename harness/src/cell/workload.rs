//! The workload's side of a cell, seen from the harness: a process of its own, inside its fence.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use contract::Script;
use workloads::Definition;

use super::interrupt;
use super::monitor::MonitorProcess;
use super::pidfd::PidFds;
use super::protocol::Outcome;
use super::stage::Stage;
use crate::cgroup::{Cgroup, Limits};
use crate::exit::{self, NothingRuns};

/// The longest a workload may take, and the longest its own process waits before it gives up by
/// itself: a little less, so that it can still say why.
const LONGEST: Duration = Duration::from_secs(150);
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// The longest that a command may take which is not ours: one that takes longer waits for something.
const LONGEST_COMMAND: Duration = Duration::from_secs(3600);

/// How long its end is waited for at once.
const LOOK: Duration = Duration::from_millis(100);

/// The fence: as many tasks as the script needs at once, with the runner's, and its memory.
pub(super) fn limits(script: &Script) -> Limits {
    Limits {
        pids: u64::from(script.live) + 16,
        memory: script.memory_bytes,
    }
}

/// A running workload. Dropping it ends it.
pub(super) struct WorkloadProcess {
    child: Child,
    group: Option<Cgroup>,
    dir: PathBuf,
    label: String,
    longest: Duration,
}

impl WorkloadProcess {
    /// Starts `harness workload` in `group` with `env` for its programs, or `harness command`.
    pub(super) fn start(
        stage: &Stage,
        workload: &Definition,
        dir: &Path,
        script: &Script,
        (env, group): (&[(String, String)], Option<Cgroup>),
    ) -> Result<Self> {
        let mut command = side(stage, workload, dir, (env, group.as_ref()))?;
        let early = is_early(script);
        let through = || if early { Stdio::piped() } else { Stdio::null() };
        command
            .stdin(through())
            .stdout(through())
            .stderr(File::create(dir.join("workload.err"))?);
        command.process_group(0);
        let child = command
            .spawn()
            .context("harness workload: cannot be started")?;
        let mut work = Self {
            child,
            group,
            dir: dir.to_owned(),
            label: workload.label.clone(),
            longest: match workload.command {
                Some(_) => LONGEST_COMMAND,
                None => LONGEST,
            },
        };
        if early {
            work.begun()?;
        }
        Ok(work)
    }

    /// Waits until the processes are there that shall be older than the monitor: their driver
    /// then writes one byte.
    fn begun(&mut self) -> Result<()> {
        let mut byte = [0];
        let said = self.child.stdout.as_mut().map(|pipe| pipe.read(&mut byte));
        match said.transpose().context("the workload's stdout")? {
            Some(1) => Ok(()),
            _ => {
                let status = self.child.wait().context("waitpid")?;
                self.ended(status)
            }
        }
    }

    /// Releases a driver that waits for the monitor.
    pub(super) fn go_on(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().context("waitpid")?.is_some())
    }

    /// Ends it. It must have gone on until now, or it was no neighbour for a part of the time.
    pub(super) fn end(mut self) -> Result<()> {
        match self.child.try_wait().context("waitpid")? {
            None => Ok(()),
            Some(status) => bail!(
                "{}: ended before what it runs beside ({status}): this is a bug, please report it",
                self.label
            ),
        }
    }

    /// Waits for its end, which comes early when the monitor ends, and calls `look` from time to time.
    pub(super) fn wait(
        mut self,
        monitor: &mut MonitorProcess,
        look: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Outcome> {
        let deadline = Instant::now() + self.longest;
        let both = PidFds::of(&[self.child.id(), monitor.pid()]);
        let status = loop {
            look()?;
            if let Some(status) = self.child.try_wait().context("waitpid")? {
                break status;
            }
            monitor.check()?;
            interrupt::check()?;
            if Instant::now() > deadline {
                bail!(
                    "{}: not done after {} s: use a smaller --scale, or a command that ends by itself",
                    self.label,
                    self.longest.as_secs()
                );
            }
            both.wait(LOOK)?;
        };
        self.ended(status)?;
        let outcome = scoring::record::read_json(&self.dir.join("outcome.json"))?;
        self.group.take().map(Cgroup::remove).transpose()?;
        Ok(outcome)
    }

    /// Whether it ended as it should; a [`NothingRuns`] when the machine lacks what it needs.
    fn ended(&self, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        let text = fs::read_to_string(self.dir.join("workload.err")).unwrap_or_default();
        let last = text.lines().last().unwrap_or("it left no message");
        let last = last.strip_prefix("harness: ").unwrap_or(last);
        if status.code() == Some(i32::from(exit::NOTHING_RUNS)) {
            return Err(NothingRuns(last.to_owned()).into());
        }
        if let Some(limit) = self.out_of_memory() {
            let mib = limit >> 20;
            bail!(
                "{}: out of memory: its control group has {mib} MiB: use a smaller --scale",
                self.label
            );
        }
        bail!("{}: {last} ({status})", self.label)
    }

    /// The limit, where the kernel ended processes in the workload's group because of it.
    fn out_of_memory(&self) -> Option<u64> {
        let group = self.group.as_ref()?;
        group
            .out_of_memory()
            .then(|| group.memory_limit())
            .flatten()
    }
}

/// The command line of the process that runs it.
fn side(
    stage: &Stage,
    workload: &Definition,
    dir: &Path,
    (env, group): (&[(String, String)], Option<&Cgroup>),
) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("/proc/self/exe")?);
    let foreign = workload.command.as_ref();
    command.arg(if foreign.is_some() {
        "command"
    } else {
        "workload"
    });
    command.arg("--dir").arg(dir);
    command.arg(format!("--parent={}", std::process::id()));
    for door in group.map(Cgroup::doors).unwrap_or_default() {
        command.arg("--join").arg(door);
    }
    command.args(
        env.iter()
            .map(|(name, value)| format!("--env={name}={value}")),
    );
    match foreign {
        // As the caller: it may have to write where only that may.
        Some(foreign) => {
            if let Some(folder) = group.and_then(Cgroup::counted) {
                command.arg("--counted").arg(folder);
            }
            command.args(foreign.supervised.then_some("--supervised"));
            command.arg("--cwd").arg(&foreign.cwd);
            command.arg("--").args(&foreign.argv);
        }
        None => {
            command.args(stage.user.map(|user| format!("--user={}", user.text())));
        }
    }
    Ok(command)
}

/// Whether its processes must be there before the monitor.
pub(super) fn is_early(script: &Script) -> bool {
    script.driver.is_some_and(|driver| driver.early)
}

impl Drop for WorkloadProcess {
    fn drop(&mut self) {
        // The group goes first: it ends everything in it, also what has left its parent.
        drop(self.group.take());
        if matches!(self.child.try_wait(), Ok(None))
            && self.child.kill().and_then(|()| self.child.wait()).is_err()
        {
            crate::exit::say(&format!(
                "{}: process {} cannot be ended",
                self.label,
                self.child.id()
            ));
        }
    }
}
