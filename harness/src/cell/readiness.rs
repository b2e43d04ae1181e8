//! Ready and drained are known, not slept for: a readiness probe is a process spawned only to be
//! reported. It stays a zombie for a while, so that a monitor that only polls finds it, and is then reaped:
//! one that polls may take a process for ended only when its pid is gone.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::{Id, WaitPidFlag, waitid};

use super::monitor::MonitorProcess;
use super::spool_tail::SpoolTail;
use super::until::until;
use crate::user::User;

/// So long is the report of the last probes waited for before others follow, and then twice as long.
const AGAIN: Duration = Duration::from_millis(500);

/// How long a probe is waited for before it is reaped, and again after that: at first, and at most.
const FIRST: Duration = Duration::from_millis(100);
const MOST: Duration = Duration::from_secs(2);

/// Spawns readiness probes as the workload would spawn its programs.
pub(super) struct ReadinessProbes {
    program: PathBuf,
    env: Vec<(String, String)>,
    user: Option<User>,
    through: bool,
}

impl ReadinessProbes {
    /// Probes run from `programs`, with the environment and as the user of the workload. A
    /// library that only sees what the program it is loaded into executes needs one to execute
    /// them: with `through` that is a shell.
    pub(super) fn new(
        programs: &Path,
        env: &[(String, String)],
        user: Option<User>,
        through: bool,
    ) -> Self {
        Self {
            program: programs.join(workloads::readiness_probe()),
            env: env.to_vec(),
            user,
            through,
        }
    }

    /// Spawns them until one is reported: from then on the monitor is watching. Without a `tail`
    /// nothing is reported, and one is spawned all the same: no cell shall have less to do.
    pub(super) fn ready(
        &self,
        tail: Option<&mut SpoolTail>,
        monitor: &mut MonitorProcess,
        patience: Duration,
    ) -> Result<()> {
        let Some(tail) = tail else {
            return reap(self.spawn()?);
        };
        let deadline = Instant::now() + patience;
        let (mut sent, mut wait) = (Vec::new(), FIRST);
        while Instant::now() < deadline {
            let readiness_probe = self.spawn()?;
            sent = vec![readiness_probe.id()];
            let alive = until(wait, || tail.reported(&sent));
            reap(readiness_probe)?;
            // That it has ended says more than that the probe was not reported.
            monitor.check()?;
            if alive? || until(wait, || tail.reported(&sent))? {
                tail.forget();
                return Ok(());
            }
            monitor.check()?;
            wait = (wait * 2).min(MOST);
        }
        bail!(
            "no readiness probe was detected within {} s; of the last, pid {}, {}",
            patience.as_secs(),
            sent[0],
            tail.told_of(sent[0])
        )
    }

    /// Spawns one on every CPU and waits until all are reported: whatever happened before them
    /// has been handed on. `false` when that does not come about in time. Where the buffer is still full
    /// a probe is lost like anything else, so on a CPU whose probe is not reported another one follows.
    pub(super) fn drained(&self, tail: Option<&mut SpoolTail>, patience: Duration) -> Result<bool> {
        let Some(tail) = tail else {
            self.on_each(&cpus()?)?.into_iter().try_for_each(reap)?;
            return Ok(true);
        };
        // A probe may get a pid that the workload had.
        tail.reported(&[])?;
        tail.forget();
        let deadline = Instant::now() + patience;
        let (mut left, mut wait) = (cpus()?, AGAIN);
        while !left.is_empty() {
            let probes = self.on_each(&left)?;
            let sent: Vec<_> = probes.iter().map(Child::id).collect();
            let over = deadline.saturating_duration_since(Instant::now());
            let all = until(wait.min(over), || tail.reported(&sent));
            let mut place = 0..;
            probes.into_iter().try_for_each(reap)?;
            let over = deadline.saturating_duration_since(Instant::now());
            let all = all? || until(wait.min(over), || tail.reported(&sent))?;
            left.retain(|_| place.next().is_some_and(|at| !tail.has(sent[at])));
            if !all && over <= wait {
                return Ok(false);
            }
            wait *= 2;
        }
        Ok(true)
    }

    /// One on each of these CPUs. A thread of its own goes from CPU to CPU: restoring the CPUs that this one
    /// may use would leave out for good one that was offline when they were read.
    fn on_each(&self, cpus: &[usize]) -> Result<Vec<Child>> {
        let all = || cpus.iter().map(|&cpu| self.on(cpu)).collect();
        let done = std::thread::scope(|scope| scope.spawn(all).join());
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// One on this CPU; anywhere, when the CPU has gone offline, because then nothing waits there any more.
    fn on(&self, cpu: usize) -> Result<Child> {
        let mut only = CpuSet::new();
        only.set(cpu)?;
        match sched_setaffinity(nix::unistd::Pid::from_raw(0), &only) {
            Ok(()) | Err(nix::errno::Errno::EINVAL) => self.spawn(),
            Err(why) => Err(why).context("sched_setaffinity"),
        }
    }

    /// One process, started and ended, but not waited for.
    fn spawn(&self) -> Result<Child> {
        let mut command = match self.through {
            true => Command::new("sh"),
            false => Command::new(&self.program),
        };
        if self.through {
            command.args(["-c", "exec \"$0\""]).arg(&self.program);
        }
        command
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        let child = command
            .spawn()
            .with_context(|| format!("{}: cannot be run", self.program.display()))?;
        let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
        let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(pid), ended).context("waitid")?;
        Ok(child)
    }
}

/// The CPUs that this process may use.
fn cpus() -> Result<Vec<usize>> {
    let usual = sched_getaffinity(nix::unistd::Pid::from_raw(0)).context("sched_getaffinity")?;
    let all = 0..CpuSet::count();
    Ok(all.filter(|&cpu| usual.is_set(cpu) == Ok(true)).collect())
}

fn reap(mut readiness_probe: Child) -> Result<()> {
    let status = readiness_probe.wait().context("waitpid")?;
    if !status.success() {
        bail!(
            "the readiness probe (pid {}) ended with {status}",
            readiness_probe.id()
        );
    }
    Ok(())
}
