//! Every command of README.md runs: as it stands there, made short and given what its placeholders stand for. A
//! command that the page has and this test does not fails it, and so does one that the page has no more.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::scratch;
use regex::Regex;
use tempfile::TempDir;

/// A command of the page, what is run for it, and a part of what it then prints on either stream.
struct Row {
    page: &'static str,
    run: &'static str,
    says: &'static str,
}

const fn row(page: &'static str, run: &'static str, says: &'static str) -> Row {
    Row { page, run, says }
}

/// In the order in which they are run: each in the same folder.
const ANY_USER: &[Row] = &[
    row(
        "harness",
        "harness -m preload -w fork-bomb --scale 0.02 --reps 1 --out one",
        "/one/README.md",
    ),
    row(
        "harness run --setup 'make clean' -- make -j2",
        "harness run -m preload --reps 1 --setup 'make clean' --out two -- make -j2",
        "make -j2:",
    ),
    row(
        "harness run --tools DIR",
        "harness run --tools tools -m my-agent -w fork-bomb --scale 0.02 --reps 1 --out three",
        "my-agent",
    ),
    row("harness doctor", "harness doctor", "can run"),
    row("harness list", "harness list", "static-binary"),
    row(
        "harness advise --rate 2000",
        "harness advise --rate 2000 $RESULTS/reference",
        "ebpf",
    ),
    row(
        "--rate exec=40,fork=60",
        "harness advise --rate exec=40,fork=60 $RESULTS/reference",
        "at 60 forks (and exits) and 40 execs a second",
    ),
    row(
        "harness explain RECORD -m NAME",
        "harness explain $RESULTS/reference -m preload",
        "likely_cause",
    ),
    row(
        "harness score --check RECORD",
        "harness score --check $RESULTS/reference",
        "no fault",
    ),
    row(
        "harness trend DIR...",
        "harness trend one two --out trend.html",
        "\"series\"",
    ),
    row(
        "harness gate --baseline gate.json --update -m NAME",
        "harness gate --baseline gate.json --update -m preload -w 'paced$' --reps 1 --scale 0.05",
        "",
    ),
    row(
        "harness gate --baseline gate.json",
        "harness gate --baseline gate.json",
        "fine",
    ),
];

const ROOT: &[Row] = &[
    row(
        "harness run -m ebpf,audit --budget 2m --setup 'make clean' -- make -j2",
        "harness run -m ebpf,audit --reps 1 --setup 'make clean' --out four -- make -j2",
        "audit: ",
    ),
    row(
        "harness run -m ebpf,bpftrace,forkstat",
        "harness run -m ebpf,bpftrace,forkstat -w fork-bomb --scale 0.02 --reps 1 --out five",
        "forkstat",
    ),
    row(
        "harness run -m 'netlink{rcvbuf=212992}' -w static-binary",
        "harness run -m 'netlink{rcvbuf=212992}' -w static-binary --scale 0.02 --reps 1 --out six",
        "netlink{rcvbuf=212992}",
    ),
    row(
        "harness run -w blind",
        "harness run -w blind -m ebpf --reps 1 --out seven",
        "processes that ran before, known:",
    ),
    row(
        "harness watch ebpf",
        "timeout --preserve-status -s INT 5 harness watch ebpf",
        "\"kind\":",
    ),
];

/// Minutes long, and run by scripts/test or CI itself.
const ELSEWHERE: &[&str] = &["harness selftest"];

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands of the page: of code spans, and of lines set apart, whose cargo builds the harness first.
fn commands() -> BTreeSet<String> {
    let page = fs::read_to_string(home().join("README.md")).unwrap();
    // What the marked parts are made by is a comment, and held by tests/readme.rs.
    let page = Regex::new("<!--.*-->")
        .unwrap()
        .replace_all(&page, "")
        .into_owned();
    let spans = Regex::new("`((?:harness |--rate )[^`]*)`").unwrap();
    let spans = spans.captures_iter(&page).map(|one| one[1].to_owned());
    let lines = page
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .map(|line| {
            line.strip_prefix("cargo run --release --bin ")
                .unwrap_or(line)
        })
        .filter(|line| line.starts_with("harness"));
    let lines = lines.map(|line| line.split('#').next().unwrap().trim().to_owned());
    spans.chain(lines).collect()
}

/// A folder with what the commands need.
fn folder() -> TempDir {
    let dir = scratch();
    fs::write(
        dir.path().join("Makefile"),
        "all: a b\na b:\n\t/bin/true\nclean:\n\t/bin/true\n",
    )
    .unwrap();
    let tools = dir.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let own = include_str!("../../monitors/src/tools/watch-preload.toml");
    let own = own.replace("name = \"watch-preload\"", "name = \"my-agent\"");
    fs::write(tools.join("my-agent.toml"), own).unwrap();
    dir
}

fn run(dir: &Path, row: &Row) {
    let binary = Path::new(env!("CARGO_BIN_EXE_harness")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell
        .args(["-c", row.run])
        .current_dir(dir)
        .env("PATH", path);
    let out = shell
        .env("RESULTS", home().join("results"))
        .output()
        .unwrap();
    let [said, errors] = [out.stdout, out.stderr].map(|text| String::from_utf8(text).unwrap());
    let both = format!("$ {}\n{said}{errors}", row.run);
    assert_eq!(out.status.code(), Some(0), "{both}");
    assert!(
        said.contains(row.says) || errors.contains(row.says),
        "wanted: {}\n{both}",
        row.says
    );
}

#[test]
fn every_command_of_the_page_is_known_here() {
    let known = ANY_USER.iter().chain(ROOT).map(|row| row.page);
    let known: BTreeSet<String> = known
        .chain(ELSEWHERE.iter().copied())
        .map(String::from)
        .collect();
    assert_eq!(commands(), known);
    let page = fs::read_to_string(home().join("README.md")).unwrap();
    let scripts = Regex::new(r"`(scripts/[a-z-]+)`|(?m)^    (scripts/[a-z-]+)").unwrap();
    let mut count = 0;
    for one in scripts.captures_iter(&page) {
        let path = one.get(1).or(one.get(2)).unwrap().as_str();
        assert!(home().join(path).is_file(), "{path}");
        count += 1;
    }
    assert!(count > 3, "{count} scripts");
}

#[test]
fn commands_for_any_user_run() {
    let dir = folder();
    ANY_USER.iter().for_each(|row| run(dir.path(), row));
}

#[test]
#[ignore = "needs root"]
fn commands_for_root_run() {
    let dir = folder();
    ROOT.iter().for_each(|row| run(dir.path(), row));
}
