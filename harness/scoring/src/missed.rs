//! `missed.json`: which events a cell missed, reported wrongly or reported though they never happened. Not all
//! of them where there are many: evenly spaced ones, and how many there are.

mod collect;
mod of_cell;
mod sample;

use std::path::Path;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::json::{read_json, write_json};
use crate::record::FORMAT;

pub(crate) use collect::Collect;
pub use of_cell::{Group, MissedOfCell, What};

/// Its name in the folder of a record.
pub const MISSED: &str = "missed.json";

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MissedEvents {
    /// [`FORMAT`].
    pub format: u32,
    /// Those with something to tell, in the order of the summary.
    pub cells: Vec<MissedOfCell>,
}

impl MissedEvents {
    /// Of all cells that have any.
    pub fn new(mut cells: Vec<MissedOfCell>) -> Self {
        cells.retain(|cell| !cell.groups.is_empty());
        cells.sort_by_key(|cell| cell.order);
        Self {
            format: FORMAT,
            cells,
        }
    }

    /// Reads that of the record in `dir`.
    pub fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MISSED);
        if !path.exists() {
            bail!(
                "{}: is missing: measure again, or harness score the record where its raw/ still is",
                path.display()
            );
        }
        let found: Self = read_json(&path)?;
        if found.format != FORMAT {
            bail!(
                "{}: is of format {}, this harness reads {FORMAT}: use the harness that wrote it",
                path.display(),
                found.format
            );
        }
        Ok(found)
    }

    /// Writes it into the record in `dir`.
    pub fn write(&self, dir: &Path) -> Result<()> {
        write_json(&dir.join(MISSED), self)
    }
}
