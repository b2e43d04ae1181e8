//! The parent of each process, from the connector's own messages: a fork names it, and unless it has
//! ended since it still is the parent. So the parent of an exec need not be read from /proc/PID/stat,
//! which costs most of all look-ups and comes too late for short-lived processes.

use std::collections::HashMap;

use contract::{Kind, Nanos, Pid};

use super::wire::ProcessEvent;

/// The living processes whose fork was seen, and ended ones that have such children.
#[derive(Default)]
pub(super) struct Parents(HashMap<Pid, Process>);

#[derive(Clone, Copy, Default)]
struct Process {
    /// 0 of a process that was there before.
    ppid: Pid,
    born: Nanos,
    ended: bool,
    /// Children that are here.
    children: u32,
}

impl Parents {
    /// Takes an event in. Every one must come by, in the order of the queue.
    pub(super) fn take(&mut self, event: &ProcessEvent) {
        match (event.kind, event.ppid) {
            (Kind::Fork, Some(ppid)) => self.fork(event.pid, ppid, event.happened),
            (Kind::Exit, _) => self.exit(event.pid),
            _ => {}
        }
    }

    /// Messages were lost, ends of parents perhaps among them: nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The parent of a living process; `None` when that cannot be told from here.
    pub(super) fn parent(&self, pid: Pid) -> Option<Pid> {
        let one = self.0.get(&pid).filter(|one| one.ppid != 0)?;
        let parent = self.0.get(&one.ppid)?;
        // Born later, it is another process with the parent's pid.
        (!parent.ended && parent.born <= one.born).then_some(one.ppid)
    }

    fn fork(&mut self, pid: Pid, ppid: Pid, born: Nanos) {
        let child = Process {
            ppid,
            born,
            ..Process::default()
        };
        if let Some(old) = self.0.insert(pid, child) {
            self.orphaned(old.ppid);
        }
        self.0.entry(ppid).or_default().children += 1;
    }

    fn exit(&mut self, pid: Pid) {
        let Some(one) = self.0.get_mut(&pid) else {
            return;
        };
        let ppid = std::mem::take(&mut one.ppid);
        if one.children > 0 {
            // Its children must find out.
            one.ended = true;
        } else {
            self.0.remove(&pid);
        }
        self.orphaned(ppid);
    }

    /// `ppid` has one child less here.
    fn orphaned(&mut self, ppid: Pid) {
        let Some(parent) = self.0.get_mut(&ppid) else {
            return;
        };
        parent.children = parent.children.saturating_sub(1);
        if parent.children == 0 && (parent.ended || parent.ppid == 0) {
            self.0.remove(&ppid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(all: &[(Kind, Pid, Pid)]) -> Parents {
        let mut parents = Parents::default();
        for (happened, &(kind, pid, ppid)) in (1..).zip(all) {
            parents.take(&ProcessEvent {
                kind,
                pid,
                happened,
                ppid: (kind == Kind::Fork).then_some(ppid),
                status: None,
            });
        }
        parents
    }

    #[test]
    fn a_parent_is_known_until_it_ends() {
        let mut all = vec![(Kind::Fork, 20, 10), (Kind::Fork, 30, 20)];
        let parents = after(&all);
        assert_eq!(
            (parents.parent(20), parents.parent(30)),
            (Some(10), Some(20))
        );
        assert_eq!(parents.parent(10), None);
        all.push((Kind::Exit, 20, 0));
        assert_eq!(after(&all).parent(30), None);
        // Another process with the pid of the parent is not the parent.
        all.push((Kind::Fork, 20, 10));
        let parents = after(&all);
        assert_eq!((parents.parent(20), parents.parent(30)), (Some(10), None));
    }

    #[test]
    fn an_ended_process_is_forgotten_with_its_last_child() {
        let all = [
            (Kind::Fork, 20, 10),
            (Kind::Fork, 30, 20),
            (Kind::Exit, 20, 0),
            (Kind::Exit, 30, 0),
        ];
        assert!(after(&all).0.is_empty());
        // An end that was not told, and a pid that came round.
        let all = [
            (Kind::Fork, 20, 10),
            (Kind::Fork, 20, 11),
            (Kind::Exit, 20, 0),
        ];
        assert!(after(&all).0.is_empty());
    }
}
