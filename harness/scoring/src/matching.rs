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
//! Events are first dealt out to their pids by counting, then matched pid by pid, half of the pids in
//! each of two threads, so that ten million take about a second and a few bytes each beside
//! themselves.

mod adoption;
mod assignment;
mod buckets;
mod input;
mod lifetimes;
mod other_lives;
mod per_pid;
mod reported_lives;
mod results;
mod time_span;
mod verdict;

pub use verdict::{Matching, Verdict};

use std::ops::Range;

use contract::{Clock, Event, Ledger, Life, Pid};

use crate::parallel::both;
use buckets::Buckets;
use input::Input;
use other_lives::OtherLives;
use per_pid::Scratch;
use results::Results;

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
    let others = others.map(OtherLives::new);
    let input = Input {
        ledger,
        events,
        clock,
        buckets: Buckets::new(ledger, events, others.as_ref()),
        others,
    };
    let items = ledger.truths.len() + events.len();
    let results = Results::new(ledger.truths.len(), events.len());
    let half = |pids: Range<Pid>| {
        let (mut scratch, mut strays) = (Scratch::default(), Vec::new());
        for pid in pids {
            scratch.settle(&input, pid, &results, &mut strays);
        }
        strays
    };
    let [one, two] = input.buckets.halves();
    let (mut strays, more) = both(items, || half(one), || half(two));
    strays.extend(more);
    strays.extend(input.buckets.foreign());
    if input.others.is_some() {
        for &stray in &strays {
            results.set(stray, Verdict::FalsePositive);
        }
    } else {
        adoption::adopt(&input, strays, &results);
    }
    results.into_matching()
}
