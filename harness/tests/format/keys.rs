//! The tables of keys in docs/FORMAT.md, and a walk of JSON along them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

/// The tables by the name of their heading, and what was met of them.
pub(crate) struct Keys {
    tables: BTreeMap<String, Table>,
    /// Keys that no table has.
    unknown: BTreeSet<String>,
}

#[derive(Default)]
struct Table {
    rows: BTreeMap<String, Row>,
}

struct Row {
    /// The table that describes what is below this key.
    reference: Option<String>,
    met: bool,
}

impl Keys {
    /// From the page: a heading with a name in backticks begins a table, a row with a key in
    /// backticks belongs to it. "As `NAME`" in the second column refers to another table.
    pub(crate) fn read(page: &str) -> Self {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let mut current = None;
        for line in page.lines() {
            if line.starts_with('#') {
                current = quoted(line).map(str::to_owned);
            } else if let (Some(name), Some(cells)) = (&current, line.strip_prefix("| `")) {
                let (key, meaning) = cells.split_once("` | ").unwrap_or((cells, ""));
                let reference = meaning.starts_with("as `").then(|| quoted(meaning));
                let row = Row {
                    reference: reference.flatten().map(str::to_owned),
                    met: false,
                };
                let table = tables.entry(name.clone()).or_default();
                table.rows.insert(key.to_owned(), row);
            }
        }
        Self {
            tables,
            unknown: BTreeSet::new(),
        }
    }

    /// Walks a file along the table called `name`.
    pub(crate) fn walk(&mut self, name: &str, value: &Value) {
        assert!(self.tables.contains_key(name), "no table of {name}");
        self.step(name, "", value);
    }

    fn step(&mut self, name: &str, path: &str, value: &Value) {
        let table = self.tables.get_mut(name).unwrap_or_else(|| {
            panic!("docs/FORMAT.md refers to a table of {name}, which it does not have")
        });
        if let Some(row) = table.rows.get_mut(path) {
            row.met = true;
            if let Some(reference) = row.reference.clone() {
                return self.step(&reference, "", value);
            }
        }
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match self.child(name, path, key) {
                        Some(path) => self.step(name, &path, value),
                        None => drop(self.unknown.insert(format!("{name}: {path}.{key}"))),
                    }
                }
            }
            Value::Array(values) => {
                let path = format!("{path}[]");
                if let Some(row) = table.rows.get_mut(&path) {
                    row.met = true;
                }
                values
                    .iter()
                    .for_each(|value| self.step(name, &path, value));
            }
            _ => {}
        }
    }

    /// The path of a key: itself, or the name in capitals that stands for any.
    fn child(&self, name: &str, path: &str, key: &str) -> Option<String> {
        let begin = if path.is_empty() {
            String::new()
        } else {
            format!("{path}.")
        };
        let rows = self.tables[name].rows.keys();
        let next = rows.filter_map(|row| row.strip_prefix(&begin)?.split(['.', '[']).next());
        let next: BTreeSet<&str> = next.collect();
        let any = |one: &&&str| one.len() > 1 && one.chars().all(|c| c.is_ascii_uppercase());
        let found = next.get(key).or_else(|| next.iter().find(any))?;
        Some(format!("{begin}{found}"))
    }

    /// Everything that is not as it should be, one a line: keys that no table has and, of the
    /// tables called `whole`, rows that were not met.
    pub(crate) fn faults(&self, whole: &[&str]) -> String {
        let mut text = String::new();
        for key in &self.unknown {
            let _ = writeln!(text, "{key} is not in docs/FORMAT.md");
        }
        for name in whole {
            for (key, row) in &self.tables[*name].rows {
                if !row.met {
                    let _ = writeln!(text, "{name}: {key} is in docs/FORMAT.md and in no record");
                }
            }
        }
        text
    }

    /// The names of all tables.
    pub(crate) fn names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }
}

/// What stands in the first backticks.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

#[test]
fn both_directions_are_told() {
    let page = "## `a.json`\n| key | what |\n|---|---|\n| `x.KIND[].y` | n |\n| `z` | as `b` |\n\
                ## `b`\n| `c` | n |\n| `d` | n |\n## Prose\n| `e` | no table |\n";
    let mut keys = Keys::read(page);
    assert_eq!(keys.names(), ["a.json", "b"]);
    let value = serde_json::json!({"x": {"any": [{"y": 1}]}, "z": {"c": null, "f": 2}, "g": 3});
    keys.walk("a.json", &value);
    assert_eq!(
        keys.faults(&["a.json", "b"]),
        "a.json: .g is not in docs/FORMAT.md\nb: .f is not in docs/FORMAT.md\n\
         b: d is in docs/FORMAT.md and in no record\n"
    );
    keys.walk("a.json", &serde_json::json!({"x": {"any": [{"w": 1}]}}));
    assert!(
        keys.faults(&[]).contains("a.json: x.KIND[].w is not"),
        "{}",
        keys.faults(&[])
    );
}
