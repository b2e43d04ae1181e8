use super::assignment::{Candidate, PendingTruth, assign};
use super::input::Input;
use super::lifetimes::Lifetimes;
use super::reported_lives::ReportedLives;
use super::results::Results;
use super::time_span::TimeSpan;
use super::verdict::{NO_EVENT, Verdict};
use contract::{Clock, Event, Kind, Pid, Truth};

impl PendingTruth {
    fn new(index: u32, truth: &Truth) -> Self {
        Self {
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
            span: TimeSpan::of(event, clock),
            received: event.received,
            index,
            taken: false,
        }
    }
}

/// One pid's truths and events by kind, copied together so that what follows stays in the cache.
#[derive(Default)]
pub(super) struct Scratch {
    pending: [Vec<PendingTruth>; Kind::ALL.len()],
    candidates: [Vec<Candidate>; Kind::ALL.len()],
    lifetimes: Lifetimes,
    others: ReportedLives,
    /// Events about none of the workload's processes, of one kind.
    strays: Vec<Candidate>,
}

impl Scratch {
    /// Matches what there is about `pid`. Events about no known process go to `strays`.
    pub(super) fn settle(
        &mut self,
        input: &Input<'_>,
        pid: Pid,
        results: &Results,
        strays: &mut Vec<u32>,
    ) {
        if input.buckets.events_of(pid).is_empty() {
            return;
        }
        self.load(input, pid);
        if !self.others.is_empty() {
            self.lifetimes.load(&input.buckets, pid, input.ledger);
            // As every event they are unrelated until found to be something else.
            for (kind, candidates) in Kind::ALL.into_iter().zip(&mut self.candidates) {
                self.others.take_owned(kind, candidates, &self.lifetimes);
            }
        }
        let mut left_over = false;
        for (pending, candidates) in self.pending.iter_mut().zip(&mut self.candidates) {
            assign(pending, candidates);
            for truth in pending.iter().filter(|truth| truth.event != NO_EVENT) {
                results.matched(truth.index, truth.event);
            }
            left_over |= candidates.iter().any(|event| !event.taken);
        }
        if left_over {
            self.lifetimes.load(&input.buckets, pid, input.ledger);
            self.judge(results, strays);
        }
    }

    fn load(&mut self, input: &Input<'_>, pid: Pid) {
        self.pending.iter_mut().for_each(Vec::clear);
        for &index in input.buckets.truths_of(pid) {
            let truth = &input.ledger.truths[index as usize];
            self.pending[truth.kind as usize].push(PendingTruth::new(index, truth));
        }
        for pending in &mut self.pending {
            sort(pending, |truth| (truth.after, truth.before, truth.index));
        }
        self.candidates.iter_mut().for_each(Vec::clear);
        for &index in input.buckets.events_of(pid) {
            let event = &input.events[index as usize];
            let candidate = Candidate::new(index, event, input.clock);
            self.candidates[event.kind as usize].push(candidate);
        }
        for candidates in &mut self.candidates {
            sort(candidates, |event| {
                (event.span.latest, event.received, event.index)
            });
        }
        let others = input.others.as_ref();
        self.others
            .load(others.map_or(&[], |others| others.of(pid)));
    }

    /// What the events are that found no truth.
    fn judge(&mut self, results: &Results, strays: &mut Vec<u32>) {
        let both = self.pending.iter_mut().zip(&self.candidates);
        for (kind, (pending, candidates)) in Kind::ALL.into_iter().zip(both) {
            // From here on `before` is the latest of all so far: one look tells whether any fits.
            let mut latest = 0;
            for truth in pending.iter_mut() {
                latest = truth.before.max(latest);
                truth.before = latest;
            }
            self.strays.clear();
            for event in candidates.iter().filter(|event| !event.taken) {
                let verdict = verdict(event, pending, &self.lifetimes);
                results.set(event.index, verdict);
                if verdict == Verdict::Unrelated {
                    self.strays.push(*event);
                }
            }
            self.others.explain(kind, &mut self.strays);
            let unknown = self.strays.iter().filter(|stray| !stray.taken);
            strays.extend(unknown.map(|stray| stray.index));
        }
    }
}

/// What was written down in the order of time, as most is, needs no sorting.
fn sort<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    if !items.is_sorted_by_key(&key) {
        items.sort_unstable_by_key(key);
    }
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
