//! A record that scripts/thinning.py thinned is read as the whole one, shows the same and says what was left out.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{measured, refused, said, scratch, thin};
use scoring::Summary;
use scoring::record::{read_json, write_json};
use serde_json::Value;

const WORKLOADS: &str = "case/hide-raw-calls,case/end-exit,case/start-fork-only,paced${count=50}";

/// A record, and the same thinned; neither has raw files.
fn both(dir: &Path) -> [PathBuf; 2] {
    let summary = measured(dir, &["-m", "preload", "-w", WORKLOADS, "--reps", "1"]);
    assert_eq!(summary.get("thinned"), None);
    let [whole, thinned] = ["whole", "thinned"].map(|name| dir.join(name).join("record"));
    for copy in [&whole, &thinned] {
        fs::create_dir_all(copy).unwrap();
        for file in ["record.json", "summary.json", "missed.json"] {
            fs::copy(dir.join("record").join(file), copy.join(file)).unwrap();
        }
    }
    thin(&thinned);
    [whole, thinned]
}

/// What the harness says of each, called the same.
fn told(both: &[PathBuf; 2], words: &[&str]) -> [(i32, String, String); 2] {
    both.each_ref().map(|one| {
        let name = one.to_str().unwrap();
        let (code, stdout, stderr) = said(&[words, &[name]].concat());
        let plain = |text: String| text.replace(name, "RECORD");
        (code, plain(stdout), plain(stderr))
    })
}

#[test]
fn a_thinned_record_shows_what_the_whole_one_shows() {
    let dir = scratch();
    let both = both(dir.path());
    for words in [&["report"][..], &["report", "--brief"], &["explain"]] {
        let [whole, thinned] = told(&both, words);
        assert_eq!(whole, thinned, "{words:?}");
        assert_eq!(whole.0, 0, "{words:?}: {}", whole.2);
    }
    let [whole, thinned] = both
        .each_ref()
        .map(|one| fs::read_to_string(one.join("README.md")).unwrap());
    let more: Vec<_> = thinned
        .lines()
        .filter(|line| !whole.lines().any(|other| other == *line))
        .collect();
    assert_eq!(thinned.lines().count(), whole.lines().count() + 1);
    let line = "* thinned when it was kept: 2 cells about cases that did not fail, and 6 rows that compare them, are left \
                out of summary.json; what was seen of each case is whole";
    assert_eq!(more, [line]);
}

#[test]
fn what_stays_is_read_as_it_was() {
    let dir = scratch();
    let both = both(dir.path());
    let [whole, thinned] = both.each_ref().map(|one| Summary::read(one).unwrap());
    let cells = |of: &Summary| -> Vec<Value> {
        let all = of.cells.iter();
        all.map(|one| serde_json::to_value(one).unwrap()).collect()
    };
    let (all, kept) = (cells(&whole), cells(&thinned));
    let left_out: Vec<_> = all.iter().filter(|one| !kept.contains(one)).collect();
    assert!(kept.iter().all(|one| all.contains(one)));
    assert_eq!(left_out.len(), thinned.thinned.unwrap().cells);
    assert!(left_out.iter().all(|one| one["experiment"] == "case"));
    let missed = kept.iter().filter(|one| one["experiment"] == "case");
    assert_eq!(missed.count(), 1, "the one of which something was missed");
    assert_eq!(whole.cases, thinned.cases);
    let same = [&whole, &thinned].map(|one| serde_json::to_value(&one.record).unwrap());
    assert_eq!(same[0], same[1]);
    let sizes = both.map(|one| fs::metadata(one.join("summary.json")).unwrap().len());
    assert!(sizes[1] * 2 < sizes[0], "{sizes:?}");
}

#[test]
fn a_check_knows_what_was_left_out_and_what_is_missing() {
    let dir = scratch();
    let both = both(dir.path());
    told(&both, &["report"]);
    let [whole, thinned] = told(&both, &["score", "--check"]);
    assert_eq!(
        (whole.0, whole.2),
        (thinned.0, thinned.2),
        "the same faults, if any"
    );
    let place = both[1].join("summary.json");
    let mut summary: Value = read_json(&place).unwrap();
    let cases = summary["cases"].as_array_mut().unwrap();
    cases.retain(|one| one["workload"] != "case/end-exit");
    write_json(&place, &summary).unwrap();
    let line = "preload has no cell on case/end-exit: measure again to the end";
    let found = &told(&both, &["score", "--check"])[1];
    assert!(found.0 == 2 && found.2.contains(line), "{}", found.2);
    fs::remove_file(both[1].join("record.json")).unwrap();
    let name = both[1].to_str().unwrap();
    refused(&["compare", name, name], "record.json: cannot be read");
}

#[test]
fn a_comparison_says_what_cannot_be_compared() {
    let dir = scratch();
    let both = both(dir.path());
    let [whole, thinned] = both.each_ref().map(|one| one.to_str().unwrap());
    let (code, text, errors) = said(&["compare", whole, thinned]);
    assert_eq!((code, &*errors), (0, ""));
    let line = format!("{thinned}: thinned when it was kept: 2 cells about cases");
    assert_eq!(
        text.lines().filter(|one| one.starts_with(&line)).count(),
        1,
        "{text}"
    );
    assert!(!text.contains(&format!("{whole}: thinned")), "{text}");
}
