//! The pages of a record: whole, safe, small and quick.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;
mod made;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;

use common::{said, scratch};
use regex::Regex;
use report::Pictures;
use scoring::record::{FORMAT, Machine, MonitorInfo, Record, WorkloadInfo, write_json};
use scoring::{Summary, score};
use tempfile::TempDir;

fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A copy of the record whose every name is an attack, with its report.
fn hostile() -> (TempDir, String) {
    let dir = scratch();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records/hostile");
    for file in ["record.json", "summary.json"] {
        fs::copy(from.join(file), dir.path().join(file)).unwrap();
    }
    let (code, stdout, stderr) = said(&["report", dir.path().to_str().unwrap()]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    (dir, stdout)
}

/// The tags of a page, and the names of their attributes.
fn markup(page: &str) -> BTreeSet<String> {
    let tag = Regex::new(r#"<(/?[a-zA-Z!][^\s>]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*/?>"#).unwrap();
    let attribute = Regex::new(r#"([^\s=]+)="[^"]*""#).unwrap();
    let mut found = BTreeSet::new();
    for one in tag.captures_iter(page) {
        found.insert(one[1].trim_start_matches('/').to_owned());
        let names = attribute.captures_iter(&one[2]);
        found.extend(names.map(|name| format!("@{}", &name[1])));
    }
    assert_eq!(
        tag.find_iter(page).count(),
        page.matches('<').count(),
        "an unpaired <"
    );
    found
}

const SHOWN: &str = "html span head meta title link style body header main nav section h1 h2 h3 h4 ul li a p div \
    table thead tbody tr th td details summary figure figcaption dl dt dd code strong !doctype \
    svg rect line polyline polygon circle text path g";

#[test]
fn hostile_names_do_not_become_markup() {
    let (dir, _) = hostile();
    let page = text(dir.path().join("report.html"));
    let allowed: BTreeSet<_> = SHOWN.split_whitespace().collect();
    let (start, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    // One script, and no name of the record in it.
    let (middle, rest) = rest.split_once("<script>").unwrap();
    let (script, end) = rest.split_once("</script>").unwrap();
    let own = include_str!("../report/src/templates/ask.js");
    assert_eq!(script.trim(), own.trim());
    for name in markup(&format!("{start}{middle}{end}")) {
        match name.strip_prefix('@') {
            Some(attribute) => {
                let active =
                    attribute.starts_with("on") || ["src", "srcset", "action"].contains(&attribute);
                assert!(!active, "the attribute {attribute}");
            }
            None => assert!(allowed.contains(&*name), "the tag {name}"),
        }
    }
    let hrefs = Regex::new(r#"href="([^"]*)""#).unwrap();
    for href in hrefs.captures_iter(&page) {
        assert!(
            href[1].starts_with('#') || &href[1] == "data:,",
            "{}",
            &href[1]
        );
    }
    // A template inside the data is not one.
    assert!(page.contains("{{ 7*7 }}"), "the text is shown as it is");
}

#[test]
fn hostile_names_forge_no_line_anywhere() {
    let (dir, stdout) = hostile();
    let mut pages = vec![("the terminal".to_owned(), stdout)];
    for file in ["README.md", "report.html"] {
        pages.push((file.to_owned(), text(dir.path().join(file))));
    }
    for entry in fs::read_dir(dir.path().join("plots")).unwrap() {
        let path = entry.unwrap().path();
        pages.push((path.display().to_string(), text(&path)));
    }
    assert!(pages.len() >= 8);
    for (name, page) in &pages {
        let odd = page
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(odd, None, "{name}");
        for line in page.lines() {
            assert!(
                !line.starts_with("forged") && !line.starts_with("# not"),
                "{name}: {line}"
            );
        }
    }
    let markdown = &pages[1].1;
    for line in markdown.lines().filter(|line| !line.starts_with("```")) {
        let bare = without_code(line);
        let link = bare.replace("\\]", "").contains("](javascript");
        assert!(!bare.contains('<') && !link, "{line}");
    }
}

/// A line of Markdown without its code spans, in which nothing is markup. A fence that is never
/// closed is none.
fn without_code(line: &str) -> String {
    let fence = Regex::new(r"\\`|`+").unwrap();
    let (mut bare, mut rest) = (String::new(), line);
    while let Some(open) = fence.find(rest) {
        let (before, after) = rest.split_at(open.end());
        let ends = |one: &regex::Match<'_>| one.as_str() == open.as_str();
        rest = match fence.find_iter(after).find(ends) {
            Some(close) if !open.as_str().starts_with('\\') => {
                bare += &rest[..open.start()];
                &after[close.end()..]
            }
            _ => {
                bare += before;
                after
            }
        };
    }
    bare + rest
}

#[test]
fn code_spans_end_where_markdown_ends_them() {
    for (line, bare) in [
        ("a `<b>` c", "a  c"),
        ("a ``b`<c>`` d", "a  d"),
        ("a \\`<b>` c", "a \\`<b>` c"),
        ("a ``<b>` c", "a ``<b>` c"),
    ] {
        assert_eq!(without_code(line), bare, "{line}");
    }
}

#[test]
fn every_plot_is_a_picture_too_when_asked_for() {
    let (dir, _) = hostile();
    let plots = dir.path().join("plots");
    let named = |end: &str| -> BTreeSet<_> {
        let paths = fs::read_dir(&plots).unwrap().map(|one| one.unwrap().path());
        let ours = paths.filter(|path| path.extension().unwrap() == end);
        ours.map(|path| path.file_stem().unwrap().to_owned())
            .collect()
    };
    assert!(named("png").is_empty());
    let dir = dir.path().to_str().unwrap();
    assert_eq!(said(&["report", "--png", dir]).0, 0);
    assert!(named("svg").len() > 5 && named("svg") == named("png"));
    for name in named("png") {
        let picture = fs::read(plots.join(name).with_extension("png")).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5_000);
    }
    let (code, stdout, stderr) = said(&["report", "--png", dir, dir]);
    assert_eq!((code, &*stdout), (2, ""));
    assert!(stderr.contains("--out"), "{stderr}");
}

/// What is committed of a report follows from the summary alone.
#[test]
fn a_report_made_again_is_the_same_byte_for_byte() {
    let files = |dir: &Path| {
        let plots = fs::read_dir(dir.join("plots")).unwrap();
        let plots = plots.map(|one| one.unwrap().path());
        let mut files: Vec<_> = plots.chain([dir.join("README.md")]).collect();
        files.sort();
        let read = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        };
        files.iter().map(read).collect::<Vec<_>>()
    };
    let plain = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records/plain");
    let made = [scratch(), scratch()].map(|dir| {
        for file in ["record.json", "summary.json"] {
            fs::copy(plain.join(file), dir.path().join(file)).unwrap();
        }
        report::write_readme(dir.path(), Pictures::Svg).unwrap();
        assert!(!dir.path().join("report.html").exists() && !dir.path().join("runs.csv").exists());
        let first = files(dir.path());
        report::write_all(dir.path(), Pictures::Svg).unwrap();
        assert!(first == files(dir.path()));
        first
    });
    assert!(made[0].len() > 5 && made[0] == made[1]);
}

#[test]
fn every_link_of_a_page_has_one_target() {
    let (dir, _) = hostile();
    links_hold(&text(dir.path().join("report.html")));
}

fn links_hold(page: &str) {
    let ids: Vec<_> = Regex::new(r#" id="([^"]*)""#)
        .unwrap()
        .captures_iter(page)
        .map(|id| id[1].to_owned())
        .collect();
    let set: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), set.len(), "an anchor is there twice");
    let links = Regex::new(r##"href="#([^"]*)""##).unwrap();
    let mut count = 0;
    for link in links.captures_iter(page) {
        assert!(
            set.contains(&link[1].to_owned()),
            "#{} leads nowhere",
            &link[1]
        );
        count += 1;
    }
    assert!(count > 50, "{count} links");
}

#[test]
fn many_records_make_one_report_kept_apart_by_machine() {
    let (one, _) = hostile();
    let (other, _) = hostile();
    let summary = text(other.path().join("summary.json")).replace("6.18.44", "5.10.0");
    fs::write(other.path().join("summary.json"), summary).unwrap();
    let out = scratch();
    let dirs = [one.path(), other.path(), one.path()].map(|dir| dir.to_str().unwrap().to_owned());
    let (code, stdout, _) = said(&["report", &dirs[0], &dirs[1]]);
    assert!(code == 0 && stdout.starts_with("# Kernels"), "{stdout}");
    let args = [
        "report",
        &dirs[0],
        &dirs[1],
        &dirs[2],
        "--out",
        out.path().to_str().unwrap(),
    ];
    assert_eq!(said(&args).0, 0);
    let page = text(out.path().join("report.html"));
    links_hold(&page);
    // Sorted by kernel: 5.10 is first, and only the two others are of one machine.
    let first = page.find("Linux 5.10.0").unwrap();
    assert!(first < page.find("Linux 6.18.44").unwrap());
    assert_eq!(page.matches("The same machine as").count(), 2);
    assert!(page.contains("id=\"kernels\""));
    let csv = text(out.path().join("runs.csv"));
    assert_eq!(csv.matches("record,workload,configuration").count(), 1);
    assert!(csv.contains(&dirs[0]) && csv.contains(&dirs[1]));
}

#[test]
fn cases_count_for_every_record_of_their_machine() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results");
    let [load, cases] = ["reference", "cases"].map(|name| results.join(name));
    let out = scratch();
    let dirs = [&load, &cases].map(|dir| dir.to_str().unwrap());
    let args = [
        "report",
        dirs[0],
        dirs[1],
        "--out",
        out.path().to_str().unwrap(),
    ];
    assert_eq!(said(&args).0, 0);
    let page = text(out.path().join("README.md"));
    let lent = "and the cases of cases, which is of the same machine";
    assert_eq!(page.matches(lent).count(), 1);
    let html = text(out.path().join("report.html"));
    let said = Regex::new("has: something missed in [0-9]+ of [0-9]+ cases").unwrap();
    assert!(said.is_match(&html));
    assert!(!text(load.join("README.md")).contains("something missed in"));
}

#[test]
fn two_records_are_compared_beyond_the_noise_only() {
    let (one, _) = hostile();
    let (other, _) = hostile();
    let dirs = [&one, &other].map(|dir| dir.path().to_str().unwrap());
    let (code, stdout, _) = said(&["compare", dirs[0], dirs[1]]);
    assert_eq!(code, 0);
    assert!(
        stdout.contains("no difference beyond the noise in "),
        "{stdout}"
    );
    let mut summary = common::summary(other.path());
    let worse = summary["comparison"].as_array_mut().unwrap();
    let netlink = worse
        .iter_mut()
        .find(|row| row["configuration"] == "netlink")
        .unwrap();
    netlink["loss"]["fork"] = serde_json::json!(
        { "rate": 0.1, "low": 0.09, "high": 0.11, "if_independent": { "low": 0.09, "high": 0.11 },
          "missed": 9830, "truths": 98301, "repetitions": 1, "repetitions_with_loss": 1 });
    write_json(&other.path().join("summary.json"), &summary).unwrap();
    let out = one.path().join("compare.html");
    let (code, stdout, _) = said(&["compare", dirs[0], dirs[1], "--out", out.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(stdout.contains("fork missed is worse"), "{stdout}");
    assert!(
        stdout.contains("1 of ") && stdout.contains("-> 9,830 of 98,301"),
        "{stdout}"
    );
    let page = text(out);
    assert!(
        page.contains("9,830 of 98,301") && !page.contains("<script"),
        "{page}"
    );
}

#[test]
fn a_record_of_a_million_events_is_a_small_page_at_once() {
    let mut scored = Vec::new();
    for (repetition, events) in [(1, 400_000), (2, 400_000), (3, 200_000)] {
        let input = made::input(events);
        let mut run = input.run.clone();
        run.repetition = repetition;
        scored.push(score(&run, &input.ledger, &input.journal, &input.claims, None).unwrap());
    }
    let record = Record {
        format: FORMAT,
        record: "million".into(),
        started: "2026-01-01T00:00:00Z".into(),
        command: vec!["harness".into()],
        seed: 1,
        scale: 1.0,
        repetitions: 3,
        precision: None,
        version: "0".into(),
        commit: None,
        sources: None,
        machine: Machine::default(),
        workloads: vec![WorkloadInfo {
            name: "storm".into(),
            model: "made".into(),
            analysis: "Made up.".into(),
            expected: [333_334, 333_333, 333_333],
        }],
        monitors: vec![MonitorInfo {
            name: "made".into(),
            about: "made up".into(),
            version: None,
            buffer: None,
            unavailable: None,
        }],
        recovered: Vec::new(),
        notes: Vec::new(),
    };
    let dir = scratch();
    write_json(&dir.path().join("record.json"), &record).unwrap();
    let summary = Summary::new(record, scored).unwrap();
    let events: u64 = summary.cells.iter().map(scoring::Cell::events).sum();
    assert_eq!(events, 1_000_000);
    write_json(&dir.path().join("summary.json"), &summary).unwrap();
    let begun = Instant::now();
    report::write_all(dir.path(), Pictures::Svg).unwrap();
    let took = begun.elapsed();
    let size = fs::metadata(dir.path().join("report.html")).unwrap().len();
    println!("{size} bytes in {took:?}");
    assert!(took.as_secs_f64() < 2.0, "{took:?}");
    assert!(size < 3_000_000, "{size} bytes");
}
