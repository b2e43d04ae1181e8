use super::assignment::{Due, Said, most_pairs};
use super::buckets::Groups;
use super::lifetimes::Lives;
use super::time_span::Reach;
use super::{Matching, NO_EVENT, Verdict};
use contract::{Clock, Event, Kind, Ledger, Pid, Truth};

impl Due {
    fn new(index: u32, truth: &Truth) -> Self {
        Self {
            kind: truth.kind,
            after: truth.after,
            before: truth.before.max(truth.after),
            index,
            event: NO_EVENT,
        }
    }
}

impl Said {
    fn new(index: u32, event: &Event, clock: Clock) -> Self {
        Self {
            kind: event.kind,
            reach: Reach::of(event, clock),
            received: event.received,
            index,
            taken: false,
        }
    }
}

/// One pid's truths and events, copied together so that sorting them stays in the cache.
#[derive(Default)]
pub(super) struct Scratch {
    dues: Vec<Due>,
    said: Vec<Said>,
    lives: Lives,
}

impl Scratch {
    pub(super) fn load(
        &mut self,
        groups: &Groups,
        pid: Pid,
        ledger: &Ledger,
        events: &[Event],
        clock: Clock,
    ) {
        self.dues.clear();
        let truths = groups.truths_of(pid).iter();
        self.dues
            .extend(truths.map(|&index| Due::new(index, &ledger.truths[index as usize])));
        self.dues
            .sort_unstable_by_key(|due| (due.kind, due.after, due.before, due.index));
        self.said.clear();
        let said = groups.events_of(pid).iter();
        self.said
            .extend(said.map(|&index| Said::new(index, &events[index as usize], clock)));
        self.said
            .sort_unstable_by_key(|said| (said.kind, said.reach.latest, said.received, said.index));
    }

    /// Writes down what became of this pid's truths and events; events that are nobody's go to
    /// `strays`.
    pub(super) fn settle(
        &mut self,
        groups: &Groups,
        pid: Pid,
        ledger: &Ledger,
        pairing: &mut Matching,
        strays: &mut Vec<u32>,
    ) {
        let mut left_over = false;
        for kind in Kind::ALL {
            let dues = part(&mut self.dues, |due| due.kind, kind);
            let said = part(&mut self.said, |said| said.kind, kind);
            most_pairs(dues, said);
            for due in dues.iter().filter(|due| due.event != NO_EVENT) {
                pairing.events_of_truths[due.index as usize] = due.event;
                pairing.verdicts[due.event as usize] = Verdict::Matched;
            }
            left_over |= said.iter().any(|said| !said.taken);
        }
        if left_over {
            self.lives.load(groups, pid, ledger);
            self.judge(pairing, strays);
        }
    }

    /// What the events are that found no truth.
    fn judge(&mut self, pairing: &mut Matching, strays: &mut Vec<u32>) {
        for kind in Kind::ALL {
            let dues = part(&mut self.dues, |due| due.kind, kind);
            // From here on `before` is the latest of all so far: one look tells whether any fits.
            let mut latest = 0;
            for due in dues.iter_mut() {
                latest = due.before.max(latest);
                due.before = latest;
            }
            for said in part(&mut self.said, |said| said.kind, kind) {
                if said.taken {
                    continue;
                }
                let verdict = verdict(said, dues, &self.lives);
                pairing.verdicts[said.index as usize] = verdict;
                if verdict == Verdict::Unrelated {
                    strays.push(said.index);
                }
            }
        }
    }
}

fn part<T>(sorted: &mut [T], kind_of: impl Fn(&T) -> Kind, kind: Kind) -> &mut [T] {
    let start = sorted.partition_point(|item| kind_of(item) < kind);
    let end = sorted.partition_point(|item| kind_of(item) <= kind);
    &mut sorted[start..end]
}

/// As many pairs as possible were made, so a truth that fits an event left over is taken.
fn verdict(said: &Said, dues: &[Due], lives: &Lives) -> Verdict {
    let begun = dues.partition_point(|due| due.after <= said.reach.latest);
    let latest = dues[..begun].last().map(|due| due.before);
    let repeats = |earliest| latest.is_some_and(|before| before >= earliest);
    let patient = said.reach.patient();
    if repeats(patient.earliest) {
        Verdict::Duplicate
    } else if !lives.overlap(patient) {
        Verdict::Unrelated
    } else if repeats(said.reach.earliest) {
        Verdict::Duplicate
    } else {
        Verdict::FalsePositive
    }
}
