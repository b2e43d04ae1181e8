//! A harness that a CPU quota holds back: its cells are marked, and cases are run again before that.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
#[path = "common/quota.rs"]
mod quota;

use std::fs;
use std::process::Command;

use common::{scratch, summary};
use quota::Quota;

#[test]
#[ignore = "needs root"]
fn throttled_cells_are_marked_and_cases_run_again_before_that() {
    let Some(quota) = Quota::new("rollcall-quota", 10) else {
        println!("skipped: this machine has no CPU quota for control groups");
        return;
    };
    let dir = scratch();
    let out = dir.path().join("record");
    let args = "run -m procfs -w paced${count=100,rate=0},case/start-fork --reps 1 --out";
    // The quota is that of a group around the harness's own.
    let output = Command::new("sh")
        .args(["-c", "echo 0 > \"$0\" && exec \"$@\""])
        .arg(quota.door())
        .arg(env!("CARGO_BIN_EXE_harness"))
        .args(args.split(' '))
        .arg(&out)
        .output()
        .unwrap();
    let repeat = format!("repeat with: harness {args} DIR, in a group with 10 % of a CPU");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{repeat}\n{stderr}");
    let summary = summary(&out);
    let cells = summary["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 4, "{repeat}\n{cells:#?}");
    for cell in cells {
        let noise = &cell["noise"];
        let us = noise["throttled_us"].as_u64().unwrap();
        assert!(us > 0 && noise["throttled"] == true, "{repeat}\n{cell:#}");
        // A block's cells belong to one stretch of time; a case may be run at any.
        let again = if cell["experiment"] == "case" { 2 } else { 0 };
        assert_eq!(noise["reruns"], again, "{repeat}\n{cell:#}");
    }
    let shown = String::from_utf8_lossy(&output.stdout);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    // The null cells are counted too; a case has a row of its own.
    let note = "3 cells lost much CPU time to other guests or to a quota";
    assert!(shown.contains(note), "{shown}");
    let report = common::said(&["report", out.to_str().unwrap()]);
    assert_eq!(report.0, 0, "{}", report.2);
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains(" ms throttled, too much"), "{page}");
}
