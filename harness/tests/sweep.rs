//! A sweep on the real kernel, of one monitor whose buffer is far too small.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;

use common::{said, scratch};
use scoring::Summary;
use scoring::sweep::{Load, result::Sweep};
use serde_json::Value;

const MONITOR: &str = "netlink{lookup=never,rcvbuf=8k}";

#[test]
#[ignore = "needs root"]
fn a_cliff_is_found_and_can_be_computed_again() {
    let monitor = monitors::find("netlink").unwrap();
    let options = contract::Options::new("netlink", monitor.options(), []).unwrap();
    if let Some(missing) = monitor.missing(&options).first() {
        println!("skipped: netlink {missing}");
        return;
    }
    let dir = scratch();
    let out = dir.path().join("record");
    let out = out.to_str().unwrap();
    let (code, stdout, stderr) = said(&["sweep", "-m", MONITOR, "--out", out]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains(MONITOR) && stdout.contains("at the ceiling"),
        "{stdout}"
    );
    let read = |name: &str| fs::read_to_string(format!("{out}/{name}")).unwrap();
    let first: Value = serde_json::from_str(&read("sweep.json")).unwrap();
    let found = &first["found"][0];
    let n = |value: &Value| value.as_u64().unwrap_or_default();
    // A queue of twenty messages cannot take a burst of thousands.
    assert!(n(&found["burst_lost"]["missed"]["missed"]) > 0, "{found:#}");
    assert!(n(&found["loses"]["missed"]["missed"]) > 0, "{found:#}");
    let (kept, lost) = (
        &found["lossless"]["offered_per_s"],
        &found["loses"]["offered_per_s"],
    );
    assert!(n(kept) < n(lost), "{found:#}");
    assert!(
        found["lossless"].is_null() || n(&found["lossless"]["trials"]) >= 3,
        "{found:#}"
    );
    assert!(n(&found["holds"]["offered_per_s"]) <= n(kept), "{found:#}");
    for cell in serde_json::from_str::<Value>(&read("summary.json")).unwrap()["cells"]
        .as_array()
        .unwrap()
    {
        assert_eq!(cell["silent_lost"], 0, "{cell:#}");
    }
    let page = read("README.md");
    names_the_cliff(&page, found);
    names_what_was_due(out);
    assert_eq!(said(&["score", out]).0, 0);
    assert_eq!(said(&["report", out]).0, 0);
    let again: Value = serde_json::from_str(&read("sweep.json")).unwrap();
    assert_eq!((again, read("README.md")), (first.clone(), page));
}

fn names_the_cliff(page: &str, found: &Value) {
    assert!(page.contains("plots/1-loss.svg"), "{page}");
    let cliff = format!("* {} loses at ", MONITOR.replace('_', "\\_"));
    assert!(page.contains(&cliff), "{page}");
    assert!(
        found["unfinished"].is_null() && !page.contains("was not finished"),
        "{page}"
    );
}

/// Had the sweep been stopped before its last trial, that one would be named.
fn names_what_was_due(out: &str) {
    let mut summary = Summary::read(out.as_ref()).unwrap();
    let place = summary
        .cells
        .iter()
        .rposition(|cell| cell.configuration != "null");
    let last = summary.cells.remove(place.unwrap());
    let cut = &Sweep::new(&summary).found[0];
    assert_eq!(cut.unfinished, Load::parse(&last.workload).map(|one| one.1));
}
