//! The order in which events are handed on.

use std::collections::HashMap;

use contract::{Event, Kind, Pid};
use rand::seq::SliceRandom;

use super::figures::Delivered;
use super::planter::{Planter, part};

/// An event, and the place of the truth that it reports.
type Placed = (Event, Option<u32>);

/// As they are received, but for what is shuffled and what is swapped; and notes that order.
pub(super) fn order(planter: &mut Planter<'_>) {
    let events = std::mem::take(&mut planter.journal.events);
    planter.places.resize(events.len(), None);
    let mut all: Vec<Placed> = events.into_iter().zip(planter.places.drain(..)).collect();
    all.sort_by_key(|(event, _)| event.received);
    for stretch in all.chunks_mut(planter.faults.shuffle) {
        stretch.shuffle(&mut planter.random);
    }
    swap(planter, &mut all);
    planter.figures.delivered = all
        .iter()
        .map(|(event, place)| delivered(event, *place))
        .collect();
    planter.journal.events = all.into_iter().map(|(event, _)| event).collect();
}

fn delivered(event: &Event, truth: Option<u32>) -> Delivered {
    Delivered {
        truth,
        received: event.received,
        ppid: event.fields.ppid,
    }
}

/// Some forks change places with the exec that is delivered next of their process.
fn swap(planter: &mut Planter<'_>, all: &mut [Placed]) {
    if planter.faults.swap == 0.0 {
        return;
    }
    let mut forks: HashMap<Pid, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (place, (event, _)) in all.iter().enumerate().filter(|(_, one)| one.1.is_some()) {
        match event.kind {
            Kind::Fork => {
                forks.insert(event.pid, place);
            }
            Kind::Exec => pairs.extend(forks.remove(&event.pid).map(|fork| (fork, place))),
            Kind::Exit => {
                forks.remove(&event.pid);
            }
        }
    }
    pairs.shuffle(&mut planter.random);
    pairs.truncate(part(planter.faults.swap, pairs.len()));
    for (fork, exec) in pairs {
        all.swap(fork, exec);
    }
}
