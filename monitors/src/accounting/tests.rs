//! Against recorded bytes, and as root against the kernel.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use contract::{DetailsBuf, EventLog, Field, Frame, Kind, Monitor, Unavailable};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::acct;
use proptest::prelude::*;

use super::{Accounting, AcctRecord};
use crate::test_support::{self, lives, of, on_machine_for, takes, watch};

/// `sh -c '/bin/true & sh -c "exit 3"; kill -9 $$'`; the records of other processes are taken out.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    test_support::recorded(&Accounting, "accounting/sh.spool");
}

/// Made up: `struct acct_v3` of a process on a terminal.
#[test]
fn more_fields_are_told_where_they_are_asked_for() {
    let mut record = [0; AcctRecord::SIZE];
    let version = if cfg!(target_endian = "big") { 0x83 } else { 3 };
    record[1] = version;
    record[2..4].copy_from_slice(&(136_u16 << 8 | 7).to_ne_bytes());
    record[8..12].copy_from_slice(&11_u32.to_ne_bytes());
    record[12..16].copy_from_slice(&12_u32.to_ne_bytes());
    record[48..51].copy_from_slice(b"a\nb");
    let said = |frames: &[&[u8]]| {
        let (mut decoder, mut log) = (Accounting.decoder(), EventLog::default());
        for bytes in frames {
            let frame = Frame { received: 1, bytes };
            decoder.frame(frame, &mut log).unwrap();
        }
        assert_eq!(log.events.len(), 1);
        let details = log.details(&log.events[0]);
        details
            .iter()
            .map(|one| format!("{one:?}"))
            .collect::<String>()
    };
    assert_eq!(said(&[&record]), "");
    let mut wanted = DetailsBuf::default();
    wanted.text(Field::Comm, b"a\nb");
    wanted.number(Field::Uid, 11_u32);
    wanted.number(Field::Gid, 12_u32);
    wanted.text(Field::Tty, b"pts7");
    let wanted: String = wanted
        .details()
        .iter()
        .map(|one| format!("{one:?}"))
        .collect();
    assert_eq!(said(&[b"", &record]), wanted);
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
            nix::unistd::acct::enable(&other).unwrap();
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

/// Fills a small file system to both sides of the percent at which the kernel begins, and asks both.
#[test]
#[ignore = "needs root"]
fn the_kernel_keeps_accounts_where_this_says_so_and_nowhere_else() {
    on_machine_for!(Accounting);
    let settings = fs::read_to_string(super::space::SETTINGS).unwrap();
    let begin: u64 = settings.split_whitespace().next().unwrap().parse().unwrap();
    assert!((1..100).contains(&begin), "set kernel.acct to '4 2 30'");
    let answers = std::thread::spawn(move || {
        // The thread's own mounts, which end with it.
        unshare(CloneFlags::CLONE_NEWNS).unwrap();
        let (none, all) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
        mount(none, "/", none, all, none).unwrap();
        [begin + 1, begin - 1].map(on_a_file_system_with)
    });
    let [enough, little] = answers.join().unwrap();
    assert_eq!(enough, (None, true));
    let why = little.0.unwrap().to_string();
    assert!(why.contains(&format!("at {begin} %")) && !little.1, "{why}");
}

/// What is said of a tmpfs of which `percent` is available, and whether the kernel wrote into it.
fn on_a_file_system_with(percent: u64) -> (Option<Unavailable>, bool) {
    let dir = tempfile::tempdir().unwrap();
    let (kind, size) = (Some("tmpfs"), Some("size=4000k"));
    mount(Some("none"), dir.path(), kind, MsFlags::empty(), size).unwrap();
    let file = dir.path().join("accounts");
    fs::write(
        dir.path().join("filler"),
        vec![1; (4000 * (100 - percent) / 100) as usize * 1024],
    )
    .unwrap();
    fs::write(&file, "").unwrap();
    let answer = super::no_space(dir.path());
    acct::enable(&file).unwrap();
    let ended = Command::new("true").status();
    acct::disable().unwrap();
    assert!(ended.unwrap().success());
    (answer, fs::metadata(&file).unwrap().size() > 0)
}
