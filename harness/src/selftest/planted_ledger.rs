//! Reads the ledger of a cell in which faults are planted.

use std::fs;
use std::path::Path;

use contract::Ledger;
use monitors::replay;

use crate::scorer;

/// The ledger alone: planted events of other processes are not those of this machine.
pub(super) fn read(cell: &Path) -> contract::Result<scorer::Processes> {
    let path = cell.join(replay::TRUTHS);
    let ledger = match source_ledger(&path) {
        Some(ledger) => ledger?,
        None => workloads::ledger::read(cell)?,
    };
    Ok((ledger, None))
}

fn source_ledger(path: &Path) -> Option<contract::Result<Ledger>> {
    let bytes = fs::read(path).ok()?;
    Some(Ledger::decode(&bytes).map_err(Into::into))
}
