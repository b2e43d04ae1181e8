use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::time_span::TimeSpan;
use super::verdict::NO_EVENT;
use contract::Nanos;

/// A truth that waits for its event.
#[derive(Clone, Copy)]
pub(super) struct PendingTruth {
    pub(super) after: Nanos,
    pub(super) before: Nanos,
    pub(super) index: u32,
    pub(super) event: u32,
}

/// An event that looks for its truth.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) span: TimeSpan,
    pub(super) received: Nanos,
    pub(super) index: u32,
    pub(super) taken: bool,
}

/// Makes the most pairs of the truths and events of one pid and kind. `truths` come sorted by
/// (after, before), `events` by (latest, received).
///
/// Which truths are matched is found from the end, so that a report without a clock of its own
/// finds the last owner of its pid, not the first. Which event each gets is then found from the
/// beginning, so that of two reports of one event the second is the repeat.
pub(super) fn assign(truths: &mut [PendingTruth], events: &mut [Candidate]) {
    let plain = truths.is_sorted_by_key(|truth| truth.before)
        && events.is_sorted_by_key(|event| event.span.earliest);
    if plain {
        pairs_from_the_end(truths, events);
        earliest_events(truths, events);
    } else {
        nested_pairs(truths, events);
    }
}

/// Pairs from the end. Two fingers are enough where no window lies inside another.
fn pairs_from_the_end(truths: &mut [PendingTruth], events: &mut [Candidate]) {
    let (mut truths_left, mut events_left) = (truths.len(), events.len());
    while truths_left > 0 && events_left > 0 {
        let (truth, event) = (&mut truths[truths_left - 1], &mut events[events_left - 1]);
        if event.span.earliest > truth.before {
            events_left -= 1;
        } else if event.span.latest < truth.after {
            truths_left -= 1;
        } else {
            truth.event = event.index;
            event.taken = true;
            truths_left -= 1;
            events_left -= 1;
        }
    }
}

/// Gives every truth that found an event the earliest one that fits it instead.
fn earliest_events(truths: &mut [PendingTruth], events: &mut [Candidate]) {
    if events.iter().all(|event| event.taken) {
        return;
    }
    events.iter_mut().for_each(|event| event.taken = false);
    let mut place = 0;
    for truth in truths.iter_mut().filter(|truth| truth.event != NO_EVENT) {
        // There is one: the pairs from the end are proof of it.
        while events[place].span.latest < truth.after {
            place += 1;
        }
        truth.event = events[place].index;
        events[place].taken = true;
        place += 1;
    }
}

/// The same for windows that lie inside one another, as those of slow callers may.
fn nested_pairs(truths: &mut [PendingTruth], events: &mut [Candidate]) {
    let windows: Vec<_> = truths.iter().map(|of| (of.after, of.before)).collect();
    let spans = events.iter().map(|of| (of.span.earliest, of.span.latest));
    let spans: Vec<_> = spans.collect();
    let found = most_overlaps(&windows, &spans);
    let chosen: Vec<usize> = found.iter().map(|&(truth, _)| truth).collect();
    let windows: Vec<_> = chosen.iter().map(|&truth| mirror(windows[truth])).collect();
    let spans: Vec<_> = spans.into_iter().map(mirror).collect();
    for (place, event) in most_overlaps(&windows, &spans) {
        truths[chosen[place]].event = events[event].index;
        events[event].taken = true;
    }
}

/// A span as it looks with time running backwards.
fn mirror((from, until): (Nanos, Nanos)) -> (Nanos, Nanos) {
    (Nanos::MAX - until, Nanos::MAX - from)
}

/// The most pairs of overlapping spans, left with right, from the end of time.
///
/// The span that begins last overlaps exactly those which reach its beginning; whatever overlaps
/// one of these and is still to come overlaps all of them that begin earlier as well. So it may
/// take the one among them that begins last, and no other pair is lost by it.
fn most_overlaps(left: &[(Nanos, Nanos)], right: &[(Nanos, Nanos)]) -> Vec<(usize, usize)> {
    let sides = [left, right];
    let mut steps = Vec::with_capacity(2 * (left.len() + right.len()));
    for (side, spans) in sides.iter().enumerate() {
        for (index, &(from, until)) in spans.iter().enumerate() {
            // At one instant spans open before any is settled: touching is overlapping.
            steps.push((until, true, Reverse(index), side));
            steps.push((from, false, Reverse(index), side));
        }
    }
    steps.sort_unstable_by(|a, b| b.cmp(a));
    let mut open = [BinaryHeap::new(), BinaryHeap::new()];
    let mut settled = [vec![false; left.len()], vec![false; right.len()]];
    let mut pairs = Vec::new();
    for (_, opens, Reverse(index), side) in steps {
        if opens {
            open[side].push((sides[side][index].0, Reverse(index)));
            continue;
        }
        if std::mem::replace(&mut settled[side][index], true) {
            continue;
        }
        let other = 1 - side;
        while let Some((_, Reverse(partner))) = open[other].pop() {
            if !std::mem::replace(&mut settled[other][partner], true) {
                let pair = [(index, partner), (partner, index)][side];
                pairs.push(pair);
                break;
            }
        }
    }
    pairs
}
