//! The matrix and the answers in README.md are those of results/reference. After a new record or a
//! wanted change: `BLESS=1 cargo test -p rollcall --test readme`, and read the diff.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::Path;

use common::said;

const BEGIN: &str = "<!-- harness report --brief results/reference -->\n";
const END: &str = "<!-- end -->\n";

#[test]
fn the_matrix_and_the_answers_are_those_of_the_record() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let record = home.join("results/reference");
    let (code, brief, errors) = said(&["report", "--brief", record.to_str().unwrap()]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let path = home.join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{brief}{END}{after}")).unwrap();
    } else {
        let repeat = "BLESS=1 cargo test -p rollcall --test readme";
        assert!(
            found == brief,
            "{repeat}\nwanted:\n{brief}\nfound:\n{found}"
        );
    }
    let rows = brief.lines().filter(|line| line.starts_with("| `"));
    assert!(rows.count() > 3, "{brief}");
    assert!(
        brief.matches("* **").count() == 4 && brief.contains("\"Use netlink\""),
        "{brief}"
    );
}
