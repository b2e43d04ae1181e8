//! docs/CLAIMS.md says of the folklore what the committed records say, and every claim has a verdict. The table in
//! README.md is held by readme.rs. After a new record or a wanted change:
//! `BLESS=1 cargo test -p rollcall --test claims`, and read the diff.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;

use common::said;

#[test]
fn every_claim_has_the_verdict_that_the_records_give() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let results = home.join("results");
    let (code, page, errors) = said(&["report", "--claims", results.to_str().unwrap()]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for none in ["to be judged again", "**not measured**"] {
        assert!(
            !page.contains(none),
            "harness/report/src/claims.toml:\n{page}"
        );
    }
    assert_eq!(
        page.lines().filter(|line| line.contains("| **")).count(),
        25
    );
    let path = home.join("docs/CLAIMS.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let repeat = "BLESS=1 cargo test -p rollcall --test claims";
    assert_eq!(fs::read_to_string(&path).unwrap(), page, "{repeat}");
}
