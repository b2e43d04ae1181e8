//! The tree of processes as one would rebuild it from a monitor's events alone, in the order in which it
//! delivered them, and how well that order keeps to what happened.
//!
//! A reader of the events knows of a process from the first event about it on. Its parent is the process
//! that, so far, was the last one told of with the id that the first event with a parent names; one that
//! has ended is still known. Only events that are the report of a truth build the tree: duplicates and
//! false positives are counted elsewhere.

mod counts;
mod order;
mod told;
mod tree;

pub use counts::Lineage;

use contract::{Claims, EventLog, Field, Kind, Ledger};

use crate::lives::lives;
use crate::matching::Matching;
use told::Told;

/// Of one cell; `None` where the monitor offers no events. One that names no parents has an order all the same.
pub(crate) fn of(
    ledger: &Ledger,
    log: &EventLog,
    matching: &Matching,
    claims: &Claims,
) -> Option<Lineage> {
    if !Kind::ALL.iter().any(|&kind| claims.kind(kind)) {
        return None;
    }
    let told = Told {
        ledger,
        log,
        lives: lives(ledger),
        matching,
    };
    let truths = told.truths_in_order();
    let whole = Kind::ALL.iter().all(|&kind| claims.kind(kind));
    let mut found = tree::rebuild(&told, &truths, whole);
    let names = |kind| claims.field(kind, Field::Ppid);
    found.parents = Kind::ALL.into_iter().any(names);
    if !found.parents {
        // Whatever an event says: it does not count where it is not offered.
        (found.correct, found.wrong, found.orphans) = (0, 0, 0);
        (found.missing, found.complete) = (found.lives, None);
    }
    order::count(&told, &truths, &mut found);
    Some(found)
}

#[cfg(test)]
mod tests;
