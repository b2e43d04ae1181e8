//! The tree of processes that is due: worked out from what was planted, by hand and without haste.

use std::collections::BTreeMap;

use contract::{Field, Kind, Ledger, Nanos, Pid};
use monitors::replay::Figures;
use serde_json::{Value, to_value};

use super::expectation::Due;

/// One process: the places of its truths.
struct Life {
    pid: Pid,
    fork: usize,
    execs: Vec<usize>,
    exit: Option<usize>,
}

/// Those of all cells together; null where nothing is offered.
pub(super) fn due(cells: &[(&Ledger, &Figures)]) -> Due {
    let mut kinds = cells.iter().map(|(_, planted)| &planted.kinds);
    if kinds.any(|kinds| kinds.iter().all(|kind| !kind.offered)) {
        return Due::null();
    }
    let named = cells
        .iter()
        .all(|(_, planted)| planted.fields[Field::Ppid as usize].offered);
    let each: Vec<BTreeMap<&str, f64>> = cells
        .iter()
        .map(|(ledger, planted)| of_cell(ledger, planted))
        .collect();
    let keys = each.iter().flat_map(|one| one.keys().copied());
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    let whole = cells
        .iter()
        .all(|(_, planted)| planted.kinds.iter().all(|kind| kind.offered));
    let unnamed = (!named).then(|| ("parents", Due::just(false)));
    let figures = keys.into_iter().map(|key| {
        let of = each.iter().map(|one| match key {
            // Whatever an event says: it does not count where it is not offered.
            "correct" | "wrong" | "orphans" if !named => 0.0,
            "missing" if !named => one["lives"],
            _ => one[key],
        });
        let due = match key {
            "longest_inversion_ms" => Due::Near(of.fold(0.0, f64::max)),
            "complete" if !whole || !named => Due::null(),
            _ => Due::Just(to_value(of.sum::<f64>() as u64).unwrap_or(Value::Null)),
        };
        (key, due)
    });
    Due::map(figures.chain(unnamed))
}

fn of_cell(ledger: &Ledger, planted: &Figures) -> BTreeMap<&'static str, f64> {
    let delivered = delivered(planted, ledger.truths.len());
    let lives = lives(ledger);
    let mut found = order(ledger, &delivered, planted);
    let mut add =
        |key: &'static str, yes: bool| *found.entry(key).or_insert(0.0) += f64::from(u8::from(yes));
    let mut parents = parents(ledger, planted, &delivered, &lives);
    for (place, life) in lives.iter().enumerate() {
        let edge = parents.remove(&place).unwrap_or("missing");
        for one in ["correct", "wrong", "orphans", "missing"] {
            add(one, one == edge);
        }
        let at = |truth: usize| delivered[truth];
        let execs: Vec<Option<usize>> = life.execs.iter().map(|&exec| at(exec)).collect();
        let (fork, exit) = (at(life.fork), life.exit.and_then(at));
        let before = |one: Option<usize>, other: Option<usize>| {
            one.zip(other).is_some_and(|(one, other)| one < other)
        };
        add("lives", true);
        add(
            "exec_before_fork",
            execs.iter().any(|&exec| before(exec, fork)),
        );
        add(
            "exit_before_exec",
            execs.iter().any(|&exec| before(exit, exec)),
        );
        let all: Vec<_> = [fork].into_iter().chain(execs).chain([exit]).collect();
        let in_order = all.iter().all(Option::is_some) && all.is_sorted();
        add("complete", in_order && edge == "correct");
    }
    found
}

/// By truth the place of the event that reports it first: of two that say the same, the one that is
/// received earlier.
fn delivered(planted: &Figures, truths: usize) -> Vec<Option<usize>> {
    let mut first: Vec<Option<(Nanos, usize)>> = vec![None; truths];
    for (place, event) in planted.delivered.iter().enumerate() {
        let Some(truth) = event.truth else { continue };
        let earliest = &mut first[truth as usize];
        if earliest.is_none_or(|one| (event.received, place) < one) {
            *earliest = Some((event.received, place));
        }
    }
    first.into_iter().map(|one| one.map(|one| one.1)).collect()
}

/// Of one pid the first fork ends with the first exit, the second with the second.
fn lives(ledger: &Ledger) -> Vec<Life> {
    let mut by_pid: BTreeMap<Pid, [Vec<usize>; 3]> = BTreeMap::new();
    let mut places: Vec<usize> = (0..ledger.truths.len()).collect();
    places.sort_by_key(|&place| ledger.truths[place].after);
    for place in places {
        let truth = &ledger.truths[place];
        by_pid.entry(truth.pid).or_default()[truth.kind as usize].push(place);
    }
    let mut lives = Vec::new();
    for (pid, [forks, execs, exits]) in by_pid {
        for (n, &fork) in forks.iter().enumerate() {
            let exit = exits.get(n).copied();
            let from = ledger.truths[fork].after;
            let until = exit.map_or(Nanos::MAX, |exit| ledger.truths[exit].before);
            let own = execs.iter().copied();
            let own = own.filter(|&exec| (from..=until).contains(&ledger.truths[exec].after));
            let execs = own.collect();
            lives.push(Life {
                pid,
                fork,
                execs,
                exit,
            });
        }
    }
    lives
}

/// What becomes of the parent of each life that one is told of.
fn parents(
    ledger: &Ledger,
    planted: &Figures,
    delivered: &[Option<usize>],
    lives: &[Life],
) -> BTreeMap<usize, &'static str> {
    let mut life_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, life) in lives.iter().enumerate() {
        let own = [life.fork]
            .into_iter()
            .chain(life.execs.clone())
            .chain(life.exit);
        life_of.extend(own.map(|truth| (truth, place)));
    }
    let (mut known, mut found) = (BTreeMap::new(), BTreeMap::new());
    for (place, event) in planted.delivered.iter().enumerate() {
        let truth = event.truth.map(|truth| truth as usize);
        let Some(truth) = truth.filter(|&truth| delivered[truth] == Some(place)) else {
            continue;
        };
        let Some(&life) = life_of.get(&truth) else {
            continue;
        };
        known.insert(lives[life].pid, life);
        let Some(ppid) = event.ppid else { continue };
        let fork = &ledger.truths[lives[life].fork];
        let edge = || {
            let at = fork.after;
            let lived = |one: &Life| {
                let until = one
                    .exit
                    .map_or(Nanos::MAX, |exit| ledger.truths[exit].before);
                one.pid == ppid && (ledger.truths[one.fork].after..=until).contains(&at)
            };
            let parent = lives.iter().rposition(lived);
            match (parent, known.get(&ppid)) {
                _ if fork.fields.ppid != Some(ppid) => "wrong",
                (Some(_), None) => "orphans",
                (parent, known) if parent.as_ref() == known => "correct",
                _ => "wrong",
            }
        };
        found.entry(life).or_insert_with(edge);
    }
    found
}

/// What is told after what happened later.
fn order(
    ledger: &Ledger,
    delivered: &[Option<usize>],
    planted: &Figures,
) -> BTreeMap<&'static str, f64> {
    let told = planted
        .delivered
        .iter()
        .enumerate()
        .filter_map(|(place, event)| {
            let truth = event.truth? as usize;
            (delivered[truth] == Some(place)).then(|| &ledger.truths[truth])
        });
    let told: Vec<_> = told.collect();
    let (mut inversions, mut longest, mut latest) = (0.0, 0, 0);
    for truth in &told {
        if latest > truth.before {
            inversions += 1.0;
            longest = longest.max(latest - truth.before);
        }
        latest = latest.max(truth.after);
    }
    let kinds = |kind: Kind| told.iter().filter(|truth| truth.kind == kind).count();
    let events: usize = Kind::ALL.into_iter().map(kinds).sum();
    let none = [
        "lives",
        "correct",
        "wrong",
        "orphans",
        "missing",
        "complete",
        "exec_before_fork",
        "exit_before_exec",
    ];
    let mut found: BTreeMap<&str, f64> = none.into_iter().map(|key| (key, 0.0)).collect();
    found.insert("events", events as f64);
    found.insert("inversions", inversions);
    found.insert("longest_inversion_ms", longest as f64 / 1e6);
    found
}
