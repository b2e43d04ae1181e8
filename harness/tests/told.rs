//! Every field of processes that differ in all of them, and of those in a control group of a millisecond:
//! what the processes say of themselves, the monitor tells. To repeat one: `cargo test -p rollcall --test told
//! -- --ignored NAME` as root.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;

use common::{said, scratch};
use serde_json::Value;

/// Measures the workload once; the cell of the configuration, and the README.
fn measured(monitor: &str, workload: &str, scale: &str) -> (Value, String) {
    let dir = scratch();
    let out = dir.path().join("out");
    let path = out.to_str().unwrap();
    let args = [
        "run", "-m", monitor, "-w", workload, "--scale", scale, "--reps", "1", "--out", path,
    ];
    let (code, _, errors) = said(&args);
    assert_eq!(code, 0, "harness {}\n{errors}", args.join(" "));
    let summary = fs::read(out.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&summary).unwrap();
    let cells = summary["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| cell["configuration"] == monitor);
    let page = fs::read_to_string(out.join("README.md")).unwrap();
    (cell.unwrap().clone(), page)
}

/// The fields that are offered, each of which has to be correct in every exec.
fn correct(cell: &Value) -> Vec<&str> {
    assert_eq!(cell["kinds"]["exec"]["missed"], 0, "{cell:#}");
    let fields = cell["fields"].as_object().unwrap().iter();
    let offered = fields.filter(|(_, score)| score["offered"] == true);
    offered
        .map(|(name, score)| {
            let count = |key: &str| score[key].as_u64().unwrap();
            let faults = ["wrong", "stale", "truncated", "missing"].map(count);
            assert_eq!(faults, [0; 4], "{name}: {score}");
            assert!(count("correct") > 0, "{name}: nothing was judged");
            name.as_str()
        })
        .collect()
}

#[test]
#[ignore = "needs root"]
fn ebpf_tells_every_field_of_processes_that_differ_in_all_of_them() {
    let (cell, page) = measured("ebpf{fields=all}", "fields", "0.1");
    assert_eq!(correct(&cell).len(), 17);
    assert!(page.contains("## What is told of an event"), "{page}");
    assert!(
        page.contains("| inner\\_pid | all 40 |") || page.contains("| inner_pid | all 40 |"),
        "{page}"
    );
}

#[test]
#[ignore = "needs root"]
fn ebpf_attributes_every_process_to_a_control_group_of_a_millisecond() {
    let (cell, _) = measured("ebpf{fields=usual}", "containers", "0.1");
    let fields = correct(&cell);
    assert!(fields.len() >= 14, "{fields:?}");
    assert_eq!(cell["fields"]["cgroup"]["correct"], 100);
    assert_eq!(cell["fields"]["inner_pid"]["correct"], 100);
    assert!(
        !fields.contains(&"cwd"),
        "it is dear, and asked for by fields=all"
    );
}

#[test]
#[ignore = "needs root"]
fn the_default_configuration_tells_no_more_than_before() {
    let (cell, page) = measured("ebpf", "fields", "0.05");
    assert_eq!(correct(&cell), ["argv", "exe", "ppid", "status"]);
    assert!(!page.contains("## What is told of an event"));
}
