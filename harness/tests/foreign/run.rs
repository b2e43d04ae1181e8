//! A run of a command, and what it left.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::common::{harness, summary};

/// What is left of one run would be taken for what is left of another.
static ALONE: Mutex<()> = Mutex::new(());

/// No other run of these tests as long as it is kept.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a run printed.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// How to repeat it.
    pub(crate) repeat: String,
}

/// Measures `script` for the shell under `ebpf` into `dir/record`, with these options.
pub(crate) fn run(dir: &Path, options: &[&str], script: &str) -> Said {
    let out = dir.join("record");
    let mut command = harness();
    command.args(["run", "-m", "ebpf", "--out"]).arg(&out);
    command.args(options).args(["--", "sh", "-c", script]);
    command.env("FOREIGN_TEST", "the caller's");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        repeat: format!(
            "repeat with: harness run -m ebpf {} -- sh -c \"{script}\"",
            options.join(" ")
        ),
    }
}

/// The same, which has to succeed: what was printed, and the summary.
pub(crate) fn measured(dir: &Path, options: &[&str], script: &str) -> (String, Value) {
    let said = run(dir, options, script);
    assert_eq!(said.code, Some(0), "{}\n{}", said.repeat, said.stderr);
    (said.stdout, summary(&dir.join("record")))
}

/// A figure of a cell.
pub(crate) fn n(cell: &Value, kind: &str, name: &str) -> u64 {
    cell["kinds"][kind][name]
        .as_u64()
        .unwrap_or_else(|| panic!("{cell:#}"))
}

/// The lines of a report without the ends of lines that a terminal needs.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
