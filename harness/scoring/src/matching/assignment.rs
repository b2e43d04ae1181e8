use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::NO_EVENT;
use super::time_span::Reach;
use contract::{Kind, Nanos};

/// A truth that waits for its event.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub(super) kind: Kind,
    pub(super) after: Nanos,
    pub(super) before: Nanos,
    pub(super) index: u32,
    pub(super) event: u32,
}

/// An event that looks for its truth.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) kind: Kind,
    pub(super) reach: Reach,
    pub(super) received: Nanos,
    pub(super) index: u32,
    pub(super) taken: bool,
}

/// Makes the most pairs of the truths and events of one pid and kind. `dues` come sorted by
/// (after, before), `said` by (latest, received).
///
/// Which truths are matched is found from the end, so that a report without a clock of its own
/// finds the last owner of its pid, not the first. Which event each gets is then found from the
/// beginning, so that of two reports of one event the second is the repeat.
pub(super) fn most_pairs(dues: &mut [Due], said: &mut [Said]) {
    let plain = dues.is_sorted_by_key(|due| due.before)
        && said.is_sorted_by_key(|said| said.reach.earliest);
    if plain {
        latest_pairs(dues, said);
        earliest_pairs(dues, said);
    } else {
        tangled_pairs(dues, said);
    }
}

/// Pairs from the end. Two fingers are enough where no window lies inside another.
fn latest_pairs(dues: &mut [Due], said: &mut [Said]) {
    let (mut due, mut say) = (dues.len(), said.len());
    while due > 0 && say > 0 {
        let (d, s) = (&mut dues[due - 1], &mut said[say - 1]);
        if s.reach.earliest > d.before {
            say -= 1;
        } else if s.reach.latest < d.after {
            due -= 1;
        } else {
            d.event = s.index;
            s.taken = true;
            due -= 1;
            say -= 1;
        }
    }
}

/// Gives every truth that found an event the earliest one that fits it instead.
fn earliest_pairs(dues: &mut [Due], said: &mut [Said]) {
    if said.iter().all(|said| said.taken) {
        return;
    }
    said.iter_mut().for_each(|said| said.taken = false);
    let mut say = 0;
    for due in dues.iter_mut().filter(|due| due.event != NO_EVENT) {
        // There is one: the pairs from the end are proof of it.
        while said[say].reach.latest < due.after {
            say += 1;
        }
        due.event = said[say].index;
        said[say].taken = true;
        say += 1;
    }
}

/// The same for windows that lie inside one another, as those of slow callers may.
fn tangled_pairs(dues: &mut [Due], said: &mut [Said]) {
    let spans = |dues: &[Due]| -> Vec<_> { dues.iter().map(|d| (d.after, d.before)).collect() };
    let reaches: Vec<_> = said
        .iter()
        .map(|s| (s.reach.earliest, s.reach.latest))
        .collect();
    let found = sweep(&spans(dues), &reaches);
    let chosen: Vec<usize> = found.iter().map(|&(due, _)| due).collect();
    let windows = spans(dues);
    let windows: Vec<_> = chosen.iter().map(|&due| mirror(windows[due])).collect();
    let reaches: Vec<_> = reaches.into_iter().map(mirror).collect();
    for (place, say) in sweep(&windows, &reaches) {
        dues[chosen[place]].event = said[say].index;
        said[say].taken = true;
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
/// take the one among them that begins last, and nobody is worse off.
fn sweep(left: &[(Nanos, Nanos)], right: &[(Nanos, Nanos)]) -> Vec<(usize, usize)> {
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
