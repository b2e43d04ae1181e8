//! The summary of a record that was thinned when it was kept: scripts/thinning.py leaves out rows about cases, what
//! is 0, false, null or empty in those that stay, and the record, which record.json has.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::case_outcome::CaseScore;
use crate::cell::{Cell, KindScore};
use crate::fields::FieldScore;
use crate::json::read_json;
use crate::record::{CellRun, Status};
use crate::summary::{Summary, Thinned};

/// As much of a summary as tells how it is to be read.
#[derive(Deserialize)]
struct Mark {
    thinned: Option<Thinned>,
}

/// The summary in `path` of the record in `dir`.
pub(crate) fn read(path: &Path, dir: &Path) -> Result<Summary> {
    if read_json::<Mark>(path)?.thinned.is_none() {
        return read_json(path);
    }
    let mut found: Map<String, Value> = read_json(path)?;
    if !found.contains_key("record") {
        found.insert("record".into(), read_json(&dir.join("record.json"))?);
    }
    let cell = serde_json::to_value(Cell::blank(&CellRun::nothing("", "")))?;
    let case = serde_json::to_value(nothing())?;
    let parts = [
        ("kinds", serde_json::to_value(KindScore::default())?),
        ("fields", serde_json::to_value(FieldScore::default())?),
    ];
    let filled = |one: &mut Value| {
        fill(one, &cell);
        for (name, part) in &parts {
            // A row that is no object is refused when the whole is read.
            if let Some(all) = one.get_mut(name) {
                each(all, |one| fill(one, part));
            }
        }
    };
    if let Some(cells) = found.get_mut("cells") {
        each(cells, filled);
    }
    if let Some(cases) = found.get_mut("cases") {
        each(cases, |one| fill(one, &case));
    }
    serde_json::from_value(found.into())
        .with_context(|| format!("{}: is not what harness writes there", path.display()))
}

/// A case of which nothing is known.
fn nothing() -> CaseScore {
    CaseScore {
        workload: String::new(),
        configuration: String::new(),
        repetitions: 0,
        outcome: None,
        findings: Vec::new(),
        same: false,
        status: Status::Ok,
        error: None,
    }
}

/// All elements of an array, all values of an object.
fn each(all: &mut Value, with: impl FnMut(&mut Value)) {
    match all {
        Value::Array(all) => all.iter_mut().for_each(with),
        Value::Object(all) => all.values_mut().for_each(with),
        _ => {}
    }
}

/// Gives a row the keys of `row` that were left out because nothing is in them; names are never left out.
fn fill(one: &mut Value, row: &Value) {
    let Some((one, row)) = one.as_object_mut().zip(row.as_object()) else {
        return;
    };
    let empty = row.iter().filter(|(_, value)| match value {
        Value::String(_) => false,
        Value::Object(all) => all.is_empty(),
        _ => true,
    });
    for (key, value) in empty {
        one.entry(key.as_str()).or_insert_with(|| value.clone());
    }
}
