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

use buckets::Groups;
use contract::{Clock, Event, Kind, Ledger, Pid};
use time_span::Reach;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// It is the report of a truth.
    Matched,
    /// It reports a truth that an earlier event has reported already.
    Duplicate,
    /// It is about a process of the workload, and there was no such event.
    FalsePositive,
    /// It is about somebody else's process, and no fault.
    Unrelated,
}

/// How truths and events were sorted. matched + missed = truths, and
/// matched + duplicates + false positives + unrelated = events, whatever the input.
#[derive(Clone, Debug)]
pub struct Matching {
    events_of_truths: Vec<u32>,
    verdicts: Vec<Verdict>,
}

const NO_EVENT: u32 = u32::MAX;

impl Matching {
    /// The event that reported truth number `truth`; `None` when it was missed.
    pub fn event_of(&self, truth: usize) -> Option<usize> {
        let event = self.events_of_truths[truth];
        (event != NO_EVENT).then_some(event as usize)
    }

    /// What became of each event.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// How many events of `kind` got `verdict`.
    pub fn count(&self, events: &[Event], kind: Kind, verdict: Verdict) -> u64 {
        let both = self.verdicts.iter().zip(events);
        both.filter(|(v, event)| **v == verdict && event.kind == kind)
            .count() as u64
    }
}

/// Sorts `events` against `ledger`; `clock` says how far the events' own times can be trusted.
///
/// Pids above the kernel's limit of 4,194,304 cannot exist: a truth with one stays missed.
pub fn pair(ledger: &Ledger, events: &[Event], clock: Clock) -> Matching {
    let mut pairing = Matching {
        events_of_truths: vec![NO_EVENT; ledger.truths.len()],
        verdicts: vec![Verdict::Unrelated; events.len()],
    };
    let groups = Groups::new(ledger, events);
    let mut scratch = per_pid::Scratch::default();
    let mut strays = Vec::new();
    for pid in groups.pids() {
        scratch.load(&groups, pid, ledger, events, clock);
        scratch.settle(&groups, pid, ledger, &mut pairing, &mut strays);
    }
    strays.extend(groups.foreign());
    adopt(&groups, ledger, events, clock, strays, &mut pairing);
    pairing
}

/// An event about an unknown process is a false positive all the same when it says that the process came
/// from one of the workload's: a thread taken for a child, say.
fn adopt(
    groups: &Groups,
    ledger: &Ledger,
    events: &[Event],
    clock: Clock,
    mut strays: Vec<u32>,
    pairing: &mut Matching,
) {
    let parent = |stray: u32| -> Option<Pid> {
        let event = &events[stray as usize];
        event
            .fields
            .ppid
            .filter(|&ppid| event.kind != Kind::Exit && groups.knows(ppid))
    };
    strays.retain(|&stray| parent(stray).is_some());
    strays.sort_unstable_by_key(|&stray| parent(stray));
    let mut lives = lifetimes::Lives::default();
    let mut loaded = None;
    for stray in strays {
        let ppid = parent(stray);
        if let Some(pid) = ppid.filter(|_| ppid != loaded) {
            lives.load(groups, pid, ledger);
            loaded = ppid;
        }
        if lives.overlap(Reach::of(&events[stray as usize], clock).patient()) {
            pairing.verdicts[stray as usize] = Verdict::FalsePositive;
        }
    }
}
