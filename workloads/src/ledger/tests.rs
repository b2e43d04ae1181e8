use std::fs;

use contract::{Kind, Span};

use super::slot::{self, HEADER, SLOT, Slot, at};
use super::*;

const MANIFEST: &str = r#"{"format": 2, "tag": "t1", "expected": [1, 1, 1], "slots": 1, "live": 1,
    "memory_bytes": 1, "words": [], "driver": null,
    "programs": [{"exe": "/p/a", "argv": ["a", "{nonce}", "x {nonce+2}|{nonce+10} {nonc"]}]}"#;

/// A complete ledger of one process.
fn bytes() -> Vec<u8> {
    let mut bytes = vec![0; HEADER + SLOT];
    let mut set = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    set(0, &slot::MAGIC);
    set(at::VERSION, &1_u32.to_le_bytes());
    set(at::SLOTS, &1_u32.to_le_bytes());
    set(at::USED, &1_u32.to_le_bytes());
    let times = [(0, 10), (8, 13), (16, 60), (64, 20), (72, 30), (80, 50)];
    for (field, time) in times {
        set(HEADER + field, &u64::to_le_bytes(time));
    }
    let numbers = [
        (24, 7),
        (28, 6),
        (40, 7),
        (44, 256),
        (88, 7),
        (92, 6),
        (96, 1),
    ];
    for (field, number) in numbers {
        set(HEADER + field, &u32::to_le_bytes(number));
    }
    bytes
}

fn dir(bytes: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ledger.json"), MANIFEST).unwrap();
    fs::write(dir.path().join("ledger.bin"), bytes).unwrap();
    dir
}

fn error(bytes: &[u8]) -> String {
    let dir = dir(bytes);
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("ledger.bin: ") && error.lines().count() == 1,
        "{error}"
    );
    error
}

#[test]
fn a_slot_becomes_three_events() {
    let dir = dir(&bytes());
    let ledger = read(dir.path()).unwrap();
    let windows: Vec<_> = ledger
        .truths
        .iter()
        .map(|t| (t.kind, t.after, t.before))
        .collect();
    let expected = [
        (Kind::Fork, 10, 13),
        (Kind::Exec, 20, 30),
        (Kind::Exit, 50, 60),
    ];
    assert_eq!(windows, expected);
    let [fork, exec, exit] = ledger.truths[..] else {
        panic!()
    };
    assert_eq!(fork.fields.ppid, Some(6));
    assert_eq!(exit.fields.status, Some(256));
    let text = |span: Option<Span>| ledger.arena.get(span.unwrap());
    assert_eq!(text(exec.fields.exe), b"/p/a");
    assert_eq!(text(exec.fields.argv), b"a\0nt1-0\0x nt1-2|nt1-10 {nonc\0");
    assert!(ledger.truths.iter().all(|t| t.pid == 7 && !t.loose));
}

#[test]
fn a_corrupt_or_cut_off_ledger_is_an_error_that_names_the_file() {
    let whole = bytes();
    for length in 0..whole.len() {
        error(&whole[..length]);
    }
    let with = |at: usize, byte| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        error(&bytes)
    };
    assert!(with(0, 0).contains("is not a ledger"));
    assert!(with(at::VERSION, 9).contains("version 9"));
    assert!(with(at::USED, 2).contains("2 slots were claimed of 1"));
    assert!(with(at::USED, 0).contains("has 0 forks, expected 1"));
    assert!(with(HEADER + 36, 1).contains("executed program 1 of 1"));
    assert!(with(HEADER + 16, 0).contains("exit_before was never stamped"));
    assert!(with(HEADER + 24, 8).contains("its parent recorded pid 8, it recorded 7"));
}

#[test]
fn a_bad_manifest_is_an_error_that_names_the_file() {
    let dir = dir(&bytes());
    for text in [
        "",
        "{}",
        &MANIFEST.replace("\"format\": 2", "\"format\": 1"),
        &MANIFEST[..40],
    ] {
        fs::write(dir.path().join("ledger.json"), text).unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("ledger.json: "), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_ledger_or_an_error(
        mut noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..1024),
        headed in proptest::prelude::any::<bool>(),
    ) {
        if headed {
            let head = &bytes()[..HEADER];
            noise.splice(..0, head.iter().copied());
        }
        let manifest: Manifest = serde_json::from_str(MANIFEST).unwrap();
        let _ = decode(&noise, &manifest, None);
    }
}

/// The fields of the C programs' `struct slot` are those of [`Slot`].
#[test]
fn the_layout_is_that_of_the_programs() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("layout");
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = std::process::Command::new(cc)
        .arg("-I")
        .arg(here.join("programs"))
        .arg(here.join("tests/real/layout.c"))
        .arg("-o")
        .arg(&program)
        .status();
    assert!(built.unwrap().success());
    let bytes = std::process::Command::new(&program)
        .output()
        .unwrap()
        .stdout;
    let expected = Slot {
        fork_after: 101,
        fork_before: 102,
        exit_before: 103,
        pid: 104,
        ppid: 105,
        parent_slot: 106,
        program: 107,
        kinds: 108,
        status: -109,
        due: 110,
        exec_after: 202,
        exec_before: 203,
        exit_after: 204,
        own_pid: 205,
        own_ppid: 206,
        code: -207,
        ..Slot::default()
    };
    let slots: Vec<_> = Slots::new(&bytes).unwrap().iter().collect();
    assert_eq!(slots, [Slot::default(), expected]);
}
