//! The monitor's side of a cell, seen from the harness: a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use contract::{Counters, Pid};

use super::interrupt;
use super::protocol::Message;
use crate::cgroup::Cgroup;
use crate::exit::NothingRuns;
use crate::user::User;

/// A running monitor process. Dropping it stops it, in order if it still can be.
pub(super) struct MonitorProcess {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Message>,
    label: String,
    errors: std::path::PathBuf,
}

impl MonitorProcess {
    /// Starts `harness monitor LABEL` in `group`. It knows what is defined in `tools`.
    pub(super) fn start(
        label: &str,
        dir: &Path,
        group: Option<&Cgroup>,
        user: Option<User>,
        tools: Option<&Path>,
    ) -> Result<Self> {
        let errors = dir.join("monitor.err");
        let mut command = Command::new(std::env::current_exe().context("/proc/self/exe")?);
        command.arg("monitor").arg(label).arg("--dir").arg(dir);
        for door in group.map(Cgroup::doors).unwrap_or_default() {
            command.arg("--join").arg(door);
        }
        command.args(user.map(|user| format!("--user={}", user.text())));
        if let Some(tools) = tools {
            command.arg("--tools").arg(tools);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?);
        // A Ctrl-C is for the harness; it stops its monitors in order.
        command.process_group(0);
        let mut child = command
            .spawn()
            .context("harness monitor: cannot be started")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("harness monitor: no stdout")?;
        let (sender, lines) = channel();
        let started = Self {
            child,
            stdin,
            lines,
            label: label.to_owned(),
            errors,
        };
        let reader = std::thread::Builder::new().spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|_| {
                    Message::Error(format!(
                        "its stdout has a line that is not of the protocol: {line}"
                    ))
                });
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        reader.context(
            "a thread cannot be started: raise the limit on processes (ulimit -u, pids.max)",
        )?;
        Ok(started)
    }

    /// Waits until it is ready; gives the environment it asks for.
    pub(super) fn ready(&mut self, patience: Duration) -> Result<Vec<(String, String)>> {
        match self.line(patience)? {
            Message::Ready { env } => Ok(env),
            Message::Error(why) => bail!("{}: {why}", self.label),
            Message::Cannot(why) => Err(NothingRuns(why).into()),
            Message::Done { .. } => bail!("{}: stopped before it was ready", self.label),
        }
    }

    /// Fails when it is no longer there, with what it said last, if it did.
    pub(super) fn check(&mut self) -> Result<()> {
        match self.lines.try_recv() {
            Ok(Message::Error(why)) => bail!("{}: {why}", self.label),
            Ok(Message::Cannot(why)) => return Err(NothingRuns(why).into()),
            Ok(_) | Err(_) => {}
        }
        match self.child.try_wait().context("waitpid")? {
            None => Ok(()),
            Some(status) => bail!(
                "{}: exited during the cell ({})",
                self.label,
                self.epitaph(status)
            ),
        }
    }

    /// Its process.
    pub(super) fn pid(&self) -> Pid {
        self.child.id()
    }

    /// Most memory its processes have had so far, in bytes: of each the most it ever had.
    pub(super) fn peak_rss_bytes(&self) -> u64 {
        self.processes().into_iter().map(high_water).sum()
    }

    /// CPU time of what watches, as far as it still lives, for where there are no control groups.
    pub(super) fn cpu_ns(&self) -> Option<u64> {
        let times: Option<Vec<_>> = self.processes().into_iter().map(cpu_ns).collect();
        Some(times?.iter().sum())
    }

    /// CPU time of its process alone. Where that runs a third-party tool, this is what it took
    /// to start it and to read its lines.
    pub(super) fn own_cpu_ns(&self) -> Option<u64> {
        cpu_ns(self.child.id())
    }

    /// Its process, and what came from it.
    fn processes(&self) -> Vec<Pid> {
        let own = self.child.id();
        [own]
            .into_iter()
            .chain(monitors::descendants::below(own))
            .collect()
    }

    /// Kills it, with no time to say anything.
    pub(super) fn kill(mut self) -> Result<()> {
        self.child.kill().context("SIGKILL")?;
        self.child.wait().context("waitpid")?;
        Ok(())
    }

    /// Tells it to stop and takes its counters.
    pub(super) fn stop(mut self, patience: Duration) -> Result<Counters> {
        drop(self.stdin.take());
        match self.line(patience)? {
            Message::Done {
                reported_lost,
                notes,
                buffer_peak,
            } => {
                let status = self.child.wait().context("waitpid")?;
                if !status.success() {
                    bail!(
                        "{}: failed after its last message ({})",
                        self.label,
                        self.epitaph(status)
                    );
                }
                Ok(Counters {
                    reported_lost,
                    notes,
                    buffer_peak,
                })
            }
            Message::Error(why) | Message::Cannot(why) => bail!("{}: {why}", self.label),
            Message::Ready { .. } => bail!("{}: said twice that it is ready", self.label),
        }
    }

    fn line(&mut self, patience: Duration) -> Result<Message> {
        let deadline = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(Duration::from_millis(20)) {
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    bail!("{}: no answer for {} s", self.label, patience.as_secs());
                }
                Err(RecvTimeoutError::Timeout) => interrupt::check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait().context("waitpid")?;
                    bail!(
                        "{}: exited without reporting a result ({})",
                        self.label,
                        self.epitaph(status)
                    );
                }
            }
        }
    }

    /// How it ended and the last line it left on stderr.
    fn epitaph(&self, status: ExitStatus) -> String {
        let how = match status.signal() {
            Some(signal) => format!("signal {signal}"),
            None => format!("exit code {}", status.code().unwrap_or(-1)),
        };
        let text = std::fs::read_to_string(&self.errors).unwrap_or_default();
        text.lines()
            .last()
            .map_or(how.clone(), |line| format!("{how}, {line}"))
    }
}

fn high_water(pid: Pid) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn cpu_ns(pid: Pid) -> Option<u64> {
    let pid = nix::unistd::Pid::from_raw(pid as i32);
    let time = nix::time::clock_getcpuclockid(pid).ok()?.now().ok()?;
    Some(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

impl Drop for MonitorProcess {
    fn drop(&mut self) {
        if self.stdin.take().is_none() && matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let deadline = Instant::now() + Duration::from_secs(3);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // It hangs. What it leaves behind the next start puts back.
        if self.child.kill().and_then(|()| self.child.wait()).is_err() {
            crate::exit::say(&format!(
                "{}: process {} cannot be ended",
                self.label,
                self.child.id()
            ));
        }
    }
}
