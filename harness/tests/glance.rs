//! What a page shows first: pictures whose marks can be greyed out, and how to read it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::scratch;
use regex::Regex;
use report::Pictures;

const HOME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The page of the reference record.
fn page() -> String {
    let dir = scratch();
    for file in ["record.json", "summary.json"] {
        let from = Path::new(HOME).join("results/reference").join(file);
        fs::copy(from, dir.path().join(file)).unwrap();
    }
    report::write_all(dir.path(), Pictures::Svg).unwrap();
    fs::read_to_string(dir.path().join("report.html")).unwrap()
}

#[test]
fn a_page_says_how_to_read_it_and_so_does_the_document() {
    let page = page().replace("&quot;", "\"");
    let document = fs::read_to_string(Path::new(HOME).join("docs/READING.md")).unwrap();
    let numbered = Regex::new(r"(?m)^## \d\. (.+)$").unwrap();
    let titles = numbered
        .captures_iter(&document)
        .map(|one| one[1].to_owned());
    let titles: Vec<_> = titles.collect();
    assert_eq!(titles.len(), 5, "{titles:?}");
    for title in titles {
        assert!(page.contains(&format!("<dt>{title}</dt>")), "{title}");
    }
    assert!(page.contains(r##"<a href="#reading">"##) && page.contains(r#"id="reading""#));
}

#[test]
fn every_mark_of_a_picture_is_of_a_configuration_of_the_table() {
    let page = page();
    let names = |tag: &str| -> BTreeSet<String> {
        let pattern = format!(r#"<{tag} data-configuration="([^"]*)""#);
        let found = Regex::new(&pattern).unwrap();
        found
            .captures_iter(&page)
            .map(|one| one[1].to_owned())
            .collect()
    };
    assert!(names("g").len() > 3, "{:?}", names("g"));
    assert_eq!(names("g"), names("tr"));
}
