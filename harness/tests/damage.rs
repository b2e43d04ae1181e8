//! A corrupt or cut-off ledger, spool or csv fails the cell it belongs to, by name, and nothing
//! else; so does a ledger with which its cross-check disagrees.

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
    let args = [
        "-m",
        "replay",
        "-w",
        "short-lived/spawn",
        "--scale",
        "0.02",
        "--reps",
        "1",
    ];
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
fn damaged_rows_fail_their_own_cell() {
    let dir = scratch();
    let (record, _) = record(dir.path());
    let csv = record.join("runs.csv");
    let sound = fs::read_to_string(&csv).unwrap();
    let shown = |text: &[u8]| {
        fs::write(&csv, text).unwrap();
        let (_, stdout, stderr) = said(&["report", record.to_str().unwrap()]);
        assert!(stdout.contains("short-lived/spawn"), "{stderr}");
        let page = fs::read_to_string(record.join("README.md")).unwrap();
        page.matches("the rows of this cell are damaged or missing")
            .count()
    };
    assert_eq!(shown(sound.as_bytes()), 0);
    // The rows of `replay` come to stand between others: only they are spoilt.
    let line = sound
        .lines()
        .find(|line| line.contains(",replay,") && line.contains("matched"));
    let wrong = line.unwrap().replace("matched,", "matched,9");
    assert!(shown(sound.replace(line.unwrap(), &wrong).as_bytes()) > 0);
    let torn = sound.replace(line.unwrap(), "record,short-lived/spawn,replay,1,\u{7}");
    assert!(shown(torn.as_bytes()) > 0);
    assert_eq!(shown(sound.as_bytes()), 0);
    // Cut off, it lacks the cells at its end; those at its beginning are as they were.
    fs::write(&csv, &sound[..sound.len() - 20]).unwrap();
    let doubted = scoring::Summary::read(&record).unwrap();
    let count = doubted
        .cells
        .iter()
        .filter(|cell| cell.error.is_some())
        .count();
    assert!((1..doubted.cells.len()).contains(&count), "{count}");
}

#[test]
fn a_cross_check_that_disagrees_fails_the_cell() {
    let dir = scratch();
    let (record, cell) = record(dir.path());
    let cross_check = &summary(&record)["cells"][0]["cross_check"];
    let kept = cell.join("accounting.bin");
    if !kept.exists() {
        assert_eq!(
            cross_check["by"], "the kernel's count of processes",
            "{cross_check}"
        );
        println!("skipped: process accounting cannot be had here");
        return;
    }
    assert_eq!(cross_check["by"], "process accounting", "{cross_check}");
    let sound = fs::read(&kept).unwrap();
    // One process less, and a last one that ended otherwise.
    let mut other = sound.clone();
    other[5] ^= 1;
    let says = "the cross-check disagrees: of process";
    for planted in [&sound[64..], &other] {
        fs::write(&kept, planted).unwrap();
        let found = failed(&record);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].0 == "replay" && found[0].1.contains(says),
            "{found:?}"
        );
    }
    fs::remove_file(&kept).unwrap();
    assert!(failed(&record)[0].1.contains("accounting.bin: is missing"));
    fs::write(&kept, sound).unwrap();
    assert_eq!(failed(&record), []);
}
