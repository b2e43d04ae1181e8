//! Definitions of tools for the tests, and what is said of a bad one.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{cells, said, scratch, summary};

/// A definition of a tool for a test.
pub(crate) struct Definition<'a> {
    pub(crate) name: &'a str,
    pub(crate) run: &'a [&'a str],
    /// TOML values of `needs`.
    pub(crate) needs: &'a str,
    /// More keys, each in a line of its own.
    pub(crate) keys: &'a str,
    /// TOML tables behind the others.
    pub(crate) lines: &'a str,
}

impl Definition<'_> {
    /// Of a tool whose lines are those of [`EXITS`].
    pub(crate) const fn new<'a>(name: &'a str, run: &'a [&'a str]) -> Definition<'a> {
        Definition {
            name,
            run,
            needs: "",
            keys: "",
            lines: EXITS,
        }
    }

    /// Writes it into `dir`.
    pub(crate) fn write(&self, dir: &Path) {
        let Self {
            name,
            run,
            needs,
            keys,
            lines,
        } = self;
        // The program that is asked for its version is the one that must be installed.
        let version = if run[0] == "no-such-tool" {
            "no-such-tool"
        } else {
            "true"
        };
        let text = format!(
            r#"name = "{name}"
about = "a test"
install = "nothing"
version = ["{version}"]
needs = [{needs}]
run = {run:?}
buffering = "none"
{keys}
[claims]
clock = "none"
fork = ["ppid"]
exec = []
exit = ["status"]
{lines}"#
        );
        fs::write(dir.join(format!("{name}.toml")), text).unwrap();
    }
}

/// Lines of which only exits can be read.
pub(crate) const EXITS: &str = "[[line]]\nkind = \"exit\"\nregex = '^exit (?<pid>\\d+)$'\n";

/// Measures once with each of the tools `names` of `dir`; their cells in this order, and stderr.
pub(crate) fn measured(dir: &Path, names: &[&str]) -> (Vec<Value>, String) {
    let out = dir.join("record");
    let workload = "short-lived/fork{count=100}";
    let mut args = vec!["run", "-w", workload, "--reps", "1"];
    args.extend([
        "--tools",
        dir.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    args.extend(names.iter().flat_map(|name| ["-m", *name]));
    let (_, _, stderr) = said(&args);
    let summary = summary(&out);
    let cell = |name: &&str| (*cells(&summary, name).last().unwrap()).clone();
    (names.iter().map(cell).collect(), stderr)
}

/// What `harness list` says of a bad definition: one line on stderr.
fn error(keys: &str, lines: &str) -> String {
    let dir = scratch();
    let definition = Definition {
        keys,
        lines,
        ..Definition::new("bad", &["true"])
    };
    definition.write(dir.path());
    let (code, _, stderr) = said(&["list", "--tools", dir.path().to_str().unwrap()]);
    assert_eq!((code, stderr.lines().count()), (2, 1), "{stderr}");
    assert!(stderr.contains("bad.toml: "), "{stderr}");
    stderr
}

#[test]
fn a_bad_definition_is_one_line_that_names_file_and_key() {
    assert!(error("colour = 1", EXITS).contains("unknown field `colour`"));
    assert!(error("", "").contains("line: is missing: give at least one"));
    let line = |regex: &str| format!("[[line]]\nkind = \"exit\"\nregex = '{regex}'\n");
    assert!(error("", &line("(?<pid>")).contains("not a regular expression"));
    assert!(error("", &line("x")).contains("has no group 'pid'"));
    assert!(error("", &line("(?<pid>.)(?<guid>.)")).contains("no field is called 'guid'"));
}

#[test]
fn a_folder_without_definitions_and_a_name_that_is_taken_are_misuse() {
    let dir = scratch();
    let doctor = || said(&["doctor", "--tools", dir.path().to_str().unwrap()]);
    let (code, _, stderr) = doctor();
    assert_eq!(code, 2, "{stderr}");
    Definition::new("netlink", &["true"]).write(dir.path());
    let (code, _, stderr) = doctor();
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("'netlink' is taken"), "{stderr}");
}
