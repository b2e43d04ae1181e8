//! What a process ran before: what a look-up in /proc finds that comes at the wrong time.

use contract::{Kind, Ledger, Nanos, Pid, Truth};

/// The forks and execs of a ledger by process.
pub(super) struct Images<'a> {
    ledger: &'a Ledger,
    /// Pid, time and place of each, in this order.
    entries: Vec<(Pid, Nanos, u32)>,
}

impl<'a> Images<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Self {
        let truths = (0..).zip(&ledger.truths);
        let changes = truths.filter(|(_, truth)| truth.kind != Kind::Exit);
        let mut entries: Vec<_> = changes
            .map(|(place, truth)| (truth.pid, truth.after, place))
            .collect();
        entries.sort_unstable();
        Self { ledger, entries }
    }

    /// Whether `is` holds for any program that the process of truth number `place` ran before, or,
    /// where that is an exec, for any that its parent ran.
    pub(super) fn any_earlier(&self, place: u32, is: impl Fn(u32) -> bool) -> bool {
        let truth = &self.ledger.truths[place as usize];
        let end = (truth.pid, truth.after, place);
        let (own, fork) = self.life(
            self.entries.partition_point(|entry| *entry < end),
            truth.pid,
        );
        if own.iter().any(|entry| is(entry.2)) {
            return true;
        }
        let Some(fork) = fork.filter(|_| truth.kind == Kind::Exec) else {
            return false;
        };
        self.any_of_parent(fork, truth.before, is)
    }

    /// The fork of the process of truth number `place`, which may be that fork.
    pub(super) fn fork_of(&self, place: u32) -> Option<&'a Truth> {
        let truth = &self.ledger.truths[place as usize];
        if truth.kind == Kind::Fork {
            return Some(truth);
        }
        let end = (truth.pid, truth.after, place);
        let end = self.entries.partition_point(|entry| *entry < end);
        self.life(end, truth.pid).1
    }

    /// A parent that has executed nothing itself runs what its own parent ran when it was made.
    fn any_of_parent(
        &self,
        mut fork: &'a Truth,
        mut until: Nanos,
        is: impl Fn(u32) -> bool,
    ) -> bool {
        while let Some(parent) = fork.fields.ppid {
            let end = (parent, until, u32::MAX);
            let end = self.entries.partition_point(|entry| *entry <= end);
            let (images, its_fork) = self.life(end, parent);
            if !images.is_empty() {
                return images.iter().any(|entry| is(entry.2));
            }
            // Only ever back in time, whatever the ledger says.
            match its_fork {
                Some(earlier) if earlier.after < fork.after => {
                    (fork, until) = (earlier, earlier.before);
                }
                _ => return false,
            }
        }
        false
    }

    /// The execs of the process that had `pid` before the entry at `end`, and its fork.
    fn life(&self, end: usize, pid: Pid) -> (&[(Pid, Nanos, u32)], Option<&'a Truth>) {
        let mut start = end;
        while start > 0 && self.entries[start - 1].0 == pid {
            let truth = self.truth(&self.entries[start - 1]);
            if truth.kind == Kind::Fork {
                return (&self.entries[start..end], Some(truth));
            }
            start -= 1;
        }
        (&self.entries[start..end], None)
    }

    fn truth(&self, entry: &(Pid, Nanos, u32)) -> &'a Truth {
        &self.ledger.truths[entry.2 as usize]
    }
}
