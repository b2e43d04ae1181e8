//! `harness trend`: a planted change is told with its record, other machines are left out, and misuse is one line.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
#[path = "format/keys.rs"]
mod keys;

use std::fs;
use std::path::{Path, PathBuf};

use common::{refused, said, scratch};
use keys::Keys;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::record::write_json;
use serde_json::{Value, json};

const RECORDS: usize = 12;
/// The first record after the planted change.
const AT: usize = 7;

/// Makes a history in `home` out of a committed record: its figures with a little noise, and from one record on `audit`
/// costs more and loses.
fn history(home: &Path) -> Vec<PathBuf> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/reference/summary.json");
    let mut whole: Value = serde_json::from_slice(&fs::read(from).unwrap()).unwrap();
    whole["cells"] = json!([]);
    let mut random = StdRng::seed_from_u64(5);
    let each = (0..RECORDS).map(|place| {
        let mut one = whole.clone();
        let name = format!("day-{place:02}");
        one["record"]["started"] = json!(format!("2026-11-{:02}T03:00:00Z", place + 1));
        one["record"]["record"] = json!(name);
        for row in one["comparison"].as_array_mut().unwrap() {
            let changed = row["configuration"] == "audit" && place >= AT;
            noise(row, if changed { 1.5 } else { 1.0 }, &mut random);
        }
        let dir = home.join(name);
        fs::create_dir(&dir).unwrap();
        write_json(&dir.join("record.json"), &one["record"]).unwrap();
        write_json(&dir.join("summary.json"), &one).unwrap();
        dir
    });
    each.collect()
}

fn noise(row: &mut Value, factor: f64, random: &mut StdRng) {
    let factor = factor * random.random_range(0.99..1.01);
    if row["slowdown"].is_object() {
        for key in ["ratio", "low", "high"] {
            row["slowdown"][key] = json!(row["slowdown"][key].as_f64().unwrap() * factor);
        }
    }
}

fn words(dirs: &[PathBuf]) -> Vec<&str> {
    let dirs = dirs.iter().map(|dir| dir.to_str().unwrap());
    ["trend"].into_iter().chain(dirs).collect()
}

#[test]
fn a_planted_change_is_told_with_its_record_and_nothing_else_is() {
    let home = scratch();
    let mut dirs = history(home.path());
    dirs.reverse();
    let page = home.path().join("trend.html");
    let mut args = words(&dirs);
    args.extend(["--out", page.to_str().unwrap()]);
    let (code, stdout, stderr) = said(&args);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["records"].as_array().unwrap().len(), RECORDS);
    let mut marked = 0;
    for one in found["series"].as_array().unwrap() {
        let planted = one["configuration"] == "audit" && one["figure"] == "overhead, %";
        let changes = one["changes"].as_array().unwrap();
        assert_eq!(changes.len(), usize::from(planted), "{one}");
        for change in changes {
            assert_eq!(
                (&change["record"], &change["better"]),
                (&json!("day-07"), &json!(false))
            );
            assert!(change["after"].as_f64() > change["before"].as_f64());
            marked += 1;
        }
    }
    assert_eq!(marked, 3, "one for each workload");

    let page = fs::read_to_string(page).unwrap();
    assert_eq!(page.matches("stroke-dasharray").count(), marked);
    assert!(page.contains("from day-07 on (2026-11-08T03:00:00Z)"));
    assert!(
        !page.contains("<script") && !page.contains("://"),
        "one file, without a request"
    );

    let mut keys = Keys::read(include_str!("../../docs/FORMAT.md"));
    keys.walk("trend", &found);
    assert_eq!(keys.faults(&["trend"]), "");
}

#[test]
fn records_of_other_machines_are_left_out_with_a_line_each() {
    let home = scratch();
    let dirs = history(home.path());
    let other = dirs[3].join("summary.json");
    let mut summary: Value = serde_json::from_slice(&fs::read(&other).unwrap()).unwrap();
    summary["record"]["machine"]["cpu"] = json!("another CPU");
    write_json(&other, &summary).unwrap();
    // A kernel that changes is no other machine.
    let later = dirs[5].join("summary.json");
    let mut summary: Value = serde_json::from_slice(&fs::read(&later).unwrap()).unwrap();
    summary["record"]["machine"]["kernel"] = json!("6.99");
    write_json(&later, &summary).unwrap();
    let (code, stdout, stderr) = said(&words(&dirs));
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("day-03: is of another machine") && stderr.contains("another CPU"),
        "{stderr}"
    );
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["records"].as_array().unwrap().len(), RECORDS - 1);
}

#[test]
fn what_cannot_be_followed_is_one_line() {
    let home = scratch();
    let dirs = history(home.path());
    let first = dirs[0].to_str().unwrap();
    refused(
        &["trend", first],
        "is the only record of its machine: give two or more",
    );
    refused(&["trend", first, first], "give each record once");
    refused(&["trend", "/nonexistent"], "/nonexistent");
    refused(&["trend"], "DIR");
}
