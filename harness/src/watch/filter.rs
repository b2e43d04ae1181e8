//! Which events are wanted. A fork, an exec and an exit are a process's: what is asked for is asked
//! of the process as it is then, whatever the event itself tells. What is not known of it is neither
//! wanted nor unwanted.

use contract::{EventRef, Kind, Nanos, Pid};
use regex::bytes::Regex;

use super::held::Held;
use super::process_table::{self, Process, Processes};
use super::recent::Recent;

/// What was asked for; what is empty asks for everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Only these kinds.
    pub kinds: Vec<Kind>,
    /// Only these processes and all that descend from them.
    pub trees: Vec<Pid>,
    /// Only processes of these users.
    pub users: Vec<u32>,
    /// Only processes that run a program whose path this matches.
    pub exe: Option<Regex>,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is shown.
    Wanted,
    /// It is about something else.
    Unwanted,
    /// What was asked for is not known of its process.
    Unknown,
}

/// Effective user of a living process; `None` where it is gone.
pub(crate) type User = fn(Pid) -> Option<u32>;

/// Where the user of a process comes from.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    /// Each event tells it.
    Event,
    /// It is looked up after each exec: the process may have become another user's by then.
    AfterExec(User),
}

/// Where judged events go.
pub(crate) type Judged<'a> = dyn FnMut(&EventRef<'_>, Verdict) + 'a;

/// Decides which events are shown.
pub(crate) struct Filter {
    wanted: Wanted,
    processes: Processes,
    recent: Recent,
    held: Held,
    /// Whether `processes` are needed at all.
    follows: bool,
    /// Whether the monitor reports forks with their parents, so that an event of a process that is
    /// not known is worth keeping until its fork comes.
    forks: bool,
    now: fn() -> Processes,
    user: Asked,
}

impl Filter {
    /// `now` gives those that are there already.
    pub(crate) fn new(wanted: Wanted, forks: bool, now: fn() -> Processes, user: Asked) -> Self {
        let follows = !wanted.trees.is_empty() || !wanted.users.is_empty() || wanted.exe.is_some();
        let mut processes = if follows { now() } else { Processes::default() };
        mark(&mut processes, &wanted.trees);
        Self {
            wanted,
            processes,
            recent: Recent::default(),
            held: Held::default(),
            follows,
            forks,
            now,
            user,
        }
    }

    /// The roots of wanted trees that are no living process.
    pub(crate) fn absent(&self) -> Vec<Pid> {
        let mut roots = self.wanted.trees.clone();
        roots.retain(|root| !self.processes.contains_key(root));
        roots
    }

    /// From here on no event escapes: what came and went since the first look is looked at again.
    /// The roots that have ended meanwhile, though their pid may be another's by now.
    pub(crate) fn begin(&mut self) -> Vec<Pid> {
        if !self.follows {
            return Vec::new();
        }
        let mut processes = (self.now)();
        let started = |all: &Processes, root: Pid| all.get(&root).map(|one| one.started);
        let mut ended = self.wanted.trees.clone();
        ended.retain(|&root| started(&processes, root) != started(&self.processes, root));
        mark(&mut processes, &self.wanted.trees);
        self.processes = processes;
        ended
    }

    /// Takes the event in; it, and others that waited for it, go to `out`. Every event must be
    /// taken.
    pub(crate) fn take(&mut self, report: &EventRef<'_>, out: &mut Judged<'_>) {
        if !self.follows {
            out(report, self.of_kind(report.kind));
            return;
        }
        self.give_up(report.received, out);
        match report.kind {
            Kind::Fork => self.fork(report, out),
            Kind::Exec => {
                self.exec(report);
                if self
                    .processes
                    .get(&report.pid)
                    .is_some_and(|one| self.is_settled(one))
                {
                    self.release(report.pid, out);
                }
                self.judge(report, out);
            }
            Kind::Exit => self.judge(report, out),
        }
    }

    /// What still waits will not be known any more.
    pub(crate) fn finish(&mut self, out: &mut Judged<'_>) {
        self.give_up(Nanos::MAX, out);
    }

    fn give_up(&mut self, now: Nanos, out: &mut Judged<'_>) {
        while let Some(pid) = self.held.overdue(now) {
            self.release(pid, out);
        }
    }

    /// The process that has `pid`, or had it until a short while ago.
    fn find(&self, pid: Pid) -> Option<&Process> {
        self.processes.get(&pid).or_else(|| self.recent.of(pid))
    }

    /// Whether no event that may yet come tells in which tree it is.
    fn is_settled(&self, process: &Process) -> bool {
        self.wanted.trees.is_empty() || process.member.is_some() || !process.forkless
    }

    /// Takes the fork in, or keeps it where its parent may yet be told of.
    fn fork(&mut self, report: &EventRef<'_>, out: &mut Judged<'_>) {
        let parent = report.ppid.filter(|&ppid| ppid != 0);
        let unsettled = |ppid: &Pid| !self.find(*ppid).is_some_and(|one| self.is_settled(one));
        match parent.filter(unsettled).filter(|_| self.forks) {
            Some(ppid) => self.held.keep(ppid, report),
            None => {
                self.born(report, out);
                self.release(report.pid, out);
            }
        }
    }

    /// Whether `pid` is still the process that had it before the first event.
    fn was_there(&self, pid: Pid) -> bool {
        let started = self.processes.get(&pid).and_then(|one| one.started);
        started.is_some() && started == process_table::started(pid)
    }

    fn born(&mut self, report: &EventRef<'_>, out: &mut Judged<'_>) {
        let pid = report.pid;
        let ppid = report.ppid.unwrap_or(0);
        if self.was_there(pid) {
            // preload tells that a process was forked once that runs the first program with the library.
            out(report, self.verdict(report, self.processes.get(&pid)));
            return;
        }
        let child = Process {
            ppid,
            forkless: false,
            started: None,
            ..self.find(ppid).cloned().unwrap_or_default()
        };
        out(report, self.verdict(report, Some(&child)));
        if self.recent.after(pid, report.happened) {
            // Told late, and known to have ended again: the pid may be another's by now.
            return;
        }
        match self.processes.get_mut(&pid) {
            Some(process) if process.forkless => {
                // It has executed something since, which its parent says nothing about.
                process.member = process.member.or(child.member);
                process.forkless = false;
            }
            _ => {
                self.processes.insert(pid, child);
            }
        }
    }

    /// Judges what waited for news of `pid`, and then what waited for the processes born by that.
    fn release(&mut self, pid: Pid, out: &mut Judged<'_>) {
        let mut known = vec![pid];
        while let Some(pid) = known.pop() {
            for waiting in self.held.release(pid) {
                let Some(report) = waiting.report() else {
                    continue;
                };
                if report.kind == Kind::Fork {
                    self.born(&report, out);
                    known.push(report.pid);
                } else {
                    self.settle(&report, out);
                }
            }
        }
    }

    fn exec(&mut self, report: &EventRef<'_>) {
        let parent = report.ppid.and_then(|ppid| self.find(ppid));
        let parent = parent.and_then(|one| one.member);
        let uid = match self.user {
            Asked::AfterExec(user) if !self.wanted.users.is_empty() => user(report.pid),
            _ => None,
        };
        let new = Process {
            ppid: report.ppid.unwrap_or(0),
            forkless: true,
            ..Process::default()
        };
        let process = self.processes.entry(report.pid).or_insert(new);
        process.exe = report.exe.map(<[u8]>::to_vec);
        // A program may run as another user than the one before: what cannot be asked is not known.
        process.uid = uid;
        if process.member.is_none() || parent == Some(true) {
            process.member = parent;
        }
    }

    /// Says what the event is, or keeps it where the fork of its process may yet tell.
    fn judge(&mut self, report: &EventRef<'_>, out: &mut Judged<'_>) {
        let process = self.processes.get(&report.pid);
        let verdict = self.verdict(report, process);
        let fork_tells = match process {
            None => report.kind == Kind::Exit,
            Some(process) => !self.is_settled(process),
        };
        let waits = verdict == Verdict::Unknown && fork_tells || self.held.has(report.pid);
        if self.forks && waits {
            self.held.keep(report.pid, report);
        } else {
            self.settle(report, out);
        }
    }

    /// Says what the event is by what is known now.
    fn settle(&mut self, report: &EventRef<'_>, out: &mut Judged<'_>) {
        let process = self.processes.get(&report.pid);
        out(report, self.verdict(report, process));
        if report.kind == Kind::Exit {
            let process = self.processes.remove(&report.pid).unwrap_or_default();
            let times = (report.happened, report.received);
            self.recent.ended(report.pid, process, times);
        }
    }

    fn of_kind(&self, kind: Kind) -> Verdict {
        match self.wanted.kinds.is_empty() || self.wanted.kinds.contains(&kind) {
            true => Verdict::Wanted,
            false => Verdict::Unwanted,
        }
    }

    fn verdict(&self, report: &EventRef<'_>, process: Option<&Process>) -> Verdict {
        let wanted = &self.wanted;
        let user = match self.user {
            Asked::Event => report.euid,
            Asked::AfterExec(_) => process.and_then(|one| one.uid),
        };
        let runs = process.and_then(|one| one.exe.as_deref());
        let answers = [
            Some(self.of_kind(report.kind) == Verdict::Wanted),
            match wanted.trees.is_empty() {
                true => Some(true),
                false => process.and_then(|one| one.member),
            },
            match wanted.users.is_empty() {
                true => Some(true),
                false => user.map(|uid| wanted.users.contains(&uid)),
            },
            match &wanted.exe {
                None => Some(true),
                Some(exe) => runs.map(|runs| exe.is_match(runs)),
            },
        ];
        if answers.contains(&Some(false)) {
            Verdict::Unwanted
        } else if answers.contains(&None) {
            Verdict::Unknown
        } else {
            Verdict::Wanted
        }
    }
}

/// Marks who is in the trees with these roots.
fn mark(processes: &mut Processes, roots: &[Pid]) {
    for (pid, process) in &mut *processes {
        process.member = Some(roots.contains(pid));
    }
    // A child may come before its parent, so until nothing more is found.
    loop {
        let is_in = |pid: Pid| {
            processes
                .get(&pid)
                .is_some_and(|one| one.member == Some(true))
        };
        let others = processes.iter().filter(|(pid, _)| !is_in(**pid));
        let found: Vec<_> = others
            .filter(|(_, one)| is_in(one.ppid))
            .map(|(pid, _)| *pid)
            .collect();
        if found.is_empty() {
            return;
        }
        for pid in found {
            processes
                .entry(pid)
                .and_modify(|one| one.member = Some(true));
        }
    }
}

#[cfg(test)]
mod tests;
