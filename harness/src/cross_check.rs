//! The cross-check: the ledger is held against what the workload did not write.
//!
//! Every process is written down twice already: by its parent, with what fork and waitpid told it, and
//! by itself, with its own pid, parent and exit code; the ledger is not whole where they differ.
//! Here the kernel is asked too.
//!
//! [`accounting`] counts exactly, and is asked where it can be had. Elsewhere the kernel's count of
//! processes made, `processes` in /proc/stat, is a lower bound, as it is of the whole machine: no ledger
//! may have made more than the kernel did.

pub mod accounting;
mod accounting_vs_ledger;
pub(crate) mod lives;
mod machine;

use std::path::Path;

use contract::{Counts, Kind, Ledger, Life, Result};

use accounting::Kept;

/// The ledger in the folder of a cell, held against the kernel's process accounting where that was
/// kept beside it, and all other processes of the machine, as far as it knows them.
pub fn read(cell: &Path) -> Result<(Ledger, Option<Vec<Life>>)> {
    let ledger = workloads::ledger::read(cell)?;
    let Some(kept) = Kept::read(cell)? else {
        return Ok((ledger, None));
    };
    let ours = kept.check(cell, &ledger)?;
    let others = lives::beside(&kept, &ledger, ours);
    Ok((ledger, Some(others)))
}

/// How many processes the kernel has made since it booted; `None` where it does not tell.
pub(crate) fn processes_made() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/stat").ok()?)
}

fn parse(stat: &str) -> Option<u64> {
    let mut words = stat.lines().map(|line| line.split_once(' '));
    let (_, count) = words.find_map(|line| line.filter(|(word, _)| *word == "processes"))?;
    count.trim().parse().ok()
}

/// Whether the kernel made as many processes between two readings as the ledger says.
pub(crate) fn confirm(
    before: Option<u64>,
    after: Option<u64>,
    counts: Counts,
) -> Result<Option<u64>> {
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(None);
    };
    let (made, forks) = (after.saturating_sub(before), counts.of(Kind::Fork));
    if made < forks {
        let why = "this is a bug, please report it";
        return Err(format!("the ledger has {forks} forks, the kernel made {made}: {why}").into());
    }
    Ok(Some(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_must_have_made_at_least_the_ledgers() {
        let counts = Counts([5, 0, 5]);
        assert_eq!(confirm(Some(10), Some(15), counts).unwrap(), Some(5));
        assert_eq!(confirm(None, Some(15), counts).unwrap(), None);
        let why = confirm(Some(10), Some(14), counts).unwrap_err().to_string();
        assert!(
            why.starts_with("the ledger has 5 forks, the kernel made 4"),
            "{why}"
        );
    }

    #[test]
    fn the_count_is_found() {
        assert_eq!(
            parse("cpu 1 2\nbtime 3\nprocesses 45\nprocs_running 1\n"),
            Some(45)
        );
        assert_eq!(parse(""), None);
        assert_eq!(parse("processes \n"), None);
    }
}
