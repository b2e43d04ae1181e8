//! The programs held against the kernel's own process accounting, which knows nothing of ledgers:
//! every process of the run must be in both, with the same pid, parent and exit status.

use std::collections::{BTreeMap, HashSet};
use std::ffi::CString;
use std::path::Path;

use contract::{Kind, Ledger};

use crate::common::{Cell, root};

/// Where distributions let accounting write; when these are there somebody else uses it.
const OTHERS: [&str; 4] = [
    "/var/log/account/pacct",
    "/var/account/pacct",
    "/var/log/pacct",
    "/var/adm/pacct",
];
/// Of one record, `struct acct_v3`.
const RECORD: usize = 64;

/// Switched off again however the test ends.
struct Accounting;

impl Accounting {
    fn start(file: &Path) -> Self {
        std::fs::write(file, []).unwrap();
        let path = CString::new(file.to_str().unwrap()).unwrap();
        // SAFETY: a path that ends in NUL, read during the call only.
        let done = unsafe { libc::acct(path.as_ptr()) };
        assert_eq!(done, 0, "{}", nix::errno::Errno::last());
        Self
    }
}

impl Drop for Accounting {
    fn drop(&mut self) {
        // SAFETY: no pointer is passed; that means off.
        let _ = unsafe { libc::acct(std::ptr::null()) };
    }
}

type Exit = (u32, u32, i32);

/// Pid, parent and status of the process `first` and of all that came from it. Children end before
/// their parents, so from the end each record tells whose the earlier ones with its pid were.
fn descendants(records: &[u8], first: u32) -> Vec<Exit> {
    let (records, rest) = records.as_chunks::<RECORD>();
    assert!(rest.is_empty() && records.iter().all(|record| record[1] & 0xf == 3));
    let number = |record: &[u8; RECORD], at: usize| {
        u32::from_le_bytes(record[at..at + 4].try_into().unwrap())
    };
    let (mut ours, mut found) = (HashSet::new(), Vec::new());
    for record in records.iter().rev() {
        let (pid, ppid) = (number(record, 16), number(record, 20));
        let begun = !found.is_empty();
        if ours.contains(&ppid) || (pid == first && !begun) {
            ours.insert(pid);
            found.push((pid, ppid, number(record, 4) as i32));
        } else {
            ours.remove(&pid);
        }
    }
    found.sort_unstable();
    found
}

/// The same from the ledger.
fn exits(ledger: &Ledger) -> Vec<Exit> {
    let of = |kind| ledger.truths.iter().filter(move |truth| truth.kind == kind);
    let mut parents: BTreeMap<u32, Vec<_>> = BTreeMap::new();
    for fork in of(Kind::Fork) {
        parents
            .entry(fork.pid)
            .or_default()
            .push((fork.after, fork.facts.ppid.unwrap()));
    }
    let mut exits: Vec<_> = of(Kind::Exit)
        .map(|exit| {
            let lives = parents[&exit.pid]
                .iter()
                .filter(|(after, _)| *after <= exit.after);
            let (_, ppid) = lives.max().unwrap();
            (exit.pid, *ppid, exit.facts.status.unwrap())
        })
        .collect();
    exits.sort_unstable();
    exits
}

#[test]
fn the_ledger_and_process_accounting_agree() {
    if !root() || OTHERS.iter().any(|path| Path::new(path).exists()) {
        println!("skipped: needs root, and accounting that nobody else uses");
        return;
    }
    for definition in workloads::definitions().unwrap() {
        if let Some(why) = definition.unavailable() {
            println!("skipped: {} {why}", definition.name);
            continue;
        }
        let cell = Cell::new(&definition.name, 0.05);
        let file = cell.dir.path().join("accounting");
        let accounting = Accounting::start(&file);
        cell.run(None).unwrap();
        drop(accounting);
        let ledger = workloads::ledger::read(cell.dir.path()).unwrap();
        let first = ledger
            .truths
            .iter()
            .min_by_key(|truth| truth.after)
            .unwrap()
            .pid;
        let counted = descendants(&std::fs::read(&file).unwrap(), first);
        assert_eq!(counted, exits(&ledger), "{}", definition.name);
    }
}
