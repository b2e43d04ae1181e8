//! scripts/tamper: an act that blinds a monitor is told within a second, and nothing of an act outlives it,
//! also when the script is killed in the middle.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{can_run, scratch};
use serde_json::Value;

/// Runs the script; its exit code and all that it said.
fn tamper(args: &[&str]) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/tamper");
    let out = Command::new(&script)
        .arg(env!("CARGO_BIN_EXE_harness"))
        .args(args)
        .output()
        .unwrap();
    let said = [out.stdout, out.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let repeat = format!("repeat with: scripts/tamper HARNESS {}", args.join(" "));
    (out.status.code(), format!("{repeat}\n{said}"))
}

#[test]
#[ignore = "needs root"]
fn what_root_does_to_a_monitor_is_told_and_a_user_is_refused() {
    for (technique, act) in [("audit", "audit-delete-rules"), ("ebpf", "ebpf-close")] {
        if !can_run(technique) {
            println!("skipped: {technique} cannot run here");
            continue;
        }
        let dir = scratch();
        let folder = dir.path().join("tamper");
        let out = folder.to_str().unwrap();
        let args = [
            "--only", technique, "--act", act, "--reps", "1", "--out", out,
        ];
        let (code, said) =
            tamper(&[&args[..], &["--adversary", "user", "--adversary", "root"]].concat());
        assert_eq!(code, Some(0), "{said}");
        let text = std::fs::read_to_string(folder.join("tamper.json")).unwrap();
        let record: Value = serde_json::from_str(&text).unwrap();
        let result = |who: &str| {
            let mut cells = record["cells"].as_array().unwrap().iter();
            let cell = cells.find(|cell| cell["adversary"] == who).unwrap();
            cell["tamper"].clone()
        };
        assert_eq!(result("user")["result"], "refused", "{said}");
        assert_eq!(result("user")["events_lost"], 0, "{said}");
        assert_eq!(result("root")["result"], "told", "{said}");
        assert!(result("root")["told_s"].as_f64().unwrap() <= 1.0, "{said}");
        let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(page.contains(&format!("### {act}\n")), "{page}");
    }
}

#[test]
#[ignore = "needs root"]
fn nothing_of_an_act_outlives_a_script_that_is_killed() {
    for (technique, act) in [
        ("audit", "audit-off"),
        ("audit", "audit-exclude"),
        ("ebpf", "reader-freeze"),
    ] {
        if !can_run(technique) {
            println!("skipped: {technique} cannot run here");
            continue;
        }
        let (code, said) = tamper(&["--kills", "--act", act]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("all is put back"), "{said}");
    }
}
