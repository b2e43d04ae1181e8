//! What was reported of the lives of one pid that are not the workload's.

use contract::{Kind, Life};

use super::assignment::{Candidate, PendingTruth, assign};
use super::lifetimes::Lifetimes;
use super::time_span::{PATIENCE, TimeSpan};
use super::verdict::NO_EVENT;

/// The lives of one pid, and which of their events have been reported.
#[derive(Default)]
pub(super) struct ReportedLives {
    lives: Vec<Life>,
    forks: Vec<bool>,
    exits: Vec<bool>,
    pending: Vec<PendingTruth>,
}

impl ReportedLives {
    pub(super) fn load(&mut self, lives: &[Life]) {
        self.lives.clear();
        self.lives.extend_from_slice(lives);
        for reported in [&mut self.forks, &mut self.exits] {
            reported.clear();
            reported.resize(lives.len(), false);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lives.is_empty()
    }

    /// Takes out of `candidates`, all of one pid and kind, those without a clock that were received while the
    /// pid was another process's and no longer the workload's: the process that had it last is meant.
    pub(super) fn take_owned(
        &mut self,
        kind: Kind,
        candidates: &mut Vec<Candidate>,
        lifetimes: &Lifetimes,
    ) {
        candidates.retain(|candidate| {
            let received = candidate.received;
            let last_of_workload = lifetimes.last_end_before(received);
            let workload_has_it = last_of_workload.is_some_and(|end| received <= end);
            if candidate.span.is_clocked() || workload_has_it {
                return true;
            }
            let begun = self.lives.partition_point(|life| life.from <= received);
            let owned = (0..begun).rev().any(|place| {
                let until = self.lives[place].until;
                last_of_workload.is_none_or(|end| end <= until)
                    && received <= until.saturating_add(PATIENCE)
                    && self.report(place, kind)
            });
            !owned
        });
    }

    /// Whether an event of `kind` can be that of the life at `place`: a process is born once and
    /// ends once, and how often it executed is not known, only whether it did.
    fn report(&mut self, place: usize, kind: Kind) -> bool {
        let reported = match kind {
            Kind::Fork => &mut self.forks[place],
            Kind::Exit => &mut self.exits[place],
            Kind::Exec => return self.lives[place].executed,
        };
        !std::mem::replace(reported, true)
    }

    /// Marks as taken those of `strays`, all of one kind, that these lives explain: as many as can be,
    /// each event of a life once.
    pub(super) fn explain(&mut self, kind: Kind, strays: &mut [Candidate]) {
        if self.lives.is_empty() || strays.is_empty() {
            return;
        }
        for stray in strays.iter_mut() {
            stray.span = stray.span.widened();
        }
        if kind == Kind::Exec {
            let ran = |span: &TimeSpan| {
                let mut ran = self.lives.iter().filter(|life| life.executed);
                ran.any(|life| life.from <= span.latest && span.earliest <= life.until)
            };
            strays
                .iter_mut()
                .for_each(|stray| stray.taken = ran(&stray.span));
            return;
        }
        let reported = if kind == Kind::Fork {
            &self.forks
        } else {
            &self.exits
        };
        self.pending.clear();
        let free = self.lives.iter().zip(reported).filter(|one| !one.1);
        self.pending.extend(free.map(|(life, _)| PendingTruth {
            after: life.from,
            before: life.until.max(life.from),
            index: 0,
            event: NO_EVENT,
        }));
        strays.sort_unstable_by_key(|stray| (stray.span.latest, stray.received, stray.index));
        assign(&mut self.pending, strays);
    }
}
