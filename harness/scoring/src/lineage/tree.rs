//! The tree, rebuilt event by event.

use contract::{Nanos, Pid};

use super::counts::Lineage;
use super::told::{Told, UNTOLD};
use crate::lives::LedgerLife;

/// What has become of the parent of a process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Missing,
    Correct,
    Wrong,
    Orphan,
}

/// Counts edges and whole lives; `whole` says whether all three kinds are offered.
pub(super) fn rebuild(told: &Told<'_>, truths: &[u32], whole: bool) -> Lineage {
    let edges = edges(told, truths);
    let count = |edge: Edge| edges.iter().filter(|&&one| one == edge).count() as u64;
    let mut found = Lineage {
        lives: told.lives.len() as u64,
        correct: count(Edge::Correct),
        wrong: count(Edge::Wrong),
        orphans: count(Edge::Orphan),
        missing: count(Edge::Missing),
        complete: whole.then_some(0),
        ..Lineage::default()
    };
    for (life, edge) in told.lives.iter().zip(edges) {
        let fork = told.delivered(life.fork);
        let exit = life.exit.and_then(|exit| told.delivered(exit));
        let execs = life.execs.iter().map(|&exec| told.delivered(exec));
        let told_execs = || execs.clone().flatten();
        found.exec_before_fork +=
            u64::from(told_execs().any(|exec| fork.is_some_and(|fork| exec < fork)));
        found.exit_before_exec +=
            u64::from(told_execs().any(|exec| exit.is_some_and(|exit| exit < exec)));
        let mut steps = std::iter::once(fork).chain(execs.clone()).chain([exit]);
        let mut last = 0;
        let in_order =
            steps.all(|step| step.is_some_and(|step| std::mem::replace(&mut last, step) <= step));
        if let Some(complete) = &mut found.complete {
            *complete += u64::from(in_order && edge == Edge::Correct);
        }
    }
    found
}

/// By the place of the life.
fn edges(told: &Told<'_>, truths: &[u32]) -> Vec<Edge> {
    let life_of = life_of_truths(told);
    let mut edges = vec![Edge::Missing; told.lives.len()];
    let first = first_of_pids(&told.lives);
    // The last process told of with an id, by its place; of each id at the place of its first life.
    let mut known = vec![UNTOLD; told.lives.len()];
    for (event, &truth) in told.log.events.iter().zip(truths) {
        let Some(&life) = life_of.get(truth as usize).filter(|&&life| life != UNTOLD) else {
            continue;
        };
        known[first[life as usize] as usize] = life;
        let edge = &mut edges[life as usize];
        if let Some(ppid) = event.fields.ppid.filter(|_| *edge == Edge::Missing) {
            *edge = judge(told, life, ppid, &known);
        }
    }
    edges
}

/// The life that each truth belongs to.
fn life_of_truths(told: &Told<'_>) -> Vec<u32> {
    let mut life_of = vec![UNTOLD; told.ledger.truths.len()];
    for (place, life) in (0..).zip(&told.lives) {
        for &truth in [life.fork].iter().chain(&*life.execs).chain(&life.exit) {
            life_of[truth as usize] = place;
        }
    }
    life_of
}

/// The place of the first life of its pid, by the place of each life: they are in the order of pids.
fn first_of_pids(lives: &[LedgerLife]) -> Vec<u32> {
    let of_pids = lives.chunk_by(|one, next| one.pid == next.pid);
    let mut first = Vec::with_capacity(lives.len());
    for of_pid in of_pids {
        let begin = first.len() as u32;
        first.extend(std::iter::repeat_n(begin, of_pid.len()));
    }
    first
}

/// `known` is the process that the tree has for each id, at the place of its first life.
fn judge(told: &Told<'_>, life: u32, ppid: Pid, known: &[u32]) -> Edge {
    let fork = &told.ledger.truths[told.lives[life as usize].fork as usize];
    if fork.fields.ppid != Some(ppid) {
        return Edge::Wrong;
    }
    let begin = told.lives.partition_point(|life| life.pid < ppid);
    let known = known.get(begin).copied();
    let known = known.filter(|&place| place != UNTOLD && told.lives[begin].pid == ppid);
    match (parent(told, begin, ppid, fork.after), known) {
        // Not one of the workload's forks: the process that started it, of which nothing is told.
        (None, None) => Edge::Correct,
        (Some(parent), Some(known)) if parent == known => Edge::Correct,
        (Some(_), None) => Edge::Orphan,
        _ => Edge::Wrong,
    }
}

/// The process that had an id at a time, by its place; the lives of that id begin at `begin`.
fn parent(told: &Told<'_>, begin: usize, pid: Pid, at: Nanos) -> Option<u32> {
    let of_pid = told.lives[begin..]
        .iter()
        .take_while(|life| life.pid == pid);
    let truth = |place: u32| &told.ledger.truths[place as usize];
    let lived = |life: &LedgerLife| {
        let until = life.exit.map_or(Nanos::MAX, |exit| truth(exit).before);
        truth(life.fork).after <= at && at <= until
    };
    let places = (begin as u32..).zip(of_pid);
    places
        .filter(|(_, life)| lived(life))
        .last()
        .map(|one| one.0)
}
