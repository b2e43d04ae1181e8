use super::*;

const COVER: &str = r#"{"format": 1, "tag": "t1", "expected": [1, 1, 1],
    "programs": [{"exe": "/p/a", "argv": ["a", "{nonce}", "x {nonce+2}|{nonce+10} {nonc"]}]}"#;

/// A whole ledger of one process.
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
    fs::write(dir.path().join("ledger.json"), COVER).unwrap();
    fs::write(dir.path().join("ledger.bin"), bytes).unwrap();
    dir
}

fn says(bytes: &[u8]) -> String {
    let dir = dir(bytes);
    let said = read(dir.path()).unwrap_err().to_string();
    assert!(
        said.contains("ledger.bin: ") && said.lines().count() == 1,
        "{said}"
    );
    said
}

#[test]
fn a_slot_becomes_three_truths() {
    let dir = dir(&bytes());
    let ledger = read(dir.path()).unwrap();
    let windows: Vec<_> = ledger
        .truths
        .iter()
        .map(|t| (t.kind, t.after, t.before))
        .collect();
    let due = [
        (Kind::Fork, 10, 13),
        (Kind::Exec, 20, 30),
        (Kind::Exit, 50, 60),
    ];
    assert_eq!(windows, due);
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
fn what_is_corrupt_or_cut_off_is_an_error_that_names_the_file() {
    let whole = bytes();
    for length in 0..whole.len() {
        says(&whole[..length]);
    }
    let with = |at: usize, byte| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        says(&bytes)
    };
    assert!(with(0, 0).contains("is not a ledger"));
    assert!(with(at::VERSION, 9).contains("version 9"));
    assert!(with(at::USED, 2).contains("2 slots were claimed of 1"));
    assert!(with(at::USED, 0).contains("has 0 forks where 1 are due"));
    assert!(with(HEADER + 36, 1).contains("executed program 1 of 1"));
    assert!(with(HEADER + 16, 0).contains("exit_before was never stamped"));
    assert!(with(HEADER + 24, 8).contains("its parent says pid 8, it says 7"));
}

#[test]
fn a_cover_that_is_not_one_is_an_error_that_names_the_file() {
    let dir = dir(&bytes());
    for text in [
        "",
        "{}",
        &COVER.replace("\"format\": 1", "\"format\": 2"),
        &COVER[..40],
    ] {
        fs::write(dir.path().join("ledger.json"), text).unwrap();
        let said = read(dir.path()).unwrap_err().to_string();
        assert!(said.contains("ledger.json: "), "{said}");
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
        if let Ok(slots) = slots(&noise) {
            let _ = check(&slots, 1, count(&slots));
        }
    }
}

/// What a C program writes as `struct slot` reads back field by field.
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
    let due = Slot {
        fork_after: 101,
        fork_before: 102,
        exit_before: 103,
        pid: 104,
        ppid: 105,
        parent: 106,
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
    assert_eq!(slots(&bytes).unwrap(), [Slot::default(), due]);
}
