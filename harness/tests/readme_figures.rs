//! Every figure of README.md that stands outside the marked parts is what the program, its definitions and the
//! committed records give. A figure that this test does not know fails it, and so does one that the page has no more:
//! "five repetitions" once stood above a matrix of forty.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::said;
use regex::Regex;
use serde_json::Value;

/// A piece of the page that holds a figure, and whether it is true now.
struct Figure {
    text: &'static str,
    holds: fn(&Facts) -> bool,
}

const fn figure(text: &'static str, holds: fn(&Facts) -> bool) -> Figure {
    Figure { text, holds }
}

const FIGURES: &[Figure] = &[
    figure("on two cores of a virtual machine, Linux 6.18", |facts| {
        let machine = &facts.json("results/reference/record.json")["machine"];
        machine["cpus"] == 2
            && machine["virtualisation"] == "a virtual machine"
            && machine["kernel"].as_str().unwrap().starts_with("6.18.")
    }),
    figure("the 95 % interval", |facts| {
        facts.text("docs/FORMAT.md").contains("95 %")
    }),
    figure("the five things", |facts| {
        let page = facts.text("docs/READING.md");
        page.lines().filter(|line| line.starts_with("## ")).count() == 5
    }),
    figure("Requires Rust 1.89 or later", |facts| {
        facts
            .text("Cargo.toml")
            .contains("\nrust-version = \"1.89\"\n")
    }),
    figure("about three minutes", |facts| {
        let help = facts.said(&["run", "--help"]);
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let default = Regex::new(r"(\d+) s for the default comparison").unwrap();
        let overhead: u32 = default.captures(&help).unwrap()[1].parse().unwrap();
        // Twelve sustained cells of some four seconds, and what begins and ends them, are another minute or so.
        (150..=210).contains(&(overhead + 60))
    }),
    figure("eight real workloads, from", |facts| {
        facts.listed("real/") == 8
    }),
    figure("eight real workloads and", |facts| {
        facts.recorded("real", "real/") == 8
    }),
    figure("under 1,000 processes a second", |facts| {
        facts
            .text("workloads/definitions/blind/gap.toml")
            .contains("\nrate = 1000\n")
    }),
    figure("of 5,000 processes", |facts| {
        facts
            .text("workloads/definitions/blind/backfill.toml")
            .contains("\ncount = 5000\n")
    }),
    figure("the four questions above", |facts| {
        let brief = facts.said(&["report", "--brief", &facts.path("results/reference")]);
        brief.matches("* **").count() == 4
    }),
    figure("in 19 of 20 histories", |facts| {
        let source = facts.text("harness/report/src/trend/change.rs");
        source.contains("const ALARM: f64 = 0.05;")
    }),
    figure("103 small cases", |facts| facts.listed("case/") == 103),
    figure("makes 25 claims", |facts| {
        let page = facts.said(&["report", "--claims", "--brief", &facts.path("results")]);
        page.lines().filter(|line| line.starts_with("| ")).count() == 25 + 1
    }),
    figure("nothing of the three events", |_| {
        contract::Kind::ALL.len() == 3
    }),
    figure("Six more techniques", |facts| {
        let more = facts
            .list
            .lines()
            .skip(1)
            .take_while(|line| !line.is_empty());
        let names = more.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
        let compared = [
            "null", "replay", "preload", "netlink", "audit", "ebpf", "kmod",
        ];
        let names = names.filter(|name| !name.starts_with(['{', '-']) && *name != "offers");
        names.filter(|name| !compared.contains(name)).count() == 6
    }),
    figure("nineteen third-party tools", |facts| {
        let tools = facts.list.split_once("\nthird-party tool").unwrap().1;
        let lines = tools.lines().skip(1).take_while(|line| !line.is_empty());
        let names = lines.filter(|line| !line.starts_with("   ") && !line.starts_with("  watch-"));
        names.count() == 19
    }),
    figure("MIT or Apache-2.0,", |facts| {
        facts
            .text("Cargo.toml")
            .contains("\nlicense = \"MIT OR Apache-2.0\"\n")
    }),
    figure("GPL-2.0", |facts| {
        let module = facts.text("monitors/src/ebpf/probe.bpf.c");
        module.contains("GPL-2.0")
    }),
];

/// What the figures are asked of.
struct Facts {
    home: PathBuf,
    list: String,
}

impl Facts {
    fn new() -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let (code, list, errors) = said(&["list"]);
        assert_eq!((code, errors.as_str()), (0, ""));
        Self { home, list }
    }

    fn path(&self, name: &str) -> String {
        self.home.join(name).to_str().unwrap().to_owned()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.home.join(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    fn said(&self, args: &[&str]) -> String {
        let output = Command::new(common::BINARY)
            .args(args)
            .current_dir(&self.home)
            .output()
            .unwrap();
        assert!(output.status.success(), "harness {args:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// How many workloads `harness list` has whose name begins so.
    fn listed(&self, prefix: &str) -> usize {
        let lines = self.list.lines().map(str::trim_start);
        lines.filter(|line| line.starts_with(prefix)).count()
    }

    /// How many a record has.
    fn recorded(&self, record: &str, prefix: &str) -> usize {
        let record = self.json(&format!("results/{record}/record.json"));
        let workloads = record["workloads"].as_array().unwrap().iter();
        let names = workloads.map(|one| one["name"].as_str().unwrap());
        names.filter(|name| name.starts_with(prefix)).count()
    }
}

/// The page with everything that is no prose blanked out: marked parts, code, the targets of links.
fn prose(page: &str) -> String {
    let not_prose = r"(?s)<!-- .*?<!-- end -->|`[^`]*`|\]\([^)]*\)";
    let blank = |found: &regex::Captures<'_>| found[0].replace(|c: char| c != '\n', " ");
    let page = Regex::new(not_prose).unwrap().replace_all(page, blank);
    // Of a command that stands by itself, what is said of it.
    let command = Regex::new(r"(?m)^    [^#\n]*").unwrap();
    command.replace_all(&page, blank).into_owned()
}

/// Where the figures stand. "One" is an article, too.
fn figures(page: &str) -> Vec<Range<usize>> {
    let words = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|nineteen|twenty|hundred|thousand|million";
    let figure = Regex::new(&format!(r"(?i)\b(?:{words})\b|\d[\d,.]*")).unwrap();
    figure.find_iter(page).map(|found| found.range()).collect()
}

/// Where `text` stands, however the lines of the page are broken.
fn places(page: &str, text: &str) -> Vec<Range<usize>> {
    let words: Vec<_> = text.split(' ').map(regex::escape).collect();
    let broken = Regex::new(&words.join(r"\s+")).unwrap();
    broken.find_iter(page).map(|found| found.range()).collect()
}

#[test]
fn every_figure_outside_the_marked_parts_is_true() {
    let facts = Facts::new();
    let page = prose(&facts.text("README.md"));
    let known: Vec<_> = FIGURES
        .iter()
        .map(|one| (one, places(&page, one.text)))
        .collect();
    let covers = |at: &Range<usize>| {
        let mut all = known.iter().flat_map(|(_, places)| places);
        all.any(|place| place.start <= at.start && at.end.min(page.len()) <= place.end + 1)
    };
    let unknown: BTreeSet<_> = figures(&page)
        .into_iter()
        .filter(|at| !covers(at))
        .map(|at| page[..at.start].lines().count())
        .collect();
    let gone = known
        .iter()
        .filter(|(_, places)| places.is_empty())
        .map(|(one, _)| one.text);
    let gone: Vec<_> = gone.collect();
    let wrong = FIGURES
        .iter()
        .filter(|one| !(one.holds)(&facts))
        .map(|one| one.text);
    let wrong: Vec<_> = wrong.collect();
    assert!(
        unknown.is_empty() && gone.is_empty() && wrong.is_empty(),
        "of README.md: lines with a figure that no row of FIGURES holds {unknown:?}; not on the page {gone:?}; \
         not true {wrong:?}; repeat with: cargo test -p rollcall --test readme_figures"
    );
}

#[test]
fn a_figure_that_stands_nowhere_else_is_seen() {
    let page = "on 7 kernels `8 of code`, twelve\n    command 9 # takes 10 s\n<!-- a 11 -->\n12\n<!-- end -->\n";
    let found = figures(&prose(page));
    let page = prose(page);
    let words: Vec<_> = found.into_iter().map(|at| &page[at]).collect();
    assert_eq!(words, ["7", "twelve", "10"]);
}
