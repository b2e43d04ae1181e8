//! The folder of committed records, each file of it read once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use scoring::Summary;
use serde_json::Value;

use crate::fold::folded;

/// Of `kernels/6.12`, so that it stands behind `kernels/6.1`.
fn series(key: &str) -> Vec<u32> {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.split('.')
        .map(|part| part.parse().unwrap_or(u32::MAX))
        .collect()
}

pub(super) struct Results {
    folder: PathBuf,
    summaries: BTreeMap<String, Rc<Summary>>,
}

impl Results {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            summaries: BTreeMap::new(),
        }
    }

    /// The summary of a record.
    pub(super) fn summary(&mut self, record: &str) -> Result<Rc<Summary>> {
        if let Some(known) = self.summaries.get(record) {
            return Ok(Rc::clone(known));
        }
        let summary = Rc::new(folded(Summary::read(&self.folder.join(record))?));
        self.summaries
            .insert(record.to_owned(), Rc::clone(&summary));
        Ok(summary)
    }

    /// The records in a folder that has one for each kernel, by its key; without those that were not made yet.
    pub(super) fn guests(&mut self, among: &str) -> Result<Vec<Rc<Summary>>> {
        let folder = self.folder.join(among);
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut keys = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.path().join("summary.json").is_file() {
                keys.push(format!("{among}/{}", entry.file_name().to_string_lossy()));
            }
        }
        keys.sort_by_key(|key| series(key));
        keys.iter().map(|key| self.summary(key)).collect()
    }

    /// Any other file, as JSON.
    pub(super) fn json(&self, file: &str) -> Result<Value> {
        serde_json::from_str(&self.text(file)?).with_context(|| file.to_owned())
    }

    /// Any other file, as text.
    pub(super) fn text(&self, file: &str) -> Result<String> {
        let path = self.folder.join(file);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }
}
