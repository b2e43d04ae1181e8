//! Kind 18: a FIFO, a device or a folder in the place of any file of a record, and figures that cannot
//! be.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::{Value, json};

use crate::common::{harness, measured, scratch};
use crate::{ended, one_line};

/// A committed record, copied.
fn plain(dir: &Path, name: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records/plain");
    let to = dir.join(name);
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    to
}

/// Each thing that is no file, in the place of `path`.
fn instead(path: &Path, mut look: impl FnMut(&str)) {
    let sound = fs::read(path).ok();
    let kinds: [(&str, fn(&Path)); 3] = [
        ("a FIFO", |path| {
            mkfifo(path, Mode::from_bits_truncate(0o644)).unwrap()
        }),
        ("a device", |path| {
            std::os::unix::fs::symlink("/dev/zero", path).unwrap()
        }),
        ("a folder", |path| fs::create_dir(path).unwrap()),
    ];
    for (what, put) in kinds {
        let _may_be_missing = fs::remove_file(path);
        put(path);
        look(what);
        match what {
            "a folder" => fs::remove_dir(path).unwrap(),
            _ => fs::remove_file(path).unwrap(),
        }
    }
    if let Some(sound) = sound {
        fs::write(path, sound).unwrap();
    }
}

#[test]
fn kind_18_what_is_no_file_is_refused_by_every_reader_of_records() {
    let dir = scratch();
    let (record, other) = (plain(dir.path(), "record"), plain(dir.path(), "other"));
    let baseline = dir.path().join("gate.json");
    fs::write(&baseline, "{}").unwrap();
    for file in ["record.json", "summary.json"] {
        instead(&record.join(file), |what| {
            for command in ["report", "advise", "compare", "gate"] {
                let mut harness = harness();
                harness.arg(command);
                match command {
                    "compare" => harness.arg(&other),
                    "gate" => harness.arg("--baseline").arg(&baseline).arg("--update"),
                    _ => &mut harness,
                };
                // Only summary.json is read for a comparison and for advice.
                if file == "record.json" && ["advise", "compare"].contains(&command) {
                    continue;
                }
                one_line(&ended(harness.arg(&record)), 2, &[file, what]);
            }
        });
    }
    instead(&baseline, |what| {
        let mut gate = harness();
        let said = ended(
            gate.args(["gate", "--baseline"])
                .arg(&baseline)
                .arg(&record),
        );
        one_line(&said, 2, &["gate.json", what]);
    });
}

#[test]
fn kind_18_what_is_no_file_is_not_written_to() {
    let dir = scratch();
    let record = plain(dir.path(), "record");
    for file in ["README.md", "report.html", "runs.csv"] {
        instead(&record.join(file), |what| {
            let said = ended(harness().arg("report").arg(&record));
            one_line(&said, 1, &[file, what]);
        });
    }
}

/// Every file that a cell leaves, and the definitions of tools.
#[test]
fn kind_18_what_is_no_file_fails_its_cell() {
    let dir = scratch();
    measured(
        dir.path(),
        &["-m", "replay", "-w", "paced${count=50}", "--reps", "1"],
    );
    let record = dir.path().join("record");
    let mut cells = fs::read_dir(record.join("raw")).unwrap().flatten();
    let cell = cells.find(|cell| cell.file_name().to_string_lossy().contains("replay"));
    let cell = cell.unwrap().path();
    let score = || ended(harness().arg("score").arg(&record));
    let mut tried = Vec::new();
    for entry in fs::read_dir(&cell).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let read = [
            "cell.json",
            "ledger.json",
            "ledger.bin",
            "spool.bin",
            "accounting.bin",
            "alive.json",
        ];
        if !read.contains(&&*name) {
            continue;
        }
        instead(&entry.path(), |what| {
            let (code, _, stderr) = score();
            assert_eq!(code, 1, "{name}, {what}: {stderr}");
            let names = stderr.contains(&name) && stderr.contains(what);
            assert!(names, "{name}, {what}: {stderr}");
        });
        tried.push(name);
    }
    assert!(tried.len() >= 4, "{tried:?}");
    let tools = record.join("tools");
    fs::create_dir_all(&tools).unwrap();
    instead(&tools.join("own.toml"), |what| {
        one_line(&score(), 2, &["own.toml", what]);
    });
    fs::remove_dir(&tools).unwrap();
    assert_eq!(score().0, 0);
}

#[test]
fn kind_18_a_summary_that_cannot_be_is_refused() {
    let dir = scratch();
    let (record, other) = (plain(dir.path(), "record"), plain(dir.path(), "other"));
    let path = record.join("summary.json");
    let good: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let cells = good["cells"].as_array().unwrap();
    let cell = cells
        .iter()
        .position(|cell| cell["kinds"]["fork"]["truths"].as_u64() > Some(0));
    let rows = good["comparison"].as_array().unwrap();
    let row = rows.iter().position(|row| row["loss"]["fork"].is_object());
    let (cell, row) = (cell.unwrap(), row.unwrap());
    let slow = rows
        .iter()
        .position(|row| row["slowdown"]["low"].is_number());
    let refused = |change: &dyn Fn(&mut Value), names: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad, good);
        fs::write(&path, bad.to_string()).unwrap();
        for command in ["report", "advise", "compare"] {
            let mut harness = harness();
            harness
                .arg(command)
                .args((command == "compare").then_some(&other));
            let said = ended(harness.arg(&record));
            one_line(
                &said,
                2,
                &["summary.json", names, "harness score makes it again"],
            );
        }
    };
    refused(&|it| it["format"] = json!(1), "format 1");
    let kind =
        |it: &mut Value, key: &str, value: Value| it["cells"][cell]["kinds"]["fork"][key] = value;
    refused(
        &|it| kind(it, "missed", json!(45_317_200_u64)),
        "45317200 missed",
    );
    refused(&|it| kind(it, "matched", json!(u64::MAX)), "matched");
    refused(
        &|it| it["cells"][cell]["unverified"] = json!(1_u64 << 40),
        "unverified",
    );
    refused(
        &|it| it["cells"][cell]["status"] = json!("failed"),
        "not measured and has figures",
    );
    let loss = |it: &mut Value, key: &str, value: Value| {
        it["comparison"][row]["loss"]["fork"][key] = value
    };
    refused(
        &|it| loss(it, "missed", json!(45_317_200_u64)),
        "45317200 missed",
    );
    refused(&|it| loss(it, "rate", json!(0.977)), "no rate of 0.977");
    refused(&|it| loss(it, "high", json!(4531.72)), "an interval");
    refused(
        &|it| loss(it, "repetitions_with_loss", json!(999)),
        "repetitions have loss",
    );
    let slow = slow.unwrap();
    refused(
        &|it| it["comparison"][slow]["slowdown"]["low"] = json!(1e9),
        "an interval",
    );
    fs::write(&path, good.to_string()).unwrap();
    assert_eq!(ended(harness().arg("report").arg(&record)).0, 0);
}

/// What the project has committed can be.
#[test]
fn kind_18_every_committed_record_is_plausible() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results");
    let mut found = 0;
    let mut look = vec![results];
    while let Some(dir) = look.pop() {
        let entries = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        look.extend(entries.filter(|path| path.is_dir()));
        if dir.join("summary.json").exists() {
            scoring::Summary::read(&dir).unwrap();
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}
