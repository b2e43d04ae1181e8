//! A tool that plants faults, hangs or dies, in Python over the proc connector.

use std::fs;

use serde_json::Value;

use crate::common::{can_run, cells, said, scratch, summary};
use crate::definitions::{Definition, measured};
use crate::failures::alive;

/// A tool that is right but for the faults it is asked for.
const TOOL: &str = include_str!("faulty_tool.py");

/// Measures with the tool in `mode`: its last cell, and how many faults of each kind it counted in that.
fn faulty(mode: &str, keys: &str) -> Option<(Value, Value)> {
    if !can_run("netlink") {
        return None;
    }
    let dir = scratch();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (script, counts) = (path("faulty_tool.py"), path("counts.json"));
    fs::write(&script, TOOL).unwrap();
    let run = ["python3", &script, mode, &counts];
    let keys = format!("format = \"json\"\n{keys}");
    let definition = Definition {
        needs: "\"root\"",
        keys: &keys,
        lines: "",
        ..Definition::new("faulty", &run)
    };
    definition.write(dir.path());
    let (cells, stderr) = measured(dir.path(), &["faulty"]);
    let counts =
        fs::read(&counts).map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
    println!("{stderr}");
    let last = cells.last().unwrap();
    scores_the_same_again(&dir.path().join("record"), last);
    Some((last.clone(), counts))
}

fn scores_the_same_again(record: &std::path::Path, cell: &Value) {
    if cell["status"] == "ok" {
        let (code, _, stderr) = said(&["score", record.to_str().unwrap()]);
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(cells(&summary(record), "faulty").last(), Some(&cell));
    }
}

#[test]
#[ignore = "needs root"]
fn planted_faults_are_scored_exactly() {
    let Some((cell, counts)) = faulty("plant", "") else {
        return;
    };
    assert_eq!(cell["status"], "ok", "{cell:#}");
    let planted = |fault: &str| {
        let count = counts[fault].as_u64().unwrap();
        assert!(count >= 10, "{fault}: {counts:#}\n{cell:#}");
        count
    };
    let (kinds, fields) = (&cell["kinds"], &cell["fields"]);
    for kind in ["fork", "exec", "exit"] {
        for figure in ["missed", "duplicates", "false_positives"] {
            let expected = match (kind, figure) {
                ("fork", "missed") => planted("lost"),
                ("exec", "duplicates") => planted("duplicates"),
                ("fork", "false_positives") => planted("false_positives"),
                _ => 0,
            };
            assert_eq!(kinds[kind][figure], expected, "{kind} {figure}: {cell:#}");
        }
    }
    assert_eq!(fields["status"]["wrong"], planted("wrong"), "{cell:#}");
    assert_eq!(fields["ppid"]["wrong"], 0, "{cell:#}");
    // A tenth of the exits was delayed by 300 ms, and nothing else.
    planted("late");
    let us = |kind: &str, figure: &str| kinds[kind]["latency_us"][figure].as_f64().unwrap();
    assert!(us("exit", "p50") < 300_000.0, "{cell:#}");
    assert!(us("exit", "p99") >= 300_000.0, "{cell:#}");
    assert!(us("exec", "max") < 300_000.0, "{cell:#}");
}

#[test]
#[ignore = "needs root"]
fn a_tool_that_hangs_at_the_stop_has_failed() {
    let Some((cell, _)) = faulty("hang", "stop_within_s = 1") else {
        return;
    };
    assert_eq!(cell["status"], "failed", "{cell:#}");
    let why = cell["error"].as_str().unwrap();
    assert!(
        why.contains("hung at stop: still running 1 s after"),
        "{why}"
    );
    assert!(!alive("31.006"));
}

#[test]
#[ignore = "needs root"]
fn a_tool_that_dies_during_the_workload_has_failed() {
    let Some((cell, _)) = faulty("die", "") else {
        return;
    };
    assert_eq!(cell["status"], "failed", "{cell:#}");
    let why = cell["error"].as_str().unwrap();
    assert!(why.contains("died (exit code 7)"), "{why}");
}
