//! docs/CLAIMS.md and the table of README.md say of the folklore what the committed records say, and every claim has a
//! verdict. After a new record or a wanted change: `BLESS=1 cargo test -p rollcall --test claims`, and read the diff.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;

use common::said;

const BEGIN: &str = "<!-- harness report --claims --brief results -->\n";
const END: &str = "<!-- end -->\n";

fn claims(home: &Path, more: &[&str]) -> String {
    let results = home.join("results");
    let words = ["report", "--claims", results.to_str().unwrap()];
    let (code, text, errors) = said(&[&words[..], more].concat());
    assert_eq!((code, errors.as_str()), (0, ""));
    text
}

#[test]
fn every_claim_has_the_verdict_that_the_records_give() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bless = std::env::var_os("BLESS").is_some();
    let page = claims(&home, &[]);
    assert!(
        !page.contains("to be judged again"),
        "harness/report/src/claims.toml:\n{page}"
    );
    assert_eq!(
        page.lines().filter(|line| line.contains("| **")).count(),
        25
    );
    let path = home.join("docs/CLAIMS.md");
    if bless {
        fs::write(&path, &page).unwrap();
    }
    let repeat = "BLESS=1 cargo test -p rollcall --test claims";
    assert_eq!(fs::read_to_string(&path).unwrap(), page, "{repeat}");

    let readme = home.join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let table = claims(&home, &["--brief"]);
    if bless {
        fs::write(&readme, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(found, table, "{repeat}");
    }
}
