//! The ledger: what the processes of a run recorded of themselves, and how it becomes true events.
//!
//! While a workload runs, the ledger is memory that all its processes share ([`shm`]); when it is
//! over, the runner writes it to `ledger.bin`. What all processes have in common, the script and the
//! run's tag, is in `ledger.json`.

mod case_log;
pub(crate) mod inherited;
mod integrity;
pub(crate) mod manifest;
pub(crate) mod shm;
pub(crate) mod slot;
mod slots;
mod truths;

use std::path::Path;

use contract::{Counts, Ledger, Result, Script, file};

use crate::programs_log;
use inherited::Inherited;
use manifest::Manifest;
use slots::Slots;

/// The file of the slots, in the folder of a cell.
pub(crate) const SLOTS_FILE: &str = "ledger.bin";

/// Makes the folder of a cell ready for one run of `script`. `tag`, 1 to 24 letters and digits,
/// must be new for every run: it is in the argv of every program that is executed.
pub fn prepare(cell: &Path, script: &Script, tag: &str) -> Result<()> {
    Manifest::new(script, tag)?.write(cell)
}

/// All true events of the run in the folder `cell`, once they are known to be complete. An error names
/// the file that is missing, cut off or corrupt, or the process whose events do not add up.
pub fn read(cell: &Path) -> Result<Ledger> {
    let manifest = Manifest::read(cell)?;
    let path = cell.join(SLOTS_FILE);
    let bad = |why: String| format!("{}: {why}: measure this cell again", path.display());
    let bytes = file::read(&path).map_err(|why| bad(why.to_string()))?;
    let inherited = Inherited::read(cell)?;
    decode(&bytes, &manifest, inherited.as_ref())
        .map_err(|why| bad(why + &programs_log::note(cell)).into())
}

fn decode(
    bytes: &[u8],
    manifest: &Manifest,
    inherited: Option<&Inherited>,
) -> Result<Ledger, String> {
    let slots = Slots::new(bytes)?;
    let (programs, expected) = (manifest.programs.len(), Counts(manifest.expected));
    if manifest.driver.is_some() {
        // The one slot is the driver's own; the events of its case lie behind it.
        integrity::check(&slots, programs, Counts([1; 3]))?;
        let ledger = case_log::decode(slots.rest)?;
        integrity::check_counts(case_log::count(&ledger), expected)?;
        return Ok(ledger);
    }
    integrity::check(&slots, programs, expected)?;
    Ok(truths::truths(&slots, manifest, inherited))
}

#[cfg(test)]
mod tests;
