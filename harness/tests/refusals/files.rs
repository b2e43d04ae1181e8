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
    for what in ["a FIFO", "a device", "a folder"] {
        let _may_be_missing = fs::remove_file(path);
        let put = match what {
            "a FIFO" => mkfifo(path, Mode::from_bits_truncate(0o644)).map_err(Into::into),
            "a device" => std::os::unix::fs::symlink("/dev/zero", path),
            _ => fs::create_dir(path),
        };
        put.unwrap();
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

/// A record with one figure changed, which every reader refuses.
struct Changed {
    record: PathBuf,
    other: PathBuf,
    good: Value,
}

impl Changed {
    #[track_caller]
    fn refused(&self, change: &dyn Fn(&mut Value), names: &str) {
        let mut bad = self.good.clone();
        change(&mut bad);
        assert_ne!(bad, self.good);
        fs::write(self.record.join("summary.json"), bad.to_string()).unwrap();
        for command in ["report", "advise", "compare"] {
            let mut harness = harness();
            let other = (command == "compare").then_some(&self.other);
            harness.arg(command).args(other).arg(&self.record);
            let due = ["summary.json", names, "harness score makes it again"];
            one_line(&ended(&mut harness), 2, &due);
        }
    }
}

#[test]
fn kind_18_a_summary_that_cannot_be_is_refused() {
    let dir = scratch();
    let (record, other) = (plain(dir.path(), "record"), plain(dir.path(), "other"));
    let text = fs::read(record.join("summary.json")).unwrap();
    let good: Value = serde_json::from_slice(&text).unwrap();
    let place = |table: &str, is: &dyn Fn(&Value) -> bool| {
        let rows = good[table].as_array().unwrap();
        rows.iter().position(is).unwrap()
    };
    let cell = place("cells", &|cell| {
        cell["kinds"]["fork"]["truths"].as_u64() > Some(0)
    });
    let row = place("comparison", &|row| row["loss"]["fork"].is_object());
    let slow = place("comparison", &|row| row["slowdown"]["low"].is_number());
    let it = Changed {
        record,
        other,
        good: good.clone(),
    };
    it.refused(&|it| it["format"] = json!(1), "format 1");
    it.refused(
        &|it| it["cells"][cell]["unverified"] = json!(1_u64 << 40),
        "unverified",
    );
    let kind = |key: &'static str, value: Value, names: &str| {
        it.refused(
            &|it| it["cells"][cell]["kinds"]["fork"][key] = value.clone(),
            names,
        );
    };
    kind("missed", json!(45_317_200_u64), "45317200 missed");
    kind("matched", json!(u64::MAX), "matched");
    let loss = |key: &'static str, value: Value, names: &str| {
        it.refused(
            &|it| it["comparison"][row]["loss"]["fork"][key] = value.clone(),
            names,
        );
    };
    loss("missed", json!(45_317_200_u64), "45317200 missed");
    loss("rate", json!(0.977), "no rate of 0.977");
    loss("high", json!(4531.72), "an interval");
    loss("repetitions_with_loss", json!(999), "repetitions have loss");
    it.refused(
        &|it| it["comparison"][slow]["slowdown"]["low"] = json!(1e9),
        "an interval",
    );
    fs::write(it.record.join("summary.json"), text).unwrap();
    assert_eq!(ended(harness().arg("report").arg(&it.record)).0, 0);
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
