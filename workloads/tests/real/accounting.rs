//! The programs held against the kernel's own process accounting, which knows nothing of ledgers:
//! every process of the run must be in both, with the same pid, parent and exit status.

use std::fs::File;

use contract::Kind;
use nix::fcntl::{Flock, FlockArg};
use workloads::accounting::{Accounting, check};

use crate::common::{Cell, root};

/// Accounting is the whole machine's, and a harness that measures uses it too.
fn alone() -> Flock<File> {
    std::fs::create_dir_all("/run/rollcall").unwrap();
    let file = File::options()
        .create(true)
        .append(true)
        .open("/run/rollcall/lock");
    Flock::lock(file.unwrap(), FlockArg::LockExclusive).unwrap()
}

#[test]
fn the_ledger_and_process_accounting_agree() {
    if !root() {
        println!("skipped: needs root");
        return;
    }
    let _alone = alone();
    // A driver's own end is in no ledger, and it takes orphans in that accounting puts elsewhere.
    let all = workloads::definitions().unwrap().into_iter();
    for definition in all.filter(|one| one.model() != "case") {
        if let Some(why) = definition.unavailable() {
            println!("skipped: {} {why}", definition.name);
            continue;
        }
        let cell = Cell::new(&definition.name, 0.05);
        let dir = cell.dir.path();
        let Some(accounting) = Accounting::start(&dir.join("accounting")).unwrap() else {
            println!("skipped: process accounting cannot be had here");
            return;
        };
        cell.run(None).unwrap();
        let mut ledger = workloads::ledger::read(dir).unwrap();
        let counted = accounting.confirm(dir, &ledger);
        let exits = |ledger: &contract::Ledger| {
            let exits = ledger
                .truths
                .iter()
                .filter(|truth| truth.kind == Kind::Exit);
            exits.count() as u64
        };
        assert_eq!(
            counted.unwrap(),
            Some(exits(&ledger)),
            "{}",
            definition.name
        );
        workloads::read(dir).unwrap();

        // A status that the workload did not tell as it was.
        let exit = ledger
            .truths
            .iter_mut()
            .rfind(|truth| truth.kind == Kind::Exit);
        exit.unwrap().fields.status = Some(77 << 8);
        let why = check(dir, &ledger).unwrap_err().to_string();
        assert!(why.contains("the cross-check disagrees"), "{why}");
        // A process that it did not tell of at all.
        let pid = ledger.truths.last().unwrap().pid;
        ledger.truths.retain(|truth| truth.pid != pid);
        let why = check(dir, &ledger).unwrap_err().to_string();
        assert!(why.contains("says nothing, process accounting"), "{why}");
    }
}
