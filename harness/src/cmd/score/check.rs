//! `harness score --check`: whether a record may stand beside those of others.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use report::Pictures;
use scoring::record::{Record, Status, read_json};
use scoring::{MISSED, Summary};
use serde_json::Value;
use tempfile::TempDir;

use crate::cmd::args::ToolsArgs;
use crate::exit::{misuse, say};
use crate::output::print;
use crate::scorer;

/// Floating-point figures that are computed again on another machine may differ by so much of themselves.
const ROUNDED: f64 = 1e-6;

/// Says each fault of the record in `dir` on a line; none: what it holds. Writes nothing there.
pub(super) fn check(dir: &Path) -> Result<()> {
    let bad = |error: anyhow::Error| misuse(format!("{error:#}"));
    Record::read(dir).map_err(bad)?;
    let summary = Summary::read(dir).map_err(bad)?;
    let mut faults = report::check::check(dir);
    let raw = dir.join("raw").is_dir();
    if raw {
        faults.extend(recount(dir)?);
    }
    faults.extend(page(dir)?);
    for fault in &faults {
        // What does not read is named with its folder.
        let inside = fault.strip_prefix(&format!("{}/", dir.display()));
        say(&format!("{}: {}", dir.display(), inside.unwrap_or(fault)));
    }
    match faults.len() {
        0 => print(&fine(dir, &summary, raw)),
        1 => Err(misuse(format!(
            "{}: 1 fault: the line above names it",
            dir.display()
        ))),
        count => Err(misuse(format!(
            "{}: {count} faults: the lines above name each",
            dir.display()
        ))),
    }
}

fn fine(dir: &Path, summary: &Summary, raw: bool) -> String {
    let record = &summary.record;
    let failed = summary
        .cells
        .iter()
        .filter(|cell| cell.status == Status::Failed);
    let counted = match raw {
        true => "counted again from raw/".into(),
        false => "raw/ is not there, so nothing was counted again".to_owned(),
    };
    let thinned = report::thinned(summary).map(|words| format!("; {words}"));
    let counted = counted + &thinned.unwrap_or_default();
    format!(
        "{}: no fault: {} cells, {} of them failed with a reason, commit {}; {counted}\n",
        dir.display(),
        summary.cells.len(),
        failed.count(),
        record.commit.as_deref().unwrap_or("unknown"),
    )
}

/// A folder with what `names` are in `dir`, as far as they are there.
fn copy(dir: &Path, names: &[&str]) -> Result<TempDir> {
    let folder = tempfile::tempdir().context("a folder for temporary files")?;
    for name in names {
        let (from, to) = (dir.join(name), folder.path().join(name));
        if from.exists() {
            fs::copy(&from, &to)
                .with_context(|| format!("{}: cannot be copied", from.display()))?;
        }
    }
    Ok(folder)
}

/// The first figure of each file that its raw files do not give.
fn recount(dir: &Path) -> Result<Vec<String>> {
    ToolsArgs::of_record(dir)?;
    let folder = copy(dir, &["record.json"])?;
    let raw = fs::canonicalize(dir.join("raw"))?;
    std::os::unix::fs::symlink(raw, folder.path().join("raw"))
        .map_err(|error| anyhow!("symlink(raw): {error}: free some space for temporary files"))?;
    if let Err(error) = Record::cells(folder.path()) {
        return Ok(vec![format!("{error:#}")]);
    }
    scorer::record(folder.path())?;
    let mut faults = Vec::new();
    for name in ["summary.json", MISSED] {
        if !dir.join(name).exists() {
            continue;
        }
        let [told, found]: [Value; 2] = [
            read_json(&dir.join(name))?,
            read_json(&folder.path().join(name))?,
        ];
        faults.extend(differs(&told, &found, String::new()).map(|place| {
            format!("{name}: {place} is not what raw/ gives: harness score the record again")
        }));
    }
    Ok(faults)
}

/// Where `found` has not what is `told`. Keys that a later harness adds do not count.
fn differs(told: &Value, found: &Value, place: String) -> Option<String> {
    match (told, found) {
        (Value::Object(told), Value::Object(found)) => told.iter().find_map(|(key, one)| {
            let place = format!("{place}{}{key}", if place.is_empty() { "" } else { "." });
            differs(one, found.get(key).unwrap_or(&Value::Null), place)
        }),
        (Value::Array(told), Value::Array(found)) if told.len() == found.len() => {
            let mut pairs = told.iter().zip(found).enumerate();
            pairs.find_map(|(at, (one, other))| differs(one, other, format!("{place}[{at}]")))
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64()?, other.as_f64()?);
            let near = (one - other).abs() <= ROUNDED * one.abs().max(other.abs());
            (!near).then_some(place)
        }
        (one, other) => (one != other).then_some(place),
    }
}

/// The report is that of the figures.
fn page(dir: &Path) -> Result<Vec<String>> {
    let folder = copy(dir, &["record.json", "summary.json", "sweep.json"])?;
    report::write_readme(folder.path(), Pictures::Svg)?;
    let read = |dir: &Path| fs::read(dir.join("README.md")).ok();
    Ok(match read(dir) {
        Some(own) if Some(&own) == read(folder.path()).as_ref() => Vec::new(),
        Some(_) => {
            vec!["README.md: is not what summary.json gives: harness report the record".into()]
        }
        None => vec!["README.md: is missing: harness report the record".into()],
    })
}
