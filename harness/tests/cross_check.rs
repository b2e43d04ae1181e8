//! Every model's ledger held against the kernel's own process accounting, which knows nothing of
//! ledgers: every process of a run must be in both, with the same pid, parent and exit status. All others
//! of the machine are known beside.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod common;

use std::path::PathBuf;

use common::{measured, scratch};
use contract::{Kind, Ledger};
use rollcall::cross_check::{accounting, read};

/// All closed-loop workloads and a timetable, short, in overhead and sustained cells: their folders.
fn cells(dir: &std::path::Path) -> Vec<PathBuf> {
    let args = ["-m", "procfs", "-w", "all,paced{count=50}"];
    let args = [&args[..], &["--scale", "0.02", "--reps", "1"]].concat();
    let summary = measured(dir, &args);
    for cell in summary["cells"].as_array().unwrap() {
        let by = &cell["cross_check"]["by"];
        assert_eq!(by, "process accounting", "{cell:#}");
        assert_eq!(cell["unverified"], 0, "{cell:#}");
    }
    let cells = std::fs::read_dir(dir.join("record/raw")).unwrap();
    cells.map(|cell| cell.unwrap().path()).collect()
}

fn exits(ledger: &Ledger) -> usize {
    let all = ledger.truths.iter();
    all.filter(|truth| truth.kind == Kind::Exit).count()
}

#[test]
#[ignore = "needs root"]
fn the_ledger_and_process_accounting_agree() {
    let dir = scratch();
    let cells = cells(dir.path());
    assert!(cells.len() >= 9 * 3 + 8, "{} cells", cells.len());
    for cell in &cells {
        let (ledger, others) = read(cell).unwrap();
        let processes = accounting::check(cell, &ledger).unwrap().unwrap();
        assert_eq!(processes, exits(&ledger) as u64, "{}", cell.display());
        let others = others.unwrap();
        let has = |pid: u32| others.iter().any(|life| life.pid == pid);
        assert!(has(1) && has(std::process::id()), "{}", cell.display());
    }
    let cell = &cells[0];
    let (mut ledger, _) = read(cell).unwrap();
    let last = ledger
        .truths
        .iter_mut()
        .rfind(|truth| truth.kind == Kind::Exit);
    last.unwrap().fields.status = Some(77 << 8);
    let why = accounting::check(cell, &ledger).unwrap_err().to_string();
    assert!(why.contains("the cross-check disagrees"), "{why}");
    let pid = ledger.truths.last().unwrap().pid;
    ledger.truths.retain(|truth| truth.pid != pid);
    let why = accounting::check(cell, &ledger).unwrap_err().to_string();
    assert!(why.contains("says nothing, process accounting"), "{why}");
}
