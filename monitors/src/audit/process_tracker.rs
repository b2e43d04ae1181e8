//! From system calls to events: which clone3 made a process, and which exit ended one.
//!
//! A record names the process (the thread group), never the thread, and the flags of clone3 are
//! in memory where audit does not look. Two things must therefore be found out:
//!
//! - clone3 returned a process, if ever a record names the id it returned; no thread's id is ever
//!   named. Till then it is held back; a thread's stays so for ever, and so does that of a process
//!   that is killed before it does anything recorded.
//! - exit ended a process, if that had no other thread. Which it had is known since its birth or
//!   its last exec, when it had one. Between a thread's first step and the record of the clone
//!   that made it the thread may already exit, so this waits for [`GRACE`], too.
//!
//! What is told of processes inside a nested pid namespace is the affair of [`inside`].
//!
//! Records of a child often come before the one of the fork that made it, since that is written
//! when the parent leaves the call: with vfork and posix_spawn always. What waits keeps the time
//! and the stamp of its own record.

mod pid_namespace;
mod process;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use contract::{EventLog, EventRef, Kind};

use super::bounded_map::BoundedMap;
use pid_namespace::Inside;
use process::{Ending, Made, Process, ROOM};

pub(super) use process::Caller;

/// How long the record of a clone may be late after what its child did, in milliseconds: it is
/// written before the parent returns from the call, but the parent may have to wait for a CPU.
const GRACE: u64 = 500;
/// In less time than this pids do not come round.
const ROUND: u64 = 100;

const CLONE_PARENT: u64 = 0x8000;
const CLONE_THREAD: u64 = 0x1_0000;

/// Everything still open.
#[derive(Debug)]
pub(super) struct ProcessTracker {
    lives: BoundedMap<Process>,
    made: BoundedMap<Made>,
    inside: BoundedMap<Inside>,
    /// Pids that must be looked at again, and from when on.
    due: VecDeque<(u64, u32)>,
    images: u64,
    now: u64,
}

impl Default for ProcessTracker {
    fn default() -> Self {
        Self {
            lives: BoundedMap::new(ROOM),
            made: BoundedMap::new(ROOM),
            inside: BoundedMap::new(ROOM),
            due: VecDeque::new(),
            images: 0,
            now: 0,
        }
    }
}

impl ProcessTracker {
    /// fork, vfork: `child` is a process.
    pub(super) fn fork(&mut self, by: Caller, child: u32, out: &mut EventLog) {
        self.seen(by, out);
        if !self.inside(by, child, out) {
            self.bear(by, child, Some(by.pid), out);
        }
    }

    /// clone: the flags tell.
    pub(super) fn clone(&mut self, by: Caller, child: u32, flags: u64, out: &mut EventLog) {
        if flags & CLONE_THREAD == 0 {
            self.seen(by, out);
            let shared = flags & CLONE_PARENT != 0;
            let parent = if shared { by.ppid } else { by.pid };
            if shared || !self.inside(by, child, out) {
                self.bear(by, child, Some(parent), out);
            }
        } else {
            self.renew(by, out);
            self.life(by).threads += 1;
            self.settle_made(child, by.millis, out);
        }
    }

    /// clone3: time will tell.
    pub(super) fn clone3(&mut self, by: Caller, child: u32, out: &mut EventLog) {
        self.renew(by, out);
        if self.inside(by, child, out) {
            return;
        }
        self.settle_made(child, by.millis, out);
        let early = self.lives.get(child);
        let early = early.filter(|life| !life.born && life.first >= by.millis);
        if let Some(ppid) = early.map(|life| life.ppid) {
            self.bear(by, child, (ppid == by.pid).then_some(ppid), out);
            return;
        }
        let life = self.life(by);
        life.unsure += 1;
        let (image, shown) = (life.image, None);
        self.made.insert(child, Made { by, image, shown });
    }

    /// A successful exec; its event is the caller's affair. It ended all other threads.
    pub(super) fn exec(&mut self, by: Caller, out: &mut EventLog) {
        self.seen(by, out);
        self.images += 1;
        let image = self.images;
        let life = self.life(by);
        *life = Process {
            image,
            ppid: life.ppid,
            first: life.first,
            born: life.born,
            known: true,
            ..Process::default()
        };
    }

    /// The process ended; `status` where it is known how.
    pub(super) fn exit_group(&mut self, by: Caller, status: Option<i32>, out: &mut EventLog) {
        self.seen(by, out);
        let life = self.life(by);
        // Of several threads more than one may have called it.
        if life.gone.is_none() {
            life.gone = Some(by.millis);
            life.ending = None;
            report_exit(Ending { by, status }, out);
            self.later(by);
        }
    }

    /// One of its threads ended.
    pub(super) fn exit(&mut self, by: Caller, status: i32, out: &mut EventLog) {
        self.seen(by, out);
        let life = self.life(by);
        if life.gone.is_some() {
            return;
        }
        life.exits += 1;
        let only = life.threads == 0 && life.unsure == 0 && life.exits == 1;
        // Which of several threads gives the status differs between kernels.
        let status = only.then_some(status);
        life.ending = Some(Ending { by, status });
        self.later(by);
    }

    /// No more records will come.
    pub(super) fn finish(&mut self, out: &mut EventLog) {
        self.tick(u64::MAX, out);
    }

    /// What every record tells: that `by.pid` is a process, and another one than before if that is
    /// gone. Several threads may have made that go, each with a record of its own.
    fn renew(&mut self, by: Caller, out: &mut EventLog) {
        self.tick(by.millis, out);
        self.show(by, out);
        let again = self.lives.get(by.pid).is_some_and(|life| {
            let late = |at: u64| life.single() || by.millis > at.saturating_add(GRACE);
            life.gone.is_some_and(late)
        });
        if again {
            self.close(by.pid, out);
        }
        self.first_shown(by, out);
    }

    /// Whether `child` is a number from inside a pid namespace; then the process is born that has
    /// shown itself, or will.
    fn inside(&mut self, by: Caller, child: u32, out: &mut EventLog) -> bool {
        if !pid_namespace::told(by.pid, child) {
            return false;
        }
        let of_parent = self.inside.get_or(by.pid, Inside::default());
        while let Some(early) = of_parent.shown() {
            let unborn = |life: &mut Process| !life.born && life.first >= by.millis;
            if self.lives.get(early).is_some_and(unborn) {
                self.bear(by, early, Some(by.pid), out);
                return true;
            }
        }
        of_parent.called(by);
        true
    }

    /// The first record that names a process: its parent's call may have told another number.
    fn first_shown(&mut self, by: Caller, out: &mut EventLog) {
        if self.lives.get(by.pid).is_some() || self.made.get(by.pid).is_some() {
            return;
        }
        let of_parent = self.inside.get_or(by.ppid, Inside::default());
        if let Some(call) = of_parent.show(by.pid) {
            self.bear(call, by.pid, Some(by.ppid), out);
        }
    }

    /// What every record tells but those that may make threads: that an exit before it was not the
    /// last thread's, unless the pid has come round.
    fn seen(&mut self, by: Caller, out: &mut EventLog) {
        self.renew(by, out);
        let life = self.lives.get(by.pid);
        if life.is_some_and(|life| life.ending.is_some() && life.over()) {
            self.close(by.pid, out);
        }
    }

    /// The process that made the call.
    fn life(&mut self, by: Caller) -> &mut Process {
        let life = self.fresh(by.millis);
        let ppid = by.ppid;
        self.lives.get_or(by.pid, Process { ppid, ..life })
    }

    fn fresh(&mut self, first: u64) -> Process {
        self.images += 1;
        let image = self.images;
        Process {
            image,
            first,
            ..Process::default()
        }
    }

    fn begin(&mut self, pid: u32, first: u64) {
        let (life, born, known) = (self.fresh(first), true, true);
        self.lives.insert(
            pid,
            Process {
                born,
                known,
                ..life
            },
        );
    }

    /// A process was made, for certain.
    fn bear(&mut self, by: Caller, child: u32, parent: Option<u32>, out: &mut EventLog) {
        self.settle_made(child, by.millis, out);
        match self.lives.get(child) {
            // Its own records came first.
            Some(life) if !life.born && life.first >= by.millis => {
                // Threads it had made by then were counted, too.
                (life.born, life.known) = (true, true);
                self.later(Caller { pid: child, ..by });
            }
            Some(_) => {
                self.close(child, out);
                self.begin(child, by.millis);
            }
            None => self.begin(child, by.millis),
        }
        let mut report = EventRef::new(Kind::Fork, child, by.received);
        report.happened = by.happened;
        report.ppid = parent;
        report.euid = by.euid;
        out.push(report);
    }

    /// The pid is another's from here on: what its last owner left open is decided.
    fn close(&mut self, pid: u32, out: &mut EventLog) {
        if let Some(life) = self.lives.remove(pid)
            && life.over()
            && let Some(ending) = life.ending
        {
            report_exit(ending, out);
        }
    }

    /// A record names `by.pid`: was it what a clone3 made?
    fn show(&mut self, by: Caller, out: &mut EventLog) {
        let Some(made) = self.made.get(by.pid) else {
            return;
        };
        let since = by.millis.checked_sub(made.by.millis);
        match since {
            Some(since) if since <= ROUND => self.confirm(by.pid, by.ppid, out),
            Some(_) if made.shown.is_none() => {
                made.shown = Some((by.millis, by.ppid));
                self.later(by);
            }
            _ => {}
        }
    }

    /// A later call returned the same id, so that what an earlier clone3 made is over. If that was
    /// named before the later call, it was a process.
    fn settle_made(&mut self, child: u32, millis: u64, out: &mut EventLog) {
        if let Some(made) = self.made.get(child) {
            match made.shown {
                Some((at, ppid)) if at < millis => self.confirm(child, ppid, out),
                _ => drop(self.made.remove(child)),
            }
        }
    }

    /// What clone3 made is a process.
    fn confirm(&mut self, child: u32, ppid: u32, out: &mut EventLog) {
        let Some(made) = self.made.remove(child) else {
            return;
        };
        let by = made.by;
        if let Some(life) = self.lives.get(by.pid).filter(|l| l.image == made.image) {
            life.unsure = life.unsure.saturating_sub(1);
            self.later(Caller {
                millis: self.now,
                ..by
            });
        }
        // With CLONE_PARENT, or when the parent is gone, it is another's child by now: then
        // what it was at birth is not known.
        let parent = (ppid == by.pid).then_some(ppid);
        self.bear(by, child, parent, out);
    }

    fn later(&mut self, by: Caller) {
        self.due
            .push_back((by.millis.saturating_add(GRACE), by.pid));
    }

    /// Time passes: whatever has waited long enough is decided.
    fn tick(&mut self, millis: u64, out: &mut EventLog) {
        self.now = self.now.max(millis);
        while let Some(&(at, pid)) = self.due.front() {
            if at > self.now && self.due.len() <= ROOM {
                return;
            }
            self.due.pop_front();
            self.review(pid, out);
        }
    }

    fn review(&mut self, pid: u32, out: &mut EventLog) {
        let now = self.now;
        let ripe = |at: u64| at.saturating_add(GRACE) <= now;
        let shown = self.made.get(pid).and_then(|made| made.shown);
        if let Some((_, ppid)) = shown.filter(|(at, _)| ripe(*at)) {
            self.confirm(pid, ppid, out);
        }
        let Some(life) = self.lives.get(pid) else {
            return;
        };
        let ending = life.ending.filter(|ending| ripe(ending.by.millis));
        if let Some(ending) = ending.filter(|_| life.over()) {
            life.ending = None;
            life.gone = Some(ending.by.millis);
            report_exit(ending, out);
        }
        // A process that is gone before its birth was recorded must be remembered until it is.
        if life.born && life.gone.is_some_and(ripe) {
            self.lives.remove(pid);
        }
    }
}

fn report_exit(ending: Ending, out: &mut EventLog) {
    let Ending { by, status } = ending;
    let mut report = EventRef::new(Kind::Exit, by.pid, by.received);
    report.happened = by.happened;
    report.status = status;
    report.euid = by.euid;
    out.push(report);
}
