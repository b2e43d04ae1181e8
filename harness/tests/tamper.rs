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

use common::{can_run, said, scratch};
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
    // Frozen and starved ones are told of by another process: they cannot say so themselves.
    for (technique, act) in [
        ("audit", "audit-delete-rules"),
        ("ebpf", "ebpf-close"),
        ("netlink", "reader-freeze"),
        ("ebpf", "reader-starve-cpu"),
    ] {
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

/// The matrix that scripts/tests has, in a folder of its own.
fn sample(dir: &Path) -> String {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/tests/tamper.json");
    let folder = dir.join("tamper");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(from, folder.join("tamper.json")).unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn a_matrix_is_a_page_of_its_own_and_a_section_beside_a_record() {
    let dir = scratch();
    let folder = sample(dir.path());
    let (code, shown, errors) = said(&["report", &folder]);
    assert_eq!((code, &*errors), (0, ""), "{shown}");
    assert!(shown.contains("reader-freeze"), "{shown}");
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/kernels/5.10");
    let record = record.to_str().unwrap();
    let both = dir.path().join("both");
    let (code, _, errors) = said(&["report", record, &folder, "--out", both.to_str().unwrap()]);
    assert_eq!((code, &*errors), (0, ""));
    for place in [Path::new(&folder), &both] {
        let page = std::fs::read_to_string(place.join("report.html")).unwrap();
        let text = std::fs::read_to_string(place.join("README.md")).unwrap();
        for act in ["reader-freeze", "kmod-unload"] {
            // One click from a row of the matrix to what was done and found.
            let link = format!("<a href=\"#tamper-{act}\">{act}</a>");
            assert!(page.contains(&link), "{place:?}");
            assert!(
                page.contains(&format!("<h4 id=\"tamper-{act}\">")),
                "{place:?}"
            );
            assert!(text.contains(&format!("[{act}](#{act})")), "{place:?}");
            assert!(text.contains(&format!("### {act}\n")), "{place:?}");
        }
        assert!(page.contains("kernel/cgroup/freezer.c"), "{place:?}");
        assert!(page.contains("in the guest 7.x"), "{place:?}");
        assert!(page.contains("3, the same"), "{place:?}");
        assert!(
            page.contains("frozen: neither waitid nor the pidfd"),
            "{place:?}"
        );
    }
}

#[test]
fn a_malformed_matrix_is_refused_in_one_line() {
    let dir = scratch();
    let folder = sample(dir.path());
    let path = Path::new(&folder).join("tamper.json");
    let good = std::fs::read_to_string(&path).unwrap();
    for (bad, due) in [
        (good.replace("\"refused\"", "\"perhaps\""), "perhaps"),
        (
            good.replacen("\"format\": 2", "\"format\": 3", 1),
            "format is 3",
        ),
        (good[..good.len() / 2].to_owned(), "EOF"),
    ] {
        std::fs::write(&path, bad).unwrap();
        let (code, shown, errors) = said(&["report", &folder]);
        assert_eq!((code, &*shown), (2, ""));
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(
            errors.contains("tamper.json") && errors.contains(due),
            "{errors}"
        );
    }
}

#[test]
fn a_matrix_is_not_written_into_a_record() {
    let dir = scratch();
    let folder = sample(dir.path());
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/kernels/5.10");
    let (code, _, errors) = said(&["report", record.to_str().unwrap(), &folder]);
    assert_eq!(code, 2);
    assert!(errors.contains("--out DIR"), "{errors}");
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
