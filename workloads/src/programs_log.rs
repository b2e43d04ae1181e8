//! What the programs of a run wrote to stderr.

use std::path::Path;

/// Its file in the folder of a cell.
pub(crate) const FILE: &str = "programs.log";

/// The first line; `None` where nothing was written.
pub(crate) fn first_line(cell: &Path) -> Option<String> {
    let text = contract::file::read(&cell.join(FILE)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().map(str::to_owned)
}

/// The first line as the end of an error; empty where nothing was written.
pub(crate) fn note(cell: &Path) -> String {
    let line = first_line(cell).map(|line| format!("; {FILE} begins: {line}"));
    line.unwrap_or_default()
}
