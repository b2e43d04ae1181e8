//! Process accounting: the kernel's own record of every process that ended, which knows nothing
//! of ledgers. Every process of a run must be in both, with the same pid, parent and status, and
//! have executed something in both or in neither.
//!
//! The kernel does not tell whether accounting is on. So it is left alone wherever somebody else
//! may use it (the tool for it is installed, or a file of it is there), and elsewhere it was off.

use std::collections::{BTreeMap, HashSet};
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract::{Kind, Ledger, Nanos, Pid, Result, Truth};
use nix::errno::Errno;
use nix::sys::statvfs::statvfs;

/// Of one record, `struct acct_v3`.
const RECORD: usize = 64;
/// `ac_flag`: it has forked but not executed.
const FORKED: u8 = 1;
/// What is kept in the folder of a cell: the kernel's records of its processes.
pub const KEPT: &str = "accounting.bin";

/// Accounting, switched on; off again when this goes.
pub struct Accounting(PathBuf);

impl Accounting {
    /// Switches it on, into `file`. `None` where it cannot be used: not root, not in this kernel,
    /// perhaps somebody else's, a monitor's, or with too little room (the kernel then leaves records out).
    pub fn start(file: &Path) -> Result<Option<Self>> {
        // The file is there where the monitor of that name has accounting.
        let others = monitors::accounting::others_account().is_some() || file.exists();
        let room = file.parent().and_then(|dir| statvfs(dir).ok());
        let room = room.is_some_and(|fs| fs.blocks_available() * 10 > fs.blocks());
        if others || !room || !nix::unistd::geteuid().is_root() {
            return Ok(None);
        }
        let bad = |why: &dyn std::fmt::Display| format!("{}: {why}: free it", file.display());
        fs::write(file, []).map_err(|why| bad(&why))?;
        let path = CString::new(file.as_os_str().as_bytes()).map_err(|why| bad(&why))?;
        // SAFETY: a path that ends in NUL, read during the call only.
        if unsafe { libc::acct(path.as_ptr()) } == 0 {
            return Ok(Some(Self(file.to_owned())));
        }
        let why = Errno::last();
        fs::remove_file(file).map_err(|why| bad(&why))?;
        match why {
            Errno::ENOSYS | Errno::EPERM => Ok(None),
            why => Err(bad(&why).into()),
        }
    }

    /// Switches it off, keeps in `cell` what it says of the processes of `ledger`, and holds the
    /// two against each other. How many processes there were; `None` when somebody else has taken
    /// accounting over meanwhile, or the kernel ran out of room for it.
    pub fn confirm(self, cell: &Path, ledger: &Ledger) -> Result<Option<u64>> {
        // The last to be accounted for: with it in the file nothing before it can be missing.
        let last = Command::new("true").spawn().and_then(|mut last| {
            last.wait()?;
            Ok(last.id())
        });
        let records = fs::read(&self.0).map_err(|why| format!("{}: {why}", self.0.display()))?;
        drop(self);
        let (all, _) = records.as_chunks::<RECORD>();
        let seen = |last: Pid| all.iter().rev().any(|record| life(record).0 == last);
        if !last.is_ok_and(seen) {
            return Ok(None);
        }
        let first = ledger.truths.iter().min_by_key(|truth| truth.after);
        let ours = first.map_or(Vec::new(), |first| descendants(&records, first.pid));
        let path = cell.join(KEPT);
        fs::write(&path, ours.concat())
            .map_err(|why| format!("{}: {why}: make room", path.display()))?;
        agree(&ours, ledger)?;
        Ok(Some(ours.len() as u64))
    }
}

impl Drop for Accounting {
    fn drop(&mut self) {
        off(&self.0);
    }
}

fn off(file: &Path) {
    // SAFETY: no pointer is passed; that means off. It cannot fail for one who switched it on.
    let _ = unsafe { libc::acct(std::ptr::null()) };
    // Left behind it would be taken for a sign that accounting is still on, and switched off again.
    let _ = fs::remove_file(file);
}

/// Holds what was kept in `cell` against its ledger.
pub fn check(cell: &Path, ledger: &Ledger) -> Result<()> {
    let path = cell.join(KEPT);
    let bad = |why: &dyn std::fmt::Display| format!("{}: {why}: measure again", path.display());
    let bytes = fs::read(&path).map_err(|why| bad(&why))?;
    let (records, rest) = bytes.as_chunks::<RECORD>();
    if !rest.is_empty() {
        return Err(bad(&"is cut off").into());
    }
    agree(records, ledger).map_err(|why| bad(&why).into())
}

/// Pid, parent, status, and whether it executed anything.
type Life = (Pid, Pid, i32, bool);

fn number(record: &[u8; RECORD], at: usize) -> u32 {
    u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
}

fn life(record: &[u8; RECORD]) -> Life {
    let (pid, ppid) = (number(record, 16), number(record, 20));
    (pid, ppid, number(record, 4) as i32, record[0] & FORKED == 0)
}

/// The records of the process `first` and of all that came from it. Children end before their
/// parents, so from the end each record tells whose the earlier ones with its pid were.
fn descendants(records: &[u8], first: Pid) -> Vec<[u8; RECORD]> {
    let (records, _) = records.as_chunks::<RECORD>();
    let (mut ours, mut found) = (HashSet::new(), Vec::new());
    for record in records.iter().rev() {
        let (pid, ppid, ..) = life(record);
        if ours.contains(&ppid) || (pid == first && found.is_empty()) {
            ours.insert(pid);
            found.push(*record);
        } else {
            ours.remove(&pid);
        }
    }
    found
}

/// The lives that the ledger tells of.
///
/// Those of one pid follow each other, but their windows overlap: a fork may be stamped, and wait
/// for a CPU, while the last process of the pid it is going to get still runs. A process stamps its
/// own end while it has its pid, so ends are in order, and each takes the fork that was done first.
fn lives(ledger: &Ledger) -> Vec<Life> {
    let mut forks: BTreeMap<Pid, Vec<&Truth>> = BTreeMap::new();
    let mut execs: BTreeMap<Pid, Vec<Nanos>> = BTreeMap::new();
    let mut exits = Vec::new();
    for truth in &ledger.truths {
        match truth.kind {
            Kind::Fork => forks.entry(truth.pid).or_default().push(truth),
            Kind::Exec => execs.entry(truth.pid).or_default().push(truth.after),
            Kind::Exit => exits.push(truth),
        }
    }
    exits.sort_by_key(|exit| exit.after);
    let mut ended: BTreeMap<Pid, Nanos> = BTreeMap::new();
    let of = |exit: &&Truth| {
        let forks = forks.get_mut(&exit.pid)?;
        let begun = (0..forks.len()).filter(|at| forks[*at].after <= exit.after);
        let fork = forks.swap_remove(begun.min_by_key(|at| forks[*at].before)?);
        let last = ended.insert(exit.pid, exit.after);
        let since = last.map_or(fork.after, |last| last.max(fork.after));
        let mut execs = execs.get(&exit.pid).into_iter().flatten();
        let ran = execs.any(|at| since <= *at && *at <= exit.before);
        Some((exit.pid, fork.fields.ppid?, exit.fields.status?, ran))
    };
    exits.iter().filter_map(of).collect()
}

fn agree(records: &[[u8; RECORD]], ledger: &Ledger) -> Result<()> {
    if records.iter().any(|record| record[1] & 0xf != 3) {
        return Err("process accounting is not of version 3: report this".into());
    }
    let mut counted: Vec<Life> = records.iter().map(life).collect();
    let mut written = lives(ledger);
    counted.sort_unstable();
    written.sort_unstable();
    let differ = written
        .iter()
        .find(|life| counted.binary_search(life).is_err());
    let differ = differ.or_else(|| {
        counted
            .iter()
            .find(|life| written.binary_search(life).is_err())
    });
    if let Some((pid, ..)) = differ {
        let of = |all: &[Life]| {
            let found: Vec<_> = all
                .iter()
                .filter(|life| life.0 == *pid)
                .map(words)
                .collect();
            if found.is_empty() {
                "nothing".into()
            } else {
                found.join(", ")
            }
        };
        return Err(format!(
            "the cross-check disagrees: of process {pid} the ledger says {}, process accounting {}",
            of(&written),
            of(&counted)
        )
        .into());
    }
    if counted.len() != written.len() {
        let (written, counted) = (written.len(), counted.len());
        return Err(format!("the cross-check disagrees: the ledger has {written} processes, process accounting {counted}").into());
    }
    Ok(())
}

fn words((_, ppid, status, ran): &Life) -> String {
    let ran = if *ran { "executed" } else { "not executed" };
    format!("child of {ppid}, {ran}, status {status}")
}

#[cfg(test)]
mod tests {
    use contract::Fields;

    use super::*;

    fn record((pid, ppid, status, ran): Life) -> [u8; RECORD] {
        let mut record = [0; RECORD];
        record[0] = u8::from(!ran) * FORKED;
        record[1] = 3;
        record[4..8].copy_from_slice(&status.to_le_bytes());
        record[16..20].copy_from_slice(&pid.to_le_bytes());
        record[20..24].copy_from_slice(&ppid.to_le_bytes());
        record
    }

    fn ledger(lives: &[Life]) -> Ledger {
        let mut ledger = Ledger::default();
        for (place, &(pid, ppid, status, ran)) in (1..).zip(lives) {
            let at = place * 1000;
            let mut write = |kind, after, fields| {
                ledger.truths.push(Truth {
                    after,
                    before: after + 5,
                    due: None,
                    fields,
                    pid,
                    kind,
                    loose: false,
                });
            };
            let (none, ppid) = (Fields::default(), Some(ppid));
            write(Kind::Fork, at, Fields { ppid, ..none });
            if ran {
                write(Kind::Exec, at + 100, none);
            }
            let status = Some(status);
            write(Kind::Exit, at + 200, Fields { status, ..none });
        }
        ledger
    }

    /// The first is the parent of the others; the last two share a pid.
    const LIVES: [Life; 4] = [
        (10, 9, 0, true),
        (11, 10, 256, true),
        (12, 10, 0, false),
        (11, 10, 9, false),
    ];

    #[test]
    fn what_agrees_is_confirmed_and_others_are_left_out() {
        // As the kernel writes: children first, and strangers between them.
        let mut records: Vec<u8> = Vec::new();
        for life in [
            LIVES[1],
            (77, 1, 0, true),
            LIVES[2],
            LIVES[3],
            LIVES[0],
            (10, 5, 0, true),
        ] {
            records.extend(record(life));
        }
        let mut all = records.clone();
        all.truncate(5 * RECORD);
        let ours = descendants(&all, 10);
        assert_eq!(ours.len(), 4);
        agree(&ours, &ledger(&LIVES)).unwrap();
    }

    #[test]
    fn a_fork_that_was_begun_before_the_last_of_its_pid_ended_is_of_the_next() {
        let mut ledger = ledger(&LIVES);
        let mut of_11 = ledger.truths.iter_mut().filter(|truth| truth.pid == 11);
        let (exec, exit) = (of_11.nth(1).unwrap().after, of_11.next().unwrap().after);
        let next = of_11.next().unwrap();
        assert_eq!(next.kind, Kind::Fork);
        for begun in [exec - 1, exit - 1] {
            let mut waited = ledger.clone();
            let fork = |truth: &&mut Truth| truth.pid == 11 && truth.after > exit;
            waited.truths.iter_mut().find(fork).unwrap().after = begun;
            assert_eq!(lives(&waited), LIVES);
        }
    }

    #[test]
    fn every_disagreement_is_named() {
        let says = |change: &dyn Fn(&mut Vec<Life>)| {
            let mut lives = LIVES.to_vec();
            change(&mut lives);
            let records: Vec<_> = lives.into_iter().map(record).collect();
            agree(&records, &ledger(&LIVES)).unwrap_err().to_string()
        };
        let lost = says(&|lives| lives.retain(|life| life.0 != 12));
        assert!(lost.contains("of process 12 the ledger says child of 10, not executed, status 0, process accounting nothing"), "{lost}");
        assert!(
            says(&|lives| lives.push((13, 10, 0, true)))
                .contains("of process 13 the ledger says nothing")
        );
        assert!(says(&|lives| lives[1].2 = 0).contains("status 256"));
        assert!(says(&|lives| lives[1].1 = 12).contains("child of 12"));
        assert!(says(&|lives| lives[2].3 = true).contains("process 12"));
        assert!(
            says(&|lives| lives.push(LIVES[0])).contains("has 4 processes, process accounting 5")
        );
    }
}
