//! JSON files, whole.

use std::path::Path;

use anyhow::{Context, Result};
use contract::file;
use serde::Serialize;

/// Reads a JSON file; an error names it.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = file::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{}: is not what harness writes there", path.display()))
}

/// Writes a JSON file on one line; an error names it.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write(path, serde_json::to_vec(value)?)
}

/// Writes a JSON file that is also read, and changed, by hand.
pub fn write_json_pretty<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write(path, serde_json::to_vec_pretty(value)?)
}

fn write(path: &Path, mut text: Vec<u8>) -> Result<()> {
    text.push(b'\n');
    file::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}
