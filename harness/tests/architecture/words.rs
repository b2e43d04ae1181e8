//! Words that were replaced by those of the field.

use regex::Regex;

use crate::files;

/// In two parts each, so that this file has none of them.
const REPLACED: [(&str, &str); 7] = [
    ("mom", "ents?"),
    ("late", "ness"),
    ("contest", "ants?"),
    ("inven", "ted"),
    ("on", "looker"),
    ("exam", "iner"),
    ("tools? of some", "body else"),
];

/// What was written when these words were in use, or by others.
const MAY_HAVE_THEM: [&str; 2] = ["CHANGELOG.md", "Cargo.lock"];

#[test]
fn replaced_words_do_not_return() {
    let words = REPLACED.map(|(head, tail)| format!("{head}{tail}"));
    let words = Regex::new(&format!(r"(?i)\b({})\b", words.join("|"))).unwrap();
    let mut found = Vec::new();
    for file in files::all() {
        if MAY_HAVE_THEM.iter().any(|name| file.path == *name) {
            continue;
        }
        if words.is_match(&file.path.replace(['_', '-'], " ")) {
            found.push(file.path.clone());
        }
        let lines = file.text.as_deref().unwrap_or_default().lines();
        let has = lines.enumerate().filter(|(_, line)| words.is_match(line));
        found.extend(has.map(|(at, line)| format!("{}:{}: {line}", file.path, at + 1)));
    }
    assert!(found.is_empty(), "{found:#?}");
}
