//! Follows tasks from stop to stop.

use std::collections::{HashMap, HashSet};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use contract::{Kind, Pid, Result, Spool};
use libc::c_int;
use nix::errno::Errno;

use super::stop_waker::StopWaker;
use super::syscalls;
use crate::common::clock;
use crate::common::lookup_codec;
use crate::common::proc_lookup::Proc;

/// How long at the end a task is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Two stops say that a task has begun: its own, before its first instruction, and that of the task that
/// began it. The first of them is reported; the task may have ended before the other.
struct Task {
    is: Is,
    /// Whether the stop of the task that began it has come.
    announced: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    /// The first task of its process.
    Process,
    Thread,
    /// No more, or let go.
    Gone,
}

/// All that is followed.
pub(super) struct Follower {
    proc: Proc,
    tasks: HashMap<Pid, Task>,
    fields: Vec<u8>,
    /// Whether a task that stops is let go.
    ending: bool,
    /// How many stops there were.
    pub(super) stops: u64,
}

impl Follower {
    /// Of tasks that have been seized.
    pub(super) fn new(seized: HashSet<Pid>) -> Result<Self> {
        let task = |tid| {
            let is = if syscalls::leads(tid) {
                Is::Process
            } else {
                Is::Thread
            };
            let announced = true;
            (tid, Task { is, announced })
        };
        Ok(Self {
            proc: Proc::open().map_err(|why| format!("/proc: {why}: mount it"))?,
            tasks: seized.into_iter().map(task).collect(),
            fields: Vec::new(),
            ending: false,
            stops: 0,
        })
    }

    /// Spools until the waker rings.
    pub(super) fn run(&mut self, waker: &mut StopWaker, spool: &mut Spool) -> Result<()> {
        loop {
            let said = match wait(false)? {
                Some(said) => Some(said),
                None => {
                    spool.flush()?;
                    wait(true)?
                }
            };
            let Some((tid, status)) = said else { continue };
            if waker.has_ended(tid) {
                return Ok(());
            }
            self.one(tid, status, spool)?;
        }
    }

    /// Lets all go, and tells what they still have to say. How many did not come to a stop: one
    /// that waits for its vforked child, or that has ended before its process. The kernel lets
    /// those go when this thread ends.
    pub(super) fn let_go(&mut self, spool: &mut Spool) -> Result<u64> {
        self.ending = true;
        for (&tid, _) in self.tasks.iter().filter(|(_, task)| task.is != Is::Gone) {
            passed(syscalls::interrupt(tid))?;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = self.tasks.values().filter(|task| task.is != Is::Gone);
            let left = left.count() as u64;
            if left == 0 || Instant::now() > deadline {
                spool.flush()?;
                return Ok(left);
            }
            match wait(false)? {
                Some((tid, status)) => self.one(tid, status, spool)?,
                // A wait with a limit there is none.
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// What a task says.
    fn one(&mut self, tid: Pid, status: c_int, spool: &mut Spool) -> Result<()> {
        let received = clock::now();
        if !libc::WIFSTOPPED(status) {
            if self.forget(tid) == Some(Is::Process) {
                let head = lookup_codec::head(Kind::Exit, tid);
                spool.write_parts(received, &[&head, &status.to_le_bytes()])?;
            }
            return Ok(());
        }
        self.stops += 1;
        self.born(tid, false, received, spool)?;
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        match event {
            0 => return self.release(tid, signal),
            libc::PTRACE_EVENT_STOP => {
                // Of itself, or with its whole process: then it waits for SIGCONT.
                if signal != libc::SIGTRAP && !self.ending {
                    return passed(syscalls::listen(tid));
                }
            }
            libc::PTRACE_EVENT_EXEC => self.executed(tid, received, spool)?,
            _ => {
                // Killed meanwhile, it says nothing; then the new one does for itself.
                if let Ok(new) = syscalls::message(tid) {
                    self.born(new, true, received, spool)?;
                }
            }
        }
        self.release(tid, 0)
    }

    fn release(&mut self, tid: Pid, signal: c_int) -> Result<()> {
        if !self.ending {
            return passed(syscalls::go_on(tid, signal));
        }
        self.forget(tid);
        passed(syscalls::detach(tid, signal))
    }

    /// Tells of a task when its first stop comes; `announced` says that it is that of the task that
    /// began it.
    fn born(&mut self, tid: Pid, announced: bool, received: u64, spool: &mut Spool) -> Result<()> {
        match self.tasks.get_mut(&tid) {
            Some(task) if task.is == Is::Gone && announced => {
                self.tasks.remove(&tid);
                return Ok(());
            }
            // The task that began that one never stopped for it, and the number has come again.
            Some(task) if task.is == Is::Gone => {}
            Some(task) => {
                task.announced |= announced;
                return Ok(());
            }
            None => {}
        }
        let is = if syscalls::leads(tid) {
            self.tell(Kind::Fork, tid, received, spool)?;
            Is::Process
        } else {
            Is::Thread
        };
        self.tasks.insert(tid, Task { is, announced });
        Ok(())
    }

    fn executed(&mut self, pid: Pid, received: u64, spool: &mut Spool) -> Result<()> {
        // A thread that executes takes the place of the first, and says no more under its own id.
        if let Ok(former) = syscalls::message(pid)
            && former != pid
        {
            self.tasks.remove(&former);
        }
        self.tell(Kind::Exec, pid, received, spool)
    }

    /// The process stands still, so /proc can be read without haste.
    fn tell(&mut self, kind: Kind, pid: Pid, received: u64, spool: &mut Spool) -> Result<()> {
        self.fields.clear();
        if let Some(dir) = self.proc.of(pid) {
            self.proc.ppid(dir.as_fd(), &mut self.fields);
            if kind == Kind::Exec {
                self.proc.exe(dir.as_fd(), &mut self.fields);
                self.proc.argv(dir.as_fd(), &mut self.fields);
            }
        }
        let head = lookup_codec::head(kind, pid);
        Ok(spool.write_parts(received, &[&head, &self.fields])?)
    }

    /// What it was. It is kept in mind until the task that began it has stopped.
    fn forget(&mut self, tid: Pid) -> Option<Is> {
        let gone = Task {
            is: Is::Gone,
            announced: false,
        };
        match self.tasks.remove(&tid) {
            Some(task) if task.announced => Some(task.is),
            other => {
                self.tasks.insert(tid, gone);
                other.map(|task| task.is)
            }
        }
    }
}

fn wait(block: bool) -> Result<Option<(Pid, c_int)>> {
    match syscalls::wait(block) {
        Err(Errno::EINTR) => Ok(None),
        // No task is left to be followed, and the waker, whose end is told before, is gone too.
        said => said.map_err(|why| {
            format!("ptrace: waitpid: {why}: this is a bug, please report it").into()
        }),
    }
}

/// A task may be killed at any time, also while it stands still.
fn passed(result: nix::Result<()>) -> Result<()> {
    match result {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(why) => Err(format!("ptrace: {why}: this is a bug, please report it").into()),
    }
}
