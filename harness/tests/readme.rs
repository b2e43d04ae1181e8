//! The matrices and the answers in README.md, and the table of buffers in docs/METHODOLOGY.md, are those of the
//! committed records. After a new record or
//! a wanted change: `BLESS=1 cargo test -p rollcall --test readme`, and read the diff.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::said;

const END: &str = "<!-- end -->\n";

/// Puts `block` behind the line `begin` of `page`, or says that it does not stand there.
fn hold(page: &mut String, begin: &str, block: &str) {
    let begin = format!("<!-- {begin} -->\n");
    let (before, rest) = page.split_once(&begin).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let repeat = "BLESS=1 cargo test -p rollcall --test readme";
    assert!(
        std::env::var_os("BLESS").is_some() || found == block,
        "{repeat}\nwanted:\n{block}\nfound:\n{found}"
    );
    *page = format!("{before}{begin}{block}{END}{after}");
}

/// The committed records of the matrix. A line of kernels that was added after the last record has none yet, and not
/// all have one of arm64.
fn kernels(home: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string(home.join("scripts/kernels.toml")).unwrap();
    let table: toml::Table = toml::from_str(&table).unwrap();
    let keys: Vec<_> = table.keys().filter(|key| *key != "tools").collect();
    let names = ["kernels", "arm64"].iter().flat_map(|folder| {
        let name = move |key| format!("results/{folder}/{key}");
        keys.iter().map(name)
    });
    let records = names.map(|name| home.join(name));
    records
        .filter(|one| one.join("record.json").exists())
        .collect()
}

#[test]
fn what_is_said_of_records_is_what_they_say() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = home.join("README.md");
    let mut page = fs::read_to_string(&path).unwrap();
    let said = |args: &[&str]| {
        let (code, text, errors) = said(args);
        assert_eq!((code, errors.as_str()), (0, ""), "harness {args:?}");
        text
    };

    let record = home.join("results/reference");
    let brief = said(&["report", "--brief", record.to_str().unwrap()]);
    hold(
        &mut page,
        "harness report --brief results/reference",
        &brief,
    );
    let rows = brief.lines().filter(|line| line.starts_with("| `"));
    assert!(rows.count() > 3, "{brief}");
    assert!(
        brief.matches("* **").count() == 4 && brief.contains("\"Use netlink\""),
        "{brief}"
    );

    let results = home.join("results");
    let claims = said(&["report", "--claims", "--brief", results.to_str().unwrap()]);
    hold(
        &mut page,
        "harness report --claims --brief results",
        &claims,
    );

    let kernels = kernels(&home);
    assert!(kernels.len() >= 4, "{kernels:?}");
    let mut args = vec!["report"];
    args.extend(kernels.iter().map(|kernel| kernel.to_str().unwrap()));
    let text = said(&args);
    let rows: Vec<_> = text
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() > 6, "{text}");
    let matrix = rows.join("\n") + "\n";
    hold(
        &mut page,
        "harness report results/{kernels,arm64}/*/: the matrix",
        &matrix,
    );
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page).unwrap();
    }
}

#[test]
fn the_buffers_that_are_advised_follow_from_the_records() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = home.join("docs/METHODOLOGY.md");
    let mut page = fs::read_to_string(&path).unwrap();
    // Real CPUs, and eight emulated ones where these records are there.
    let names = ["reference", "real", "cpus/6.1", "cpus/7.x"];
    let records = names.map(|name| home.join("results").join(name));
    let there = records
        .iter()
        .filter(|one| one.join("summary.json").exists());
    let mut args = vec!["report", "--buffers"];
    args.extend(there.map(|one| one.to_str().unwrap()));
    let (code, text, errors) = said(&args);
    assert_eq!((code, errors.as_str()), (0, ""), "harness {args:?}");
    assert!(text.contains("**extrapolated**"), "{text}");
    // At least three families in each of the two records, whether or not these are of one machine.
    for technique in ["ebpf", "netlink", "audit"] {
        let begin = format!("| {technique} | ");
        let rows = text.lines().filter_map(|line| line.strip_prefix(&begin));
        let cells = rows.map(|row| row.split(' ').next().unwrap().parse::<u32>().unwrap());
        assert!(cells.sum::<u32>() >= 6, "{technique} in\n{text}");
    }
    let begin = "harness report --buffers results/reference results/real results/cpus/*/";
    hold(&mut page, begin, &text);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page).unwrap();
    }
}
