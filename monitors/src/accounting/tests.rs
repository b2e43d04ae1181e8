//! Against recorded bytes, and as root against the kernel.

use contract::Kind;
use proptest::prelude::*;

use super::Accounting;
use crate::test_support::{self, lives, of, on_machine_for, takes, watch};

/// `sh -c '/bin/true & sh -c "exit 3"; kill -9 $$'`; the records of other processes are taken out.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Accounting, "accounting/sh.spool");
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        takes(&Accounting, &bytes);
    }
}

#[test]
#[ignore = "needs root"]
fn accounting_that_another_program_takes_is_missed() {
    on_machine_for!(Accounting);
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other");
    std::fs::write(&other, "").unwrap();
    let taken = || {
        watch(&Accounting, &[], || {
            nix::unistd::acct::enable(&other).unwrap()
        })
    };
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(taken))
        .err()
        .unwrap();
    let why = failed.downcast::<String>().unwrap();
    assert!(
        why.contains("another program switched process accounting"),
        "{why}"
    );
    assert!(!super::file().unwrap().exists());
}

#[test]
#[ignore = "needs root"]
fn ends_are_told_and_it_is_off_afterwards() {
    on_machine_for!(Accounting);
    let (journal, _, _, [ended, killed, own]) = watch(&Accounting, &[], lives);
    let told = |pid| {
        let told = of(&journal, Kind::Exit, pid);
        let told = told.iter().map(|exit| (exit.ppid, exit.status));
        told.collect::<Vec<_>>()
    };
    // `read` at the end of its input fails.
    let parent = Some(std::process::id());
    assert_eq!(told(ended), [(parent, Some(1 << 8))]);
    assert_eq!(told(killed), [(parent, Some(9))]);
    assert_eq!(told(own), []);
    assert!(!super::file().unwrap().exists());
}
