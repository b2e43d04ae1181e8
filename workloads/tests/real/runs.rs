//! Real runs of every definition, small.

use std::collections::HashSet;

use crate::common::{Cell, NOBODY};
use contract::{Kind, Ledger};

/// Runs `label` and holds its ledger against its script.
fn whole(label: &str, scale: f64, user: Option<u32>) {
    if let Some(why) = crate::common::definition(label).unavailable() {
        println!("skipped: {label} {why}");
        return;
    }
    let cell = Cell::new(label, scale);
    match cell.run(user) {
        Err(why) if why.starts_with("needs ") => {
            println!("skipped: {label} {why}");
            return;
        }
        ran => ran.unwrap_or_else(|why| {
            panic!("{label}: {why}; repeat: cargo test -p rollcall-workloads --test real")
        }),
    }
    let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
    let script = cell.script();
    for kind in Kind::ALL {
        let has = ledger
            .truths
            .iter()
            .filter(|truth| truth.kind == kind)
            .count() as u64;
        assert_eq!(has, script.expected.of(kind), "{label} {kind}");
    }
    holds_together(label, &ledger);
    assert!(cell.left().is_empty(), "{label}");
}

fn holds_together(label: &str, ledger: &Ledger) {
    let mut seen = HashSet::new();
    for truth in &ledger.truths {
        assert!(
            truth.after > 0 && truth.after <= truth.before,
            "{label}: {truth:?}"
        );
        if truth.kind == Kind::Exec {
            // A driver may leave out what it cannot know.
            let argv = truth.fields.argv.map(|argv| ledger.arena.get(argv));
            assert!(
                argv.is_none_or(|argv| seen.insert(argv.to_vec())),
                "{label}: {:?} twice",
                argv.unwrap_or_default().escape_ascii().to_string()
            );
            assert!(
                ledger
                    .arena
                    .get(truth.fields.exe.unwrap())
                    .starts_with(b"/")
            );
        }
    }
}

#[test]
fn every_definition_leaves_a_whole_ledger() {
    for definition in workloads::definitions().unwrap() {
        whole(&definition.name, 0.02, None);
    }
}

#[test]
#[ignore = "needs root"]
fn every_definition_leaves_a_whole_ledger_as_a_plain_user() {
    for definition in workloads::definitions().unwrap() {
        whole(&definition.name, 0.02, Some(NOBODY));
    }
}

#[test]
fn every_way_and_build_leaves_a_whole_ledger() {
    for parent in ["dynamic", "static", "nolibc"] {
        for how in ["fork", "vfork", "spawn"] {
            if (parent, how) != ("nolibc", "spawn") {
                whole(
                    &format!("static-binary{{how={how},parent={parent}}}"),
                    0.01,
                    None,
                );
            }
        }
    }
    whole("fork-bomb{build=nolibc,depth=7,live=8}", 1.0, None);
    whole("short-lived/pipeline{stages=8,width=1}", 0.02, None);
    whole("paced{rate=0,width=64}", 0.05, None);
    whole("paced{rate=0,leaf=dynamic,parent=dynamic}", 0.05, None);
}

/// Whoever begins late leaves nothing out: due times are evenly spaced, whatever happened.
#[test]
fn a_timetable_is_kept_or_the_delay_is_written_down() {
    for (label, most_late) in [
        ("paced/exec{rate=500,count=100,width=3}", None),
        // One after another they cannot begin as fast as this.
        ("paced{rate=1000000,count=200,width=1}", Some(1_000_000_u64)),
    ] {
        let cell = Cell::new(label, 1.0);
        cell.run(None).unwrap();
        let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
        let of = |kind| ledger.truths.iter().filter(move |truth| truth.kind == kind);
        let mut paced: Vec<_> = of(Kind::Fork)
            .filter_map(|truth| Some((truth.due?, truth.after)))
            .collect();
        paced.sort_unstable();
        let step = if most_late.is_some() { 1000 } else { 2_000_000 };
        assert!(
            paced.windows(2).all(|two| two[1].0 - two[0].0 == step),
            "{label}: {paced:?}"
        );
        assert!(paced.iter().all(|(due, after)| due <= after));
        let last = paced.last().unwrap();
        assert!(
            most_late.is_none_or(|least| last.1 - last.0 > least),
            "{last:?}"
        );
        let delays = of(Kind::Exit).filter_map(|truth| Some(truth.after - truth.due?));
        assert_eq!(
            delays.sum::<u64>(),
            paced.iter().map(|(due, after)| after - due).sum::<u64>()
        );
    }
}

/// What the C programs wrote is what the kernel did: exit codes differ and shells pass them on.
#[test]
fn statuses_and_parents_are_those_of_the_programs() {
    let cell = Cell::new("short-lived/pipeline{count=3,width=1}", 1.0);
    cell.run(None).unwrap();
    let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
    let fields = |kind| ledger.truths.iter().filter(move |truth| truth.kind == kind);
    let statuses: Vec<_> = fields(Kind::Exit)
        .map(|truth| truth.fields.status.unwrap() >> 8)
        .collect();
    // Slots: the first program, the worker, then three times a shell and its three leaves; a
    // process ends with its slot's number modulo 7, a shell as its last leaf.
    let due = [0, 1, 5, 3, 4, 5, 2, 0, 1, 2, 6, 4, 5, 6];
    assert_eq!(statuses, due);
    let loose = ledger.truths.iter().filter(|truth| truth.loose).count();
    assert_eq!(loose, 3 * (3 * 3 + 2));
}

#[test]
fn nothing_is_written_when_not_stamping() {
    let cell = Cell::new("short-lived/vfork{count=20}", 1.0).bare();
    cell.run(None).unwrap();
    let why = workloads::ledger::read(cell.dir.path())
        .unwrap_err()
        .to_string();
    assert!(
        why.contains("ledger.bin: slot 0 (pid 0): was claimed"),
        "{why}"
    );
}
