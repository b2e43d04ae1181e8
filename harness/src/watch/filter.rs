//! Which events are wanted. A fork, an exec and an exit are a process's: what is asked for is asked
//! of the process as it is then, whatever the event itself tells.

use std::collections::HashSet;

use contract::{EventRef, Kind, Pid};
use regex::bytes::Regex;

use super::process_table::{Process, Processes};

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

/// Decides which events are shown.
pub(crate) struct Filter {
    wanted: Wanted,
    processes: Processes,
    /// The wanted trees, as far as they are alive.
    members: HashSet<Pid>,
    /// Whether `processes` are needed at all.
    follows: bool,
    /// Effective user of a living process, asked after each exec: only there a program can have
    /// got another one without being told of in any event, and be seen to.
    user: fn(Pid) -> Option<u32>,
}

impl Filter {
    /// `processes` are those that are there already, `user` tells whose one is now.
    pub(crate) fn new(
        wanted: Wanted,
        now: fn() -> Processes,
        user: fn(Pid) -> Option<u32>,
    ) -> Self {
        let follows = !wanted.trees.is_empty() || !wanted.users.is_empty() || wanted.exe.is_some();
        let processes = if follows { now() } else { Processes::default() };
        let mut members: HashSet<Pid> = wanted.trees.iter().copied().collect();
        // A child may come before its parent, so until nothing more is found.
        while {
            let before = members.len();
            let children = processes
                .iter()
                .filter(|(_, one)| members.contains(&one.ppid));
            let found: Vec<_> = children.map(|(pid, _)| *pid).collect();
            members.extend(found);
            members.len() > before
        } {}
        Self {
            wanted,
            processes,
            members,
            follows,
            user,
        }
    }

    /// Takes the event in, and says whether it is wanted. Every event must be asked about.
    pub(crate) fn passes(&mut self, report: &EventRef<'_>) -> bool {
        let kind = self.wanted.kinds.is_empty() || self.wanted.kinds.contains(&report.kind);
        if !self.follows {
            return kind;
        }
        self.begin(report);
        let passes = kind && self.is_wanted(report.pid);
        if report.kind == Kind::Exit {
            self.processes.remove(&report.pid);
            self.members.remove(&report.pid);
        }
        passes
    }

    fn begin(&mut self, report: &EventRef<'_>) {
        let pid = report.pid;
        match (report.kind, report.ppid) {
            (Kind::Fork, ppid) => {
                let ppid = ppid.unwrap_or(0);
                let parent = self.processes.get(&ppid).cloned().unwrap_or_default();
                self.processes.insert(pid, Process { ppid, ..parent });
                if self.members.contains(&ppid) {
                    self.members.insert(pid);
                } else {
                    // The pid was another's whose end was not told; a tree's root is none yet.
                    self.members.remove(&pid);
                    self.members
                        .extend(self.wanted.trees.iter().filter(|&&root| root == pid));
                }
            }
            (Kind::Exec, ppid) => {
                if ppid.is_some_and(|ppid| self.members.contains(&ppid)) {
                    self.members.insert(pid);
                }
                let asked = (!self.wanted.users.is_empty()).then(|| (self.user)(pid));
                let process = self.processes.entry(pid).or_default();
                process.exe = report.exe.map(<[u8]>::to_vec);
                process.uid = asked.flatten().or(process.uid);
            }
            (Kind::Exit, _) => {}
        }
    }

    fn is_wanted(&self, pid: Pid) -> bool {
        let process = self.processes.get(&pid);
        let is_user = |uid: &u32| self.wanted.users.contains(uid);
        let user = self.wanted.users.is_empty()
            || process
                .and_then(|one| one.uid.as_ref())
                .is_some_and(is_user);
        let exe = self.wanted.exe.as_ref().is_none_or(|exe| {
            let runs = process.and_then(|one| one.exe.as_deref());
            runs.is_some_and(|runs| exe.is_match(runs))
        });
        let tree = self.wanted.trees.is_empty() || self.members.contains(&pid);
        user && exe && tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before() -> Processes {
        let one = |ppid, uid, exe: &str| Process {
            ppid,
            uid: Some(uid),
            exe: Some(exe.into()),
        };
        // The child has the lower pid: they had come round.
        Processes::from([
            (1, one(0, 0, "/sbin/init")),
            (50, one(1, 7, "/bin/sh")),
            (20, one(50, 7, "/bin/sh")),
        ])
    }

    fn user(pid: Pid) -> Option<u32> {
        (pid == 100).then_some(9)
    }

    /// Those of `events` (kind, pid, ppid, exe) that pass, by their place.
    fn passed(wanted: Wanted, events: &[(Kind, Pid, Pid, &str)]) -> Vec<usize> {
        let mut filter = Filter::new(wanted, before, user);
        let mut passes = |&(kind, pid, ppid, exe): &(Kind, Pid, Pid, &str)| {
            let mut report = EventRef::new(kind, pid, 0);
            report.ppid = (ppid != 0).then_some(ppid);
            report.exe = (!exe.is_empty()).then_some(exe.as_bytes());
            filter.passes(&report)
        };
        let all = events.iter().enumerate();
        all.filter_map(|(place, event)| passes(event).then_some(place))
            .collect()
    }

    const EVENTS: &[(Kind, Pid, Pid, &str)] = &[
        (Kind::Fork, 100, 20, ""),        // 0
        (Kind::Exec, 100, 20, "/bin/ls"), // 1
        (Kind::Fork, 101, 100, ""),       // 2
        (Kind::Exit, 100, 0, ""),         // 3
        (Kind::Exit, 101, 0, ""),         // 4
        (Kind::Fork, 100, 1, ""),         // 5: the pid is another's
        (Kind::Exec, 100, 1, "/bin/cat"), // 6
        (Kind::Exit, 100, 0, ""),         // 7
    ];

    #[test]
    fn without_wishes_everything_passes() {
        assert_eq!(passed(Wanted::default(), EVENTS).len(), EVENTS.len());
    }

    #[test]
    fn kinds_trees_users_and_programs_are_told_apart() {
        let only = |set: &dyn Fn(&mut Wanted)| {
            let mut wanted = Wanted::default();
            set(&mut wanted);
            passed(wanted, EVENTS)
        };
        assert_eq!(only(&|it| it.kinds = vec![Kind::Exec]), [1, 6]);
        assert_eq!(only(&|it| it.trees = vec![50]), [0, 1, 2, 3, 4]);
        assert_eq!(only(&|it| it.trees = vec![101]), [2, 4]);
        // The child of ls runs ls until it executes something else.
        let ls = || Some(Regex::new("^/bin/ls$").unwrap());
        assert_eq!(only(&|it| it.exe = ls()), [1, 2, 3, 4]);
        assert_eq!(only(&|it| it.users = vec![9]), [1, 2, 3, 4, 6, 7]);
        assert_eq!(only(&|it| it.users = vec![7]), [0]);
    }
}
