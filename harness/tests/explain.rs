//! `harness explain`: what went wrong in a record without raw files, which events, and the likely cause.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
#[path = "format/keys.rs"]
mod keys;
mod made;

use std::fs;
use std::path::Path;

use common::{refused, said, scratch};
use contract::{EventRef, Kind};
use keys::Keys;
use scoring::record::{Buffer, write_json};
use scoring::{MissedEvents, Scored, Summary, score};
use serde_json::Value;

/// Workloads and monitors of the record.
const WORKLOADS: [&str; 2] = ["storm", "calm"];
const MONITORS: [&str; 2] = ["made", "made{lookup=late}"];

/// What a cell misses: a thousandth, and under the second monitor nine of ten, which it reports; that one also
/// finds no exe any more, and reports a fork that never was.
fn cell(place: usize) -> Scored {
    let (workload, monitor) = (WORKLOADS[place / 2], MONITORS[place % 2]);
    let mut input = made::input(30_000);
    input.run = made::run(workload, monitor, 1);
    input.run.order = place as u32;
    if place % 2 == 1 {
        let events = &mut input.journal.events;
        events.retain(|event| event.pid % 10 == 0);
        for event in events.iter_mut() {
            event.fields.exe = None;
        }
        // The process was the workload's, and forked once.
        let again = EventRef::new(Kind::Fork, 300, 400_000_000_000);
        input.journal.push(again);
        input.run.reported_lost = [("ring_full".to_owned(), 27_000)].into();
        input.run.notes = [("wakeups".to_owned(), 12)].into();
        input.run.buffer = Some(Buffer {
            capacity: Some(1 << 20),
            peak: Some(1 << 20),
            unit: "bytes".into(),
            least_per_event: Some(64),
        });
    }
    let others = (place % 2 == 1).then_some(&[][..]);
    score(
        &input.run,
        &input.ledger,
        &input.journal,
        &input.claims,
        others,
    )
    .unwrap()
}

fn record(dir: &Path) -> Summary {
    let record = made::record(&WORKLOADS, &MONITORS);
    let mut cells: Vec<Scored> = (0..4).map(cell).collect();
    let missed = cells.iter_mut().filter_map(|one| one.missed.take());
    MissedEvents::new(missed.collect()).write(dir).unwrap();
    let summary = Summary::new(record, cells).unwrap();
    write_json(&dir.join("record.json"), &summary.record).unwrap();
    write_json(&dir.join("summary.json"), &summary).unwrap();
    summary
}

fn explained(dir: &Path, more: &[&str]) -> Vec<Value> {
    let (cells, words) = explained_with_words(dir, more);
    assert_eq!(words, "", "{more:?}");
    cells
}

/// The cells, and what it says beside them.
fn explained_with_words(dir: &Path, more: &[&str]) -> (Vec<Value>, String) {
    let (code, stdout, words) = said(&[&["explain", dir.to_str().unwrap()], more].concat());
    assert_eq!(code, 0, "{more:?}: {words}");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    (found["cells"].as_array().unwrap().clone(), words)
}

/// The groups of a cell that went wrong in this way.
fn groups<'a>(cell: &'a Value, what: &str) -> Vec<&'a Value> {
    let all = cell["groups"].as_array().unwrap().iter();
    all.filter(|group| group["what"] == what).collect()
}

fn total(cell: &Value, what: &str) -> u64 {
    let all = groups(cell, what).into_iter();
    all.map(|group| group["total"].as_u64().unwrap()).sum()
}

#[test]
fn what_is_explained_adds_up_to_what_the_summary_says() {
    let dir = scratch();
    let summary = record(dir.path());
    let found = explained(dir.path(), &[]);
    assert_eq!(found.len(), 4);
    for (cell, scored) in found.iter().zip(&summary.cells) {
        assert_eq!(cell["workload"], *scored.workload);
        assert_eq!(cell["configuration"], *scored.configuration);
        let kinds = || scored.kinds.0.values();
        let missed: u64 = kinds().map(|kind| kind.missed).sum();
        let never: u64 = kinds().map(|kind| kind.false_positives).sum();
        let fields = scored.fields.0.values();
        let wrong: u64 = fields.map(|one| one.judged() - one.correct).sum();
        let said = ["missed", "wrong", "false_positive"].map(|what| total(cell, what));
        assert_eq!(said, [missed, wrong, never]);
        let kept = cell["groups"].as_array().unwrap().iter();
        let kept = kept.map(|group| group["events"].as_array().unwrap().len());
        let kept: usize = kept.sum();
        assert!(kept > 0 && kept <= 1000, "{kept} events of a cell");
    }
    let size = fs::metadata(dir.path().join("missed.json")).unwrap().len();
    assert!(size < 100_000, "{size} bytes for four cells");
}

#[test]
fn the_likely_cause_is_said_and_the_kept_events_are_real() {
    let dir = scratch();
    record(dir.path());
    let found = explained(dir.path(), &["-m", "made{lookup=late}", "-w", "storm"]);
    assert_eq!(found.len(), 1);
    let cause = |what: &str| {
        let all = groups(&found[0], what).into_iter();
        let mut causes: Vec<_> = all
            .map(|group| group["likely_cause"].as_str().unwrap())
            .collect();
        causes.dedup();
        causes
    };
    assert!(
        cause("missed")
            .iter()
            .all(|one| one.starts_with("buffer full")),
        "{found:#?}"
    );
    assert!(cause("wrong")[0].starts_with("look-up too late"));
    assert!(cause("false_positive")[0].starts_with("no such event"));
    assert_eq!(found[0]["counted"]["reported_lost"]["ring_full"], 27_000);
    for group in groups(&found[0], "missed") {
        let events = group["events"].as_array().unwrap();
        let times = events.iter().map(|one| one["at_us"].as_i64().unwrap());
        // 10 us from one event to the next.
        assert!(times.into_iter().all(|at| at % 10 == 0 && at < 300_000));
        let pids = events.iter().map(|one| one["pid"].as_u64().unwrap());
        assert!(
            pids.into_iter()
                .all(|pid| pid % 10 != 0 || group["total"].as_u64() < Some(100))
        );
    }
}

#[test]
fn every_key_is_in_docs_format_md() {
    let dir = scratch();
    record(dir.path());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/FORMAT.md");
    let mut keys = Keys::read(&fs::read_to_string(page).unwrap());
    let missed = fs::read(dir.path().join("missed.json")).unwrap();
    keys.walk("missed.json", &serde_json::from_slice(&missed).unwrap());
    let cells = serde_json::json!({ "cells": explained(dir.path(), &[]) });
    keys.walk("explain", &cells);
    assert_eq!(keys.faults(&["missed.json", "explain"]), "");
}

#[test]
fn only_what_is_asked_for_is_told() {
    let dir = scratch();
    record(dir.path());
    let everything = explained(dir.path(), &[]);
    let all = |what| everything.iter().map(|cell| total(cell, what)).sum::<u64>();
    for (flag, what) in [
        ("--missed", "missed"),
        ("--wrong", "wrong"),
        ("--false", "false_positive"),
    ] {
        let (found, words) = explained_with_words(dir.path(), &[flag]);
        assert!(!found.is_empty());
        assert!(
            words.starts_with("harness: not asked for, and there: "),
            "{words}"
        );
        let figures = words.replace(',', "");
        for other in ["missed", "wrong", "false_positive"] {
            let said = format!("{} {}", all(other), other.replace('_', " "));
            assert_eq!(figures.contains(&said), other != what, "{flag}: {words}");
        }
        for cell in &found {
            assert_eq!(
                groups(cell, what).len(),
                cell["groups"].as_array().unwrap().len()
            );
        }
    }
    let (cells, words) = explained_with_words(dir.path(), &["--false", "-m", "made"]);
    assert_eq!(cells.len(), 0);
    assert!(words.contains(" missed"), "{words}");
    assert_eq!(explained(dir.path(), &["-w", "st.rm"]).len(), 2);
}

#[test]
fn what_cannot_be_explained_is_one_line() {
    let dir = scratch();
    record(dir.path());
    let path = dir.path().to_str().unwrap();
    refused(&["explain", path, "-m", "nowhere"], "-m 'nowhere'");
    refused(
        &["explain", path, "-m", "made{lookup=never}"],
        "-m 'made{lookup=never}'",
    );
    fs::remove_file(dir.path().join("missed.json")).unwrap();
    refused(&["explain", path], "missed.json: is missing: measure again");
    fs::write(
        dir.path().join("missed.json"),
        "{\"format\":1,\"cells\":[]}",
    )
    .unwrap();
    refused(&["explain", path], "is of format 1");
}
