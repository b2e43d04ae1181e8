use super::assignment::{Candidate, PendingTruth, assign};
use super::buckets::Buckets;
use super::lifetimes::Lifetimes;
use super::time_span::TimeSpan;
use super::verdict::{Matching, NO_EVENT, Verdict};
use contract::{Clock, Event, Kind, Ledger, Pid, Truth};

impl PendingTruth {
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

impl Candidate {
    fn new(index: u32, event: &Event, clock: Clock) -> Self {
        Self {
            kind: event.kind,
            span: TimeSpan::of(event, clock),
            received: event.received,
            index,
            taken: false,
        }
    }
}

/// One pid's truths and events, copied together so that sorting them stays in the cache.
#[derive(Default)]
pub(super) struct Scratch {
    pending: Vec<PendingTruth>,
    candidates: Vec<Candidate>,
    lifetimes: Lifetimes,
}

impl Scratch {
    pub(super) fn load(
        &mut self,
        buckets: &Buckets,
        pid: Pid,
        ledger: &Ledger,
        events: &[Event],
        clock: Clock,
    ) {
        self.pending.clear();
        let truths = buckets.truths_of(pid).iter();
        self.pending
            .extend(truths.map(|&index| PendingTruth::new(index, &ledger.truths[index as usize])));
        self.pending
            .sort_unstable_by_key(|truth| (truth.kind, truth.after, truth.before, truth.index));
        self.candidates.clear();
        let events_of_pid = buckets.events_of(pid).iter();
        self.candidates.extend(
            events_of_pid.map(|&index| Candidate::new(index, &events[index as usize], clock)),
        );
        self.candidates.sort_unstable_by_key(|event| {
            (event.kind, event.span.latest, event.received, event.index)
        });
    }

    /// Writes down what became of this pid's truths and events; events about other processes than
    /// the workload's go to `strays`.
    pub(super) fn settle(
        &mut self,
        buckets: &Buckets,
        pid: Pid,
        ledger: &Ledger,
        matching: &mut Matching,
        strays: &mut Vec<u32>,
    ) {
        let mut left_over = false;
        for kind in Kind::ALL {
            let pending = part(&mut self.pending, |truth| truth.kind, kind);
            let candidates = part(&mut self.candidates, |event| event.kind, kind);
            assign(pending, candidates);
            for truth in pending.iter().filter(|truth| truth.event != NO_EVENT) {
                matching.events_of_truths[truth.index as usize] = truth.event;
                matching.verdicts[truth.event as usize] = Verdict::Matched;
            }
            left_over |= candidates.iter().any(|event| !event.taken);
        }
        if left_over {
            self.lifetimes.load(buckets, pid, ledger);
            self.judge(matching, strays);
        }
    }

    /// What the events are that found no truth.
    fn judge(&mut self, matching: &mut Matching, strays: &mut Vec<u32>) {
        for kind in Kind::ALL {
            let pending = part(&mut self.pending, |truth| truth.kind, kind);
            // From here on `before` is the latest of all so far: one look tells whether any fits.
            let mut latest = 0;
            for truth in pending.iter_mut() {
                latest = truth.before.max(latest);
                truth.before = latest;
            }
            for event in part(&mut self.candidates, |event| event.kind, kind) {
                if event.taken {
                    continue;
                }
                let verdict = verdict(event, pending, &self.lifetimes);
                matching.verdicts[event.index as usize] = verdict;
                if verdict == Verdict::Unrelated {
                    strays.push(event.index);
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
fn verdict(event: &Candidate, pending: &[PendingTruth], lifetimes: &Lifetimes) -> Verdict {
    let begun = pending.partition_point(|truth| truth.after <= event.span.latest);
    let latest = pending[..begun].last().map(|truth| truth.before);
    let repeats = |earliest| latest.is_some_and(|before| before >= earliest);
    let patient = event.span.patient();
    if repeats(patient.earliest) {
        Verdict::Duplicate
    } else if !lifetimes.overlap(patient) {
        Verdict::Unrelated
    } else if repeats(event.span.earliest) {
        Verdict::Duplicate
    } else {
        Verdict::FalsePositive
    }
}
