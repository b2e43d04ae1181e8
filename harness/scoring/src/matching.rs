//! Which event speaks of which truth.
//!
//! By kind and pid, in time order. Every truth has a window in which it must have happened, every
//! event a span of time of which it can speak; the two can only belong together where these
//! overlap. Within one pid and kind the most pairs possible are made, and of two events that
//! could both be right the earlier one is taken.
//!
//! What finds no truth is a duplicate where the truth has been reported already, a false positive
//! where the process was the workload's, and unrelated where it was another process of the machine,
//! as far as these are known: a process that never was is a false positive too, and so is a second
//! fork or exit of one that was.
//!
//! Events are first dealt out to their pids by counting, then sorted within each pid, so that
//! ten million take about a second and only a few bytes each beside themselves.

mod adoption;
mod assignment;
mod buckets;
mod input;
mod lifetimes;
mod other_lives;
mod per_pid;
mod time_span;
mod verdict;

pub use verdict::{Matching, Verdict};

use buckets::Buckets;
use contract::{Clock, Event, Ledger, Life};
use input::Input;
use other_lives::OtherLives;
use verdict::NO_EVENT;

/// Sorts `events` against `ledger`; `clock` says how far the events' own times can be trusted.
///
/// `others` are all processes of the machine beside the workload's; `None` where they are not
/// known: every event about none of the workload's processes is then unrelated.
///
/// Pids above the kernel's limit of 4,194,304 cannot exist: a truth with one stays missed.
pub fn match_events(
    ledger: &Ledger,
    events: &[Event],
    clock: Clock,
    others: Option<&[Life]>,
) -> Matching {
    let mut matching = Matching {
        events_of_truths: vec![NO_EVENT; ledger.truths.len()],
        verdicts: vec![Verdict::Unrelated; events.len()],
    };
    let others = others.map(OtherLives::new);
    let input = Input {
        ledger,
        events,
        clock,
        buckets: Buckets::new(ledger, events, others.as_ref()),
        others,
    };
    let mut scratch = per_pid::Scratch::default();
    let mut strays = Vec::new();
    for pid in input.buckets.pids() {
        scratch.load(&input, pid);
        scratch.settle(&input, pid, &mut matching, &mut strays);
    }
    strays.extend(input.buckets.foreign());
    if input.others.is_some() {
        for &stray in &strays {
            matching.verdicts[stray as usize] = Verdict::FalsePositive;
        }
    } else {
        adoption::adopt(&input, strays, &mut matching);
    }
    matching
}
