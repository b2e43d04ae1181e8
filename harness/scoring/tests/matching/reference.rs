//! A slow matching that is plainly right, and what must hold whatever the input.

use contract::{Clock, Event, Kind, Ledger, Truth};
use scoring::matching::Matching;
use scoring::matching::Verdict::{Duplicate, FalsePositive, Matched, Unrelated};
use scoring::matching::match_events;

/// The span an event can speak of, from its definition.
pub(crate) fn reach(event: &Event, clock: Clock) -> (u64, u64) {
    let (from, until) = match (event.happened, clock) {
        (None, _) | (_, Clock::None) => (0, u64::MAX),
        (Some(at), Clock::ExitsLate(late)) if event.kind == Kind::Exit => {
            (at.get().saturating_sub(late), at.get())
        }
        (Some(at), Clock::Exact | Clock::ExitsLate(_)) => (at.get(), at.get()),
        (Some(at), Clock::Coarse { early, late }) => (
            at.get().saturating_sub(late),
            at.get().saturating_add(early),
        ),
    };
    let until = until.min(event.received);
    (from.min(until), until)
}

pub(crate) fn fits(truth: &Truth, event: &Event, clock: Clock) -> bool {
    let (from, until) = reach(event, clock);
    let same = truth.pid == event.pid && truth.kind == event.kind;
    same && from <= truth.before.max(truth.after) && until >= truth.after
}

/// The size of a maximum matching, by augmenting paths.
pub(crate) fn most(ledger: &Ledger, events: &[Event], clock: Clock) -> usize {
    fn place(
        truth: usize,
        fits: &[Vec<bool>],
        seen: &mut [bool],
        of: &mut [Option<usize>],
    ) -> bool {
        for event in 0..seen.len() {
            if fits[truth][event] && !std::mem::replace(&mut seen[event], true) {
                let free = match of[event] {
                    None => true,
                    Some(owner) => place(owner, fits, seen, of),
                };
                if free {
                    of[event] = Some(truth);
                    return true;
                }
            }
        }
        false
    }
    let row = |truth: &Truth| events.iter().map(|e| fits(truth, e, clock)).collect();
    let table: Vec<Vec<bool>> = ledger.truths.iter().map(row).collect();
    let mut of = vec![None; events.len()];
    (0..table.len())
        .filter(|&truth| place(truth, &table, &mut vec![false; events.len()], &mut of))
        .count()
}

/// What must hold whatever the input.
pub(crate) fn check_sums(ledger: &Ledger, events: &[Event], clock: Clock) -> Matching {
    let matching = match_events(ledger, events, clock, None);
    let mut taken = vec![false; events.len()];
    for (index, truth) in ledger.truths.iter().enumerate() {
        let Some(found) = matching.event_of(index) else {
            continue;
        };
        assert!(
            fits(truth, &events[found], clock),
            "{truth:?} got {:?}",
            events[found]
        );
        assert!(
            !std::mem::replace(&mut taken[found], true),
            "event {found} is taken twice"
        );
        assert_eq!(matching.verdicts()[found], Matched);
    }
    let matched = taken.iter().filter(|taken| **taken).count() as u64;
    let count = |verdict| -> u64 {
        Kind::ALL
            .iter()
            .map(|&kind| matching.count(events, kind, verdict))
            .sum()
    };
    assert_eq!(count(Matched), matched);
    assert_eq!(
        matched + count(Duplicate) + count(FalsePositive) + count(Unrelated),
        events.len() as u64
    );
    // A repeat is always of something that an event has reported.
    for (event, verdict) in events.iter().zip(matching.verdicts()) {
        let mut reported = ledger.truths.iter().enumerate();
        let repeats = reported
            .any(|(index, truth)| fits(truth, event, clock) && matching.event_of(index).is_some());
        assert!(
            *verdict != Duplicate || repeats,
            "{event:?} repeats nothing"
        );
        // Without a clock a very late repeat and an invention look alike.
        let clocked = event.happened.is_some() && clock != Clock::None;
        assert!(
            *verdict != FalsePositive || !repeats || !clocked,
            "{event:?} is a repeat"
        );
    }
    matching
}
