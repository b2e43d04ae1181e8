//! The committed records answer alike, machine by machine.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::fs;
use std::path::Path;

use report::advise::{Asked, Named, Rules, others};
use scoring::Summary;

/// Records of one machine give the same answer to a need, or it is said why not.
#[test]
fn committed_records_of_a_machine_do_not_contradict_each_other() {
    let mut records = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../results")];
    while let Some(dir) = folders.pop() {
        if dir.join("summary.json").exists() && !dir.join("sweep.json").exists() {
            let summary = Summary::read(&dir).unwrap();
            records.push((dir, report::folded(summary).without_cases()));
        } else if dir.is_dir() {
            let entries = fs::read_dir(dir).unwrap();
            folders.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    assert!(records.len() > 2, "{} records", records.len());
    let rules = Rules::embedded().unwrap();
    let names: Vec<_> = records
        .iter()
        .map(|(dir, _)| dir.display().to_string())
        .collect();
    let named: Vec<_> = names
        .iter()
        .zip(&records)
        .map(|(name, (_, summary))| Named { name, summary })
        .collect();
    for need in &rules.needs {
        for &one in &named {
            let asked = Asked::default();
            for other in others(&rules, need, asked, one, &named) {
                assert!(!other.contradicts, "{} and {}", one.name, other.words);
                assert!(other.words.contains(": "), "no reason: {}", other.words);
            }
        }
    }
}
