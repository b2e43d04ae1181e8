//! A corrupt or cut-off ledger or spool fails the cell it belongs to, by name, and nothing else; so does
//! a ledger with which its cross-check disagrees. A damaged summary is refused by name.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{measured, said, scratch, summary};
use serde_json::Value;

/// A small record, and the folder of its one cell under `replay`.
fn record(dir: &Path) -> (PathBuf, PathBuf) {
    let args = ["-m", "replay", "-w", "paced${count=50}", "--reps", "1"];
    measured(dir, &args);
    let record = dir.join("record");
    let mut cells = fs::read_dir(record.join("raw")).unwrap().flatten();
    let cell = cells.find(|cell| cell.file_name().to_string_lossy().contains("replay"));
    (record.clone(), cell.unwrap().path())
}

/// Scores again; the errors of all cells that failed, by monitor.
fn failed(record: &Path) -> Vec<(String, String)> {
    let (code, _, stderr) = said(&["score", record.to_str().unwrap()]);
    let summary = summary(record);
    let failed = summary["cells"].as_array().unwrap().iter();
    let failed = failed.filter(|cell| cell["status"] == "failed");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let failed: Vec<_> = failed
        .map(|cell| (text(&cell["configuration"]), text(&cell["error"])))
        .collect();
    assert_eq!(code, i32::from(!failed.is_empty()), "{stderr}");
    for (monitor, why) in &failed {
        let line = stderr
            .lines()
            .find(|line| line.contains(monitor.as_str()))
            .unwrap();
        assert!(line.contains(why.as_str()), "{stderr}");
    }
    failed
}

#[test]
fn damaged_files_fail_their_own_cell() {
    let dir = scratch();
    let (record, cell) = record(dir.path());
    assert_eq!(failed(&record), []);
    let spoil = |file: &str, damage: &dyn Fn(&mut Vec<u8>), says: &str| {
        let path = cell.join(file);
        let sound = fs::read(&path).unwrap();
        let mut bytes = sound.clone();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let found = failed(&record);
        assert_eq!(found.len(), 1, "{file}: {found:?}");
        assert_eq!(found[0].0, "replay", "{file}");
        assert!(
            found[0].1.contains(file) && found[0].1.contains(says),
            "{found:?}"
        );
        fs::write(&path, sound).unwrap();
    };
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2 + 3);
    let head = |bytes: &mut Vec<u8>| bytes[..8].fill(0x55);
    spoil("spool.bin", &cut, "is cut off after frame");
    spoil("spool.bin", &head, "this is not a spool");
    spoil("spool.bin", &|bytes| bytes.clear(), "is cut off");
    spoil("spool.bin", &|bytes| bytes[20] = 0x77, "frame 0");
    spoil("ledger.bin", &cut, "is cut off");
    spoil("ledger.bin", &head, "is not a ledger");
    spoil("ledger.json", &cut, "EOF while parsing");
    assert_eq!(failed(&record), []);
}

#[test]
fn a_damaged_summary_is_refused_by_name() {
    let dir = scratch();
    let (record, _) = record(dir.path());
    let summary = record.join("summary.json");
    let sound = fs::read_to_string(&summary).unwrap();
    for damaged in [&sound[..sound.len() / 2], "{}", "", "\u{0}"] {
        fs::write(&summary, damaged).unwrap();
        for command in ["report", "advise"] {
            let (code, stdout, stderr) = said(&[command, record.to_str().unwrap()]);
            assert_eq!((code, stdout.as_str()), (2, ""), "{command}: {stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            assert!(stderr.contains("summary.json"), "{stderr}");
        }
    }
    fs::write(&summary, &sound).unwrap();
    let (code, stdout, stderr) = said(&["report", record.to_str().unwrap()]);
    assert!(code == 0 && stdout.contains("replay"), "{stderr}");
    assert_eq!(fs::read_to_string(&summary).unwrap(), sound);
}

/// Where the record of one of the workload's processes stands in the file of process accounting.
fn place_of_one(cell: &Path, kept: &[u8]) -> usize {
    let ledger = workloads::ledger::read(cell).unwrap();
    let last = ledger.truths.iter().max_by_key(|truth| truth.before);
    let pid = last.unwrap().pid.to_ne_bytes();
    let records: Vec<_> = kept.chunks(64).collect();
    64 * records
        .iter()
        .rposition(|record| record[16..20] == pid)
        .unwrap()
}

#[test]
#[ignore = "needs root"]
fn a_cross_check_that_disagrees_fails_the_cell() {
    let dir = scratch();
    let (record, cell) = record(dir.path());
    let cross_check = &summary(&record)["cells"][0]["cross_check"];
    assert_eq!(cross_check["by"], "process accounting", "{cross_check}");
    let kept = cell.join("accounting.bin");
    let sound = fs::read(&kept).unwrap();
    let place = place_of_one(&cell, &sound);
    // The workload's first process is not there, or ended otherwise.
    let mut other = sound.clone();
    other[place + 5] ^= 1;
    let without = [&sound[..place], &sound[place + 64..]].concat();
    let says = "the cross-check disagrees: of process";
    for planted in [without, other] {
        fs::write(&kept, planted).unwrap();
        let found = failed(&record);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].0 == "replay" && found[0].1.contains(says),
            "{found:?}"
        );
    }
    fs::write(&kept, &sound[..sound.len() - 3]).unwrap();
    assert!(failed(&record)[0].1.contains("accounting.bin: is cut off"));
    fs::remove_file(&kept).unwrap();
    assert!(failed(&record)[0].1.contains("accounting.bin: is missing"));
    fs::write(&kept, sound).unwrap();
    let alive = cell.join("alive.json");
    let sound = fs::read(&alive).unwrap();
    fs::write(&alive, "[]").unwrap();
    assert!(failed(&record)[0].1.contains("alive.json"));
    fs::write(&alive, sound).unwrap();
    assert_eq!(failed(&record), []);
}
