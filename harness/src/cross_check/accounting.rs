//! Process accounting: the kernel's own record of every process that ended, which knows nothing
//! of ledgers. Every process of a run must be in both, with the same pid, parent and status, and
//! have executed something in both or in neither; and every process of the machine that a monitor may
//! report must be in it, or be alive at the start or at the end.
//!
//! The kernel does not tell whether accounting is on. So it is left alone wherever another program
//! may use it (the tool for it is installed, or a file of it is there), and elsewhere it was off.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract::{Ledger, Result};
use monitors::accounting::AcctRecord;
use nix::errno::Errno;
use nix::unistd::acct;

use super::accounting_vs_ledger::{agree, descendants};
use super::machine::ALIVE;
pub(crate) use super::machine::Alive;
use scoring::record::{read_json, write_json};

/// What is kept in the folder of a cell: the kernel's records of all processes that ended.
pub const KEPT: &str = "accounting.bin";

/// Accounting, switched on; off again when this goes.
pub(crate) struct Accounting {
    file: PathBuf,
    alive: Alive,
}

impl Accounting {
    /// Switches it on, into `file`. `None` where it cannot be used: not root, not in this kernel,
    /// perhaps another program's, a monitor's, or with too little space (the kernel then leaves
    /// records out).
    pub(crate) fn start(file: &Path) -> Result<Option<Self>> {
        // The file is there where the monitor of that name has accounting.
        let others = monitors::accounting::others_account().is_some() || file.exists();
        let no_space = file.parent().and_then(monitors::accounting::no_space);
        if others || no_space.is_some() || !nix::unistd::geteuid().is_root() {
            return Ok(None);
        }
        let bad = |why: &dyn std::fmt::Display| {
            format!("{}: {why}: remove the file and start again", file.display())
        };
        fs::write(file, []).map_err(|why| bad(&why))?;
        match acct::enable(file) {
            Ok(()) => Ok(Some(Self {
                file: file.to_owned(),
                alive: Alive::start()?,
            })),
            Err(why) => {
                fs::remove_file(file).map_err(|why| bad(&why))?;
                match why {
                    Errno::ENOSYS | Errno::EPERM => Ok(None),
                    why => Err(bad(&why).into()),
                }
            }
        }
    }

    /// Switches it off and keeps in `cell` what it says. Whether that is all: not when another program
    /// has taken accounting over meanwhile, or the kernel ran out of space for it.
    pub(crate) fn keep(mut self, cell: &Path, uid: Option<u32>) -> Result<bool> {
        self.alive.end(uid)?;
        // The last to be accounted for: with it in the file nothing before it can be missing.
        let last = Command::new("true").spawn().and_then(|mut last| {
            last.wait()?;
            Ok(last.id())
        });
        let bytes =
            fs::read(&self.file).map_err(|why| format!("{}: {why}", self.file.display()))?;
        self.alive.switched_off();
        let records = parse(&bytes).map_err(|why| format!("{}: {why}", self.file.display()))?;
        let seen = last.is_ok_and(|last| records.iter().rev().any(|one| one.pid == last));
        if seen {
            let path = cell.join(KEPT);
            fs::write(&path, bytes)
                .map_err(|why| format!("{}: cannot be written: {why}", path.display()))?;
            write_json(&cell.join(ALIVE), &self.alive)?;
        }
        Ok(seen)
    }
}

impl Drop for Accounting {
    fn drop(&mut self) {
        // It cannot fail for a process that could switch it on.
        let _ = acct::disable();
        // Left behind it would be taken for a sign that accounting is still on, and switched off again.
        let _ = fs::remove_file(&self.file);
    }
}

/// Holds what was kept in `cell`, if anything, against its ledger. How many processes there were.
pub fn check(cell: &Path, ledger: &Ledger) -> Result<Option<u64>> {
    match Kept::read(cell)? {
        Some(kept) => Ok(kept.check(cell, ledger)?.map(|ours| ours.len() as u64)),
        None => Ok(None),
    }
}

/// What was kept in the folder of a cell.
pub(crate) struct Kept {
    pub(crate) records: Vec<AcctRecord>,
    pub(crate) alive: Alive,
}

impl Kept {
    /// `None` where nothing was kept.
    pub(crate) fn read(cell: &Path) -> Result<Option<Self>> {
        let path = cell.join(KEPT);
        if !path.exists() {
            return Ok(None);
        }
        let bad = |why: &dyn std::fmt::Display| format!("{}: {why}: measure again", path.display());
        let bytes = contract::file::read(&path).map_err(|why| bad(&why))?;
        let records = parse(&bytes).map_err(|why| bad(&why))?;
        let alive =
            read_json(&cell.join(ALIVE)).map_err(|why| format!("{why:#}: measure again"))?;
        Ok(Some(Self { records, alive }))
    }

    /// Holds the workload's records against its ledger. The places of them; `None` where a driver made
    /// its processes, whose user is not the workload's.
    pub(crate) fn check(&self, cell: &Path, ledger: &Ledger) -> Result<Option<Vec<usize>>> {
        let Some(uid) = self.alive.uid else {
            return Ok(None);
        };
        let ours = descendants(&self.records, ledger, uid);
        let records: Vec<_> = ours.iter().map(|&place| self.records[place]).collect();
        let bad = |why| format!("{}: {why}: measure again", cell.join(KEPT).display());
        agree(&records, ledger).map_err(bad)?;
        Ok(Some(ours))
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<AcctRecord>, String> {
    let (records, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err("is cut off".into());
    }
    let mut parsed = Vec::with_capacity(records.len());
    for record in records {
        parsed.push(AcctRecord::parse(record).map_err(|version| {
            format!("a record of process accounting has version {version}, not 3")
        })?);
    }
    Ok(parsed)
}
