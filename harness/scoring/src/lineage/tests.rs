use contract::{Clock, Event, EventRef, Field, Fields, Pid, Truth};

use super::*;
use crate::matching::match_events;

/// The process that starts all others; the ledger has no fork of it.
const ROOT: Pid = 9;
const MS: u64 = 1_000_000;

fn claims() -> Claims {
    Claims::none(Clock::Exact)
        .with(Kind::Fork, &[Field::Ppid])
        .with(Kind::Exec, &[])
        .with(Kind::Exit, &[])
}

/// One after the other, a parent and so many children, each with an exec.
fn family(children: u64) -> Ledger {
    let mut ledger = Ledger::default();
    let mut write = |kind, pid: Pid, ppid, at: u64| {
        let fields = Fields {
            ppid: (kind == Kind::Fork).then_some(ppid),
            ..Fields::default()
        };
        ledger.truths.push(Truth {
            after: at,
            before: at + 1000,
            due: None,
            fields,
            pid,
            kind,
            loose: false,
        });
    };
    write(Kind::Fork, 100, ROOT, MS);
    for child in 0..children {
        let (pid, at) = (101 + child as Pid, (2 + 3 * child) * MS);
        write(Kind::Fork, pid, 100, at);
        write(Kind::Exec, pid, 100, at + MS);
        write(Kind::Exit, pid, 100, at + 2 * MS);
    }
    write(Kind::Exit, 100, ROOT, (3 + 3 * children) * MS);
    ledger
}

/// Events of all truths, in their order.
fn all_told(ledger: &Ledger) -> Vec<Event> {
    let mut log = EventLog::default();
    for truth in &ledger.truths {
        log.push(EventRef {
            happened: truth.after + 500,
            ppid: truth.fields.ppid,
            ..EventRef::new(truth.kind, truth.pid, truth.after + 100 * MS)
        });
    }
    log.events
}

fn of(ledger: &Ledger, events: Vec<Event>) -> Lineage {
    under(&claims(), ledger, events).unwrap()
}

fn under(claims: &Claims, ledger: &Ledger, events: Vec<Event>) -> Option<Lineage> {
    let log = EventLog {
        events,
        ..EventLog::default()
    };
    let matching = match_events(ledger, &log.events, Clock::Exact, None);
    super::of(ledger, &log, &matching, claims)
}

fn place(events: &[Event], kind: Kind, pid: Pid) -> usize {
    let is = |event: &Event| event.kind == kind && event.pid == pid;
    events.iter().position(is).unwrap()
}

#[test]
fn what_is_told_in_order_is_a_whole_tree() {
    let ledger = family(3);
    let found = of(&ledger, all_told(&ledger));
    let expected = Lineage {
        lives: 4,
        correct: 4,
        complete: Some(4),
        events: 11,
        ..Lineage::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn swapped_events_are_inversions_and_lives_that_are_not_whole() {
    let ledger = family(3);
    let mut events = all_told(&ledger);
    let (fork, exec) = (
        place(&events, Kind::Fork, 102),
        place(&events, Kind::Exec, 102),
    );
    events.swap(fork, exec);
    let (exec, exit) = (
        place(&events, Kind::Exec, 103),
        place(&events, Kind::Exit, 103),
    );
    events.swap(exec, exit);
    let found = of(&ledger, events);
    assert_eq!((found.exec_before_fork, found.exit_before_exec), (1, 1));
    assert_eq!(
        (found.inversions, found.correct, found.complete),
        (2, 4, Some(2))
    );
    // From the end of the window of the one to the begin of the other's.
    assert!(
        (found.longest_inversion_ms - 0.999).abs() < 1e-9,
        "{found:?}"
    );
}

#[test]
fn a_wrong_a_missing_and_an_unknown_parent_are_told_apart() {
    let ledger = family(4);
    let mut events = all_told(&ledger);
    let at = |events: &[Event], pid| place(events, Kind::Fork, pid);
    let wrong = at(&events, 101);
    events[wrong].fields.ppid = Some(ROOT);
    let missing = at(&events, 102);
    events[missing].fields.ppid = None;
    let found = of(&ledger, events.clone());
    assert_eq!((found.correct, found.wrong, found.missing), (3, 1, 1));
    // The fork of the parent comes last of all.
    let parent = events.remove(at(&events, 100));
    let exit = events.pop().unwrap();
    events.extend([parent, exit]);
    let found = of(&ledger, events.clone());
    assert_eq!(
        (found.orphans, found.correct, found.complete),
        (2, 1, Some(1))
    );
    // It was missed, and a child with it.
    events.retain(|event| event.pid != 100 && event.pid != 104);
    let found = of(&ledger, events);
    assert_eq!((found.orphans, found.missing, found.lives), (1, 3, 5));
}

#[test]
fn a_monitor_that_names_no_parents_has_an_order_all_the_same() {
    let ledger = family(3);
    let mut events = all_told(&ledger);
    let exec = place(&events, Kind::Exec, 102);
    events.swap(exec, exec + 1);
    // Parents that are told but not offered are not looked at.
    let claims = Claims::none(Clock::Exact)
        .with(Kind::Exec, &[])
        .with(Kind::Exit, &[]);
    events.retain(|event| claims.kind(event.kind));
    let found = under(&claims, &ledger, events).unwrap();
    let expected = Lineage {
        parents: false,
        lives: 4,
        missing: 4,
        exit_before_exec: 1,
        events: 7,
        inversions: 1,
        longest_inversion_ms: found.longest_inversion_ms,
        ..Lineage::default()
    };
    assert_eq!(found, expected);
    let nothing = Claims::none(Clock::None);
    assert_eq!(under(&nothing, &ledger, Vec::new()), None);
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.contains("\"parents\":false"), "{text}");
    let read: Lineage = serde_json::from_str(&text.replace("\"parents\":false,", "")).unwrap();
    assert!(read.parents, "an older record");
}

#[test]
fn the_next_process_with_the_id_of_the_parent_is_not_the_parent() {
    let mut ledger = family(1);
    let later = family(1);
    let shifted = later.truths.iter().map(|truth| Truth {
        after: truth.after + 50 * MS,
        before: truth.before + 50 * MS,
        ..*truth
    });
    ledger.truths.extend(shifted);
    let all = all_told(&ledger);
    assert_eq!(of(&ledger, all.clone()).correct, 4);
    // The second parent's fork is missed: its child is taken for one of the first's.
    let mut events = all.clone();
    events.remove(5);
    let found = of(&ledger, events);
    assert_eq!((found.wrong, found.correct, found.missing), (1, 2, 1));
}

#[test]
fn without_parents_or_a_kind_there_is_no_whole_life() {
    let ledger = family(1);
    let log = EventLog {
        events: all_told(&ledger),
        ..EventLog::default()
    };
    let matching = match_events(&ledger, &log.events, Clock::Exact, None);
    let of = |claims| super::of(&ledger, &log, &matching, &claims);
    let none = Claims::none(Clock::Exact).with(Kind::Fork, &[]);
    assert_eq!(of(none).unwrap().complete, None);
    let forks = Claims::none(Clock::Exact).with(Kind::Fork, &[Field::Ppid]);
    assert_eq!(of(forks).unwrap().complete, None);
}
