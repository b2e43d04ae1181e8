//! The kernel matrix of records whose right words are known.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
mod made;

use std::fs;
use std::path::Path;

use scoring::record::{Machine, Record, Status, write_json};
use scoring::{Scored, Summary, score};

const NAMES: [&str; 4] = ["whole", "half", "blind", "gone"];

fn record(kernel: &str, names: &[&str]) -> Record {
    Record {
        record: kernel.into(),
        machine: Machine {
            kernel: kernel.into(),
            correctness_only: true,
            ..Machine::default()
        },
        ..made::record(&["storm"], names)
    }
}

/// A cell under the configuration of that name, which fares as it is called.
fn cell(name: &str) -> Scored {
    let mut input = made::input(900);
    input.run.configuration = name.into();
    match name {
        "half" => input.journal.events.retain(|event| event.pid % 2 == 0),
        "blind" => {
            input.journal.clear();
            input.run.blind = Some("no sentinel was reported".into());
        }
        "gone" => {
            input.run.status = Status::Unavailable;
            input.run.error = Some("CONFIG_X: use another kernel".into());
        }
        _ => {}
    }
    if input.run.status == Status::Ok {
        return score(
            &input.run,
            &input.ledger,
            &input.journal,
            &input.claims,
            None,
        )
        .unwrap();
    }
    Scored::new(scoring::Cell::blank(&input.run), cell("whole").latency)
}

fn save(dir: &Path, kernel: &str, names: &[&str]) -> String {
    let record = record(kernel, names);
    let summary = Summary::new(
        record.clone(),
        names.iter().map(|name| cell(name)).collect(),
    );
    let folder = dir.join(kernel);
    fs::create_dir(&folder).unwrap();
    write_json(&folder.join("record.json"), &record).unwrap();
    write_json(&folder.join("summary.json"), &summary.unwrap()).unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn every_state_has_its_word_and_its_reason() {
    let dir = common::scratch();
    let old = save(dir.path(), "5.10.0-1", &NAMES);
    let new = save(dir.path(), "6.1.0-2", &["whole", "half", "blind"]);
    let (code, page, errors) = common::said(&["report", &old, &new]);
    assert_eq!(code, 0, "{errors}");
    for line in [
        "| configuration | 5.10.0-1 | 6.1.0-2 |",
        "| `whole` | works | works |",
        "| `half` | in part: not all fork, exec, exit | in part: not all fork, exec, exit |",
        "| `blind` | sees nothing | sees nothing |",
        "| `gone` | cannot | - |",
        "- `blind` on 5.10.0-1, 6.1.0-2: no sentinel was reported",
        "- `gone` on 5.10.0-1: CONFIG_X: use another kernel",
        "- `half` on 5.10.0-1, 6.1.0-2: storm: fork missed 150 of 300, exec missed 150 of 300, exit missed 150 of 300",
        "| `whole` | 0 of 900 | 0 of 900 |",
        "| `half` | 450 of 900 (50 %) | 450 of 900 (50 %) |",
        "| `blind` | all 900 | all 900 |",
        "| `gone` | cannot | - |",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    assert!(page.contains("Emulated CPUs"), "{page}");
}
