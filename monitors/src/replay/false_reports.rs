//! Reports of events that never were, and of events of other processes.

use std::collections::{BTreeMap, BTreeSet};

use contract::{Clock, EventRef, Kind, Nanos, Pid, Truth};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};

use super::planter::{Planter, Reported, part};

/// The highest pid a kernel gives.
const TOP: Pid = (1 << 22) - 1;

/// An event that could have been: this process was alive then, and nothing like it happened.
struct Chance {
    kind: Kind,
    pid: Pid,
    at: Nanos,
}

/// Plants false positives: half of them of a process of the ledger between two of its events, where
/// the clock is good enough to tell these apart, the others of a child that never was.
pub(super) fn false_positives(planter: &mut Planter<'_>, told: &[Reported<'_>]) {
    let wanted = part(planter.faults.false_positive, told.len());
    let mut chances = if planter.faults.claims.clock == Clock::Exact {
        chances(planter)
    } else {
        Vec::new()
    };
    chances.shuffle(&mut planter.random);
    chances.truncate(wanted / 2);
    let children = wanted - chances.len();
    for Chance { kind, pid, at } in chances {
        report(planter, kind, pid, at, None);
    }
    children_that_never_were(planter, told, children);
}

/// Every gap between two events of one process in which a third would be a false positive, and
/// every id that had none at all.
fn chances(planter: &Planter<'_>) -> Vec<Chance> {
    let mut by_pid: BTreeMap<Pid, Vec<&Truth>> = BTreeMap::new();
    for truth in &planter.ledger.truths {
        by_pid.entry(truth.pid).or_default().push(truth);
    }
    let mut chances = Vec::new();
    for (&pid, events) in &mut by_pid {
        events.sort_by_key(|truth| truth.after);
        for pair in events.windows(2) {
            let gap = pair[0].kind != Kind::Exit && pair[0].before + 2 < pair[1].after;
            let at = pair[0].before.midpoint(pair[1].after);
            let due = |kind: Kind| {
                let of = |t: &&Truth| t.kind == kind && t.after <= at && at <= t.before;
                events.iter().any(of)
            };
            let free = |kind: &Kind| gap && planter.faults.claims.kind(*kind) && !due(*kind);
            let kinds = Kind::ALL.into_iter().filter(free);
            chances.extend(kinds.map(|kind| Chance { kind, pid, at }));
        }
    }
    for owned in &planter.ledger.owned {
        let at = owned.from.midpoint(owned.until);
        if !by_pid.contains_key(&owned.pid) {
            let kinds = Kind::ALL.into_iter();
            let offered = kinds.filter(|kind| planter.faults.claims.kind(*kind));
            let pid = owned.pid;
            chances.extend(offered.map(|kind| Chance { kind, pid, at }));
        }
    }
    chances
}

/// Processes that never were, said to be children of processes that lived then. They fork or execute:
/// that an unknown process ended says nothing about whose it was.
fn children_that_never_were(planter: &mut Planter<'_>, told: &[Reported<'_>], wanted: usize) {
    let alive: Vec<_> = told.iter().filter(|t| t.truth.kind != Kind::Exit).collect();
    let kinds = [Kind::Fork, Kind::Exec];
    let kinds: Vec<_> = kinds
        .into_iter()
        .filter(|&kind| planter.faults.claims.kind(kind))
        .collect();
    for pid in free_pids(planter, wanted) {
        let Some((parent, &kind)) = alive
            .choose(&mut planter.random)
            .zip(kinds.choose(&mut planter.random))
        else {
            return;
        };
        report(planter, kind, pid, parent.happened, Some(parent.truth.pid));
    }
}

fn report(planter: &mut Planter<'_>, kind: Kind, pid: Pid, at: Nanos, ppid: Option<Pid>) {
    let received = at + planter.delay();
    let report = EventRef {
        happened: planter.stamp(at),
        ppid,
        ..EventRef::new(kind, pid, received)
    };
    planter.journal.push(report);
    planter.figures.of(kind).false_positives += 1;
}

/// Plants events of other processes, any time within the run.
pub(super) fn unrelated(planter: &mut Planter<'_>, told: usize) {
    let wanted = part(planter.faults.unrelated, told);
    let times = planter.ledger.truths.iter().map(|truth| truth.after);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return;
    };
    let taken = planter
        .figures
        .kinds
        .iter()
        .map(|kind| kind.false_positives)
        .sum::<u64>();
    for pid in free_pids(planter, taken as usize + wanted).split_off(taken as usize) {
        let at = planter.random.random_range(first..=last);
        let received = at + planter.delay();
        let happened = planter.stamp(at);
        let offered = |kind: &Kind| planter.faults.claims.kind(*kind);
        let kinds: Vec<_> = Kind::ALL.into_iter().filter(offered).collect();
        let kind = kinds.choose(&mut planter.random).copied();
        let report = EventRef {
            happened,
            ..EventRef::new(kind.unwrap_or(Kind::Fork), pid, received)
        };
        planter.journal.push(report);
        planter.figures.unrelated += 1;
    }
}

/// The same pids each time, from the top down: none of them is the ledger's.
fn free_pids(planter: &Planter<'_>, many: usize) -> Vec<Pid> {
    let truths = planter.ledger.truths.iter().map(|truth| truth.pid);
    let owned = planter.ledger.owned.iter().map(|owned| owned.pid);
    let known: BTreeSet<Pid> = truths.chain(owned).collect();
    let free = (1..=TOP).rev().filter(|pid| !known.contains(pid));
    free.take(many).collect()
}
