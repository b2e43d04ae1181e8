//! Which event speaks of which truth.
//!
//! By kind and pid, in time order. Every truth has a window in which it must have happened, every
//! event a span of time of which it can speak; the two can only belong together where these
//! overlap. Within one pid and kind the most pairs possible are made, and of two events that
//! could both be right the earlier one is taken.
//!
//! Events are first dealt out to their pids by counting, then sorted within each pid, so that
//! ten million take about a second and only a few bytes each beside themselves.

mod assignment;
mod buckets;
mod lifetimes;
mod per_pid;
mod time_span;
mod verdict;

pub use verdict::{Matching, Verdict};

use buckets::Buckets;
use contract::{Clock, Event, Kind, Ledger, Pid};
use time_span::TimeSpan;
use verdict::NO_EVENT;

/// Sorts `events` against `ledger`; `clock` says how far the events' own times can be trusted.
///
/// Pids above the kernel's limit of 4,194,304 cannot exist: a truth with one stays missed.
pub fn match_events(ledger: &Ledger, events: &[Event], clock: Clock) -> Matching {
    let mut matching = Matching {
        events_of_truths: vec![NO_EVENT; ledger.truths.len()],
        verdicts: vec![Verdict::Unrelated; events.len()],
    };
    let buckets = Buckets::new(ledger, events);
    let mut scratch = per_pid::Scratch::default();
    let mut strays = Vec::new();
    for pid in buckets.pids() {
        scratch.load(&buckets, pid, ledger, events, clock);
        scratch.settle(&buckets, pid, ledger, &mut matching, &mut strays);
    }
    strays.extend(buckets.foreign());
    adopt(&buckets, ledger, events, clock, strays, &mut matching);
    matching
}

/// An event about an unknown process is a false positive all the same when it says that the process came
/// from one of the workload's: a thread taken for a child, say.
fn adopt(
    buckets: &Buckets,
    ledger: &Ledger,
    events: &[Event],
    clock: Clock,
    mut strays: Vec<u32>,
    matching: &mut Matching,
) {
    let parent = |stray: u32| -> Option<Pid> {
        let event = &events[stray as usize];
        event
            .fields
            .ppid
            .filter(|&ppid| event.kind != Kind::Exit && buckets.knows(ppid))
    };
    strays.retain(|&stray| parent(stray).is_some());
    strays.sort_unstable_by_key(|&stray| parent(stray));
    let mut lifetimes = lifetimes::Lifetimes::default();
    let mut loaded = None;
    for stray in strays {
        let ppid = parent(stray);
        if let Some(pid) = ppid.filter(|_| ppid != loaded) {
            lifetimes.load(buckets, pid, ledger);
            loaded = ppid;
        }
        if lifetimes.overlap(TimeSpan::of(&events[stray as usize], clock).patient()) {
            matching.verdicts[stray as usize] = Verdict::FalsePositive;
        }
    }
}
