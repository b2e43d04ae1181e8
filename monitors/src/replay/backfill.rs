//! A gap at the beginning, and what is told of the processes that run when it is over.

use std::collections::BTreeMap;

use contract::{EventRef, Kind, Nanos, Origin, Pid, Truth};
use rand::seq::SliceRandom;

use super::figures::Line;
use super::planter::{Planter, part};

/// A process that runs: the places of its fork and of its last exec.
struct Running {
    fork: u32,
    exec: Option<u32>,
}

impl Planter<'_> {
    /// When the gap is over; `None` where there is none.
    pub(super) fn gap_ends(&self) -> Option<Nanos> {
        let first = self.ledger.truths.iter().map(|truth| truth.after).min()?;
        (self.faults.gap > 0).then(|| first.saturating_add(self.faults.gap))
    }

    /// Plants the lines, each a nanosecond after the last.
    pub(super) fn backfill(&mut self) {
        let Some(over) = self.gap_ends() else {
            return;
        };
        let mut all: Vec<Running> = self.running(over).into_values().collect();
        all.shuffle(&mut self.random);
        all.truncate(part(self.faults.backfill, all.len()));
        let again = part(self.faults.repeat, all.len());
        let lines = all.iter().map(|one| (one, false));
        let lines = lines.chain(all[..again].iter().map(|one| (one, true)));
        for (received, (one, again)) in (over..).zip(lines) {
            self.line(one, received);
            let fork = one.fork;
            self.figures.lines.push(Line {
                fork,
                received,
                again,
            });
        }
    }

    /// What runs at `over`, by pid.
    fn running(&self, over: Nanos) -> BTreeMap<Pid, Running> {
        let mut places: Vec<u32> = (0..self.ledger.truths.len() as u32).collect();
        places.sort_by_key(|&place| self.truth(place).after);
        let mut all = BTreeMap::<Pid, Running>::new();
        for place in places {
            let truth = self.truth(place);
            if truth.before > over {
                continue;
            }
            match truth.kind {
                Kind::Fork => {
                    let new = Running {
                        fork: place,
                        exec: None,
                    };
                    all.insert(truth.pid, new);
                }
                Kind::Exec => {
                    all.entry(truth.pid)
                        .and_modify(|one| one.exec = Some(place));
                }
                Kind::Exit => {
                    all.remove(&truth.pid);
                }
            }
        }
        all
    }

    fn truth(&self, place: u32) -> &Truth {
        &self.ledger.truths[place as usize]
    }

    fn line(&mut self, one: &Running, received: Nanos) {
        let fork = self.truth(one.fork);
        let known = self.truth(one.exec.unwrap_or(one.fork)).fields;
        let arena = &self.ledger.arena;
        let report = EventRef {
            happened: fork.after,
            ppid: known.ppid,
            exe: known.exe.map(|span| arena.get(span)),
            argv: known.argv.map(|span| arena.get(span)),
            origin: Origin::Snapshot,
            ..EventRef::new(Kind::Exec, fork.pid, received)
        };
        self.journal.push(report);
    }
}
