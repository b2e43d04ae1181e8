//! Every monitor in the registry, on the real kernel: one body. A dynamic program that forks,
//! executes and ends through the C library is seen by every technique, so here each must see
//! every event it offers, invent nothing and say nothing twice.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use common::{cells, measured, scratch};
use serde_json::Value;

#[test]
#[ignore = "needs root"]
fn every_monitor_sees_what_it_offers() {
    for monitor in monitors::all()
        .iter()
        .filter(|one| one.definition().is_none() && !["null", "replay"].contains(&one.name()))
    {
        let dir = scratch();
        let args = [
            "-m",
            monitor.name(),
            "-w",
            "short-lived/.*|fork-bomb",
            "--scale",
            "0.1",
            "--reps",
            "1",
        ];
        let options = contract::Options::new(monitor.name(), monitor.options(), []).unwrap();
        if let Some(missing) = monitor.missing(&options).first() {
            println!("skipped: {} {missing}", monitor.name());
            continue;
        }
        let summary = measured(dir.path(), &args);
        let cells = cells(&summary, monitor.name());
        assert_eq!(
            cells.len(),
            5,
            "repeat with: harness run {}",
            args.join(" ")
        );
        for cell in cells {
            conforms(cell, &args);
        }
    }
}

fn conforms(cell: &Value, args: &[&str]) {
    let repeat = format!("repeat with: harness run {}\n{cell:#}", args.join(" "));
    assert_eq!(cell["status"], "ok", "{repeat}");
    assert_eq!(cell["drained"], true, "{repeat}");
    // The one begins to see where its library is loaded, the other what lives until it looks again:
    // that it does is shown by its own tests.
    let may_miss = cell["configuration"] == "preload" || cell["configuration"] == "procfs";
    for (kind, counts) in cell["kinds"].as_object().unwrap() {
        let n = |name: &str| counts[name].as_u64().unwrap();
        assert_eq!(n("matched") + n("missed"), n("truths"), "{kind}: {repeat}");
        assert_eq!(
            (n("duplicates"), n("false_positives")),
            (0, 0),
            "{kind}: {repeat}"
        );
        if counts["offered"] == true && !may_miss {
            assert_eq!(n("missed"), 0, "{kind}: {repeat}");
        }
    }
    for (field, counts) in cell["fields"].as_object().unwrap() {
        assert_eq!(counts["wrong"], 0, "{field}: {repeat}");
    }
}
