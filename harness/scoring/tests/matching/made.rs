//! Truths and events by hand.

use std::num::NonZeroU64;

use contract::{Clock, Event, Fields, Kind, Ledger, Origin, Pid, Truth};
use scoring::matching::{Matching, Verdict, match_events};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const COARSE: Clock = Clock::Coarse {
    early: 0,
    late: 4 * MS,
};

pub(crate) fn truth(kind: Kind, pid: Pid, after: u64, before: u64) -> Truth {
    Truth {
        due: None,
        after,
        before,
        fields: Fields::default(),
        pid,
        kind,
        loose: false,
    }
}

pub(crate) fn event(kind: Kind, pid: Pid, happened: u64, received: u64) -> Event {
    Event {
        euid: None,
        happened: NonZeroU64::new(happened),
        received,
        fields: Fields::default(),
        pid,
        kind,
        origin: Origin::Live,
    }
}

pub(crate) fn child_of(mut event: Event, ppid: Pid) -> Event {
    event.fields.ppid = Some(ppid);
    event
}

pub(crate) fn ledger(truths: &[Truth]) -> Ledger {
    Ledger {
        truths: truths.to_vec(),
        ..Ledger::default()
    }
}

/// A process that forks at `from`, executes in the middle and ends at `from + 1000`.
pub(crate) fn life(pid: Pid, from: u64) -> [Truth; 3] {
    [
        truth(Kind::Fork, pid, from, from + 10),
        truth(Kind::Exec, pid, from + 500, from + 510),
        truth(Kind::Exit, pid, from + 1000, from + 1010),
    ]
}

pub(crate) fn matched(matching: &Matching, truths: usize) -> Vec<Option<usize>> {
    (0..truths).map(|truth| matching.event_of(truth)).collect()
}

pub(crate) fn verdicts(ledger: &Ledger, events: &[Event], clock: Clock) -> Vec<Verdict> {
    match_events(ledger, events, clock, None)
        .verdicts()
        .to_vec()
}
