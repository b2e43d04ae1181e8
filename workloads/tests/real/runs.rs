//! Every definition runs and leaves a complete ledger.

use std::collections::HashSet;

use contract::{Kind, Ledger};

use crate::common::{Cell, NOBODY};

/// Cases that exhaust the limits of a control group, which a test of this crate does not make:
/// harness/tests/cases.rs runs them.
const NEED_A_CONTROL_GROUP: [&str; 2] = ["case/end-out-of-memory", "case/not-fork-pids-limit"];

/// Runs `label` and compares its ledger with its script.
fn leaves_a_complete_ledger(label: &str, scale: f64, user: Option<u32>) {
    let skip = |why: &str| match user.is_some() && why.contains("run as root") {
        // As another user it cannot; harness/tests/cases.rs and told.rs run it as root.
        true => println!("of root alone: {label} {why}"),
        false => println!("skipped: {label} {why}"),
    };
    if let Some(why) = crate::common::definition(label).unavailable() {
        return skip(&why.to_string());
    }
    let cell = Cell::new(label, scale);
    match cell.run(user) {
        Err(why) if why.starts_with("needs ") => {
            return skip(&why);
        }
        ran => ran.unwrap_or_else(|why| panic!("{label}: {why}")),
    }
    let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
    let script = cell.script();
    for kind in Kind::ALL {
        let of = ledger.truths.iter().filter(|truth| truth.kind == kind);
        assert_eq!(
            of.count() as u64,
            script.expected.of(kind),
            "{label} {kind}"
        );
    }
    is_consistent(label, &ledger);
    assert!(cell.left().is_empty(), "{label}");
}

fn is_consistent(label: &str, ledger: &Ledger) {
    let mut seen = HashSet::new();
    for truth in &ledger.truths {
        assert!(
            truth.after > 0 && truth.after <= truth.before,
            "{label}: {truth:?}"
        );
        if truth.kind == Kind::Exec {
            // A driver may not know the argv.
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

fn every_definition(user: Option<u32>) {
    let all = workloads::definitions().unwrap();
    // A command that is not ours has no ledger.
    let own = all.iter().filter(|one| one.command.is_none());
    let names = own.map(|one| one.name.as_str());
    for name in names.filter(|name| !NEED_A_CONTROL_GROUP.contains(name)) {
        leaves_a_complete_ledger(name, 0.02, user);
    }
}

#[test]
fn every_definition_leaves_a_complete_ledger() {
    every_definition(None);
}

#[test]
#[ignore = "needs root"]
fn every_definition_leaves_a_complete_ledger_as_a_plain_user() {
    every_definition(Some(NOBODY));
}

#[test]
fn every_call_and_build_leaves_a_complete_ledger() {
    for parent in ["dynamic", "static", "nolibc"] {
        for how in ["fork", "vfork", "spawn"] {
            if (parent, how) != ("nolibc", "spawn") {
                leaves_a_complete_ledger(
                    &format!("static-binary{{how={how},parent={parent}}}"),
                    0.01,
                    None,
                );
            }
        }
    }
    leaves_a_complete_ledger("fork-bomb{build=nolibc,depth=7,live=8}", 1.0, None);
    leaves_a_complete_ledger("short-lived/pipeline{stages=8,width=1}", 0.02, None);
    leaves_a_complete_ledger("paced{rate=0,width=64}", 0.05, None);
    leaves_a_complete_ledger("paced{rate=0,leaf=dynamic,parent=dynamic}", 0.05, None);
}

/// A delay leaves no process out: due times are evenly spaced, whatever happened.
#[test]
fn a_timetable_is_kept_or_the_delay_is_recorded() {
    for (label, least_delay) in [
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
        let step = if least_delay.is_some() {
            1000
        } else {
            2_000_000
        };
        assert!(
            paced.windows(2).all(|two| two[1].0 - two[0].0 == step),
            "{label}: {paced:?}"
        );
        assert!(paced.iter().all(|(due, after)| due <= after));
        let last = paced.last().unwrap();
        assert!(
            least_delay.is_none_or(|least| last.1 - last.0 > least),
            "{last:?}"
        );
        let delays = of(Kind::Exit).filter_map(|truth| Some(truth.after - truth.due?));
        assert_eq!(
            delays.sum::<u64>(),
            paced.iter().map(|(due, after)| after - due).sum::<u64>()
        );
    }
}

/// The C programs record what the kernel did: exit codes differ, and a shell passes them on.
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
    let expected = [0, 1, 5, 3, 4, 5, 2, 0, 1, 2, 6, 4, 5, 6];
    assert_eq!(statuses, expected);
    let loose = ledger.truths.iter().filter(|truth| truth.loose).count();
    assert_eq!(loose, 3 * (3 * 3 + 2));
}

#[test]
fn nothing_is_recorded_without_stamps() {
    let cell = Cell::new("short-lived/vfork{count=20}", 1.0).without_stamps();
    cell.run(None).unwrap();
    let why = workloads::ledger::read(cell.dir.path())
        .unwrap_err()
        .to_string();
    assert!(
        why.contains("ledger.bin: slot 0 (pid 0): was claimed"),
        "{why}"
    );
}
