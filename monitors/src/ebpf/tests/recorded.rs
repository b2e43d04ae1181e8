//! The decoder against recorded bytes, and against any bytes.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use contract::{Decode, EventLog, EventRef, Frame, Spool, SpoolReader, split_argv};
use proptest::prelude::*;

use super::super::{Ebpf, decode::Decoder};
use super::host::{Watch, act, decode, run};
use crate::test_support::{self, actor, on_machine_for, recording};

fn testdata(name: &str) -> PathBuf {
    test_support::testdata("ebpf").join(name)
}

fn line(report: &EventRef<'_>) -> String {
    let EventRef {
        kind,
        pid,
        happened,
        received,
        ppid,
        status,
        exe,
        argv,
        cut,
        euid,
        details,
        origin: _,
    } = *report;
    let mut text = format!("{kind} {pid} {happened} {received} ppid={ppid:?} status={status:?}");
    let _ = write!(
        text,
        " exe={:?}",
        exe.map(|exe| exe.escape_ascii().to_string())
    );
    let words = argv.map(|argv| {
        split_argv(argv)
            .map(|w| w.escape_ascii().to_string())
            .collect()
    });
    let _ = write!(
        text,
        " argv={:?} cut={}{} euid={euid:?}",
        words as Option<Vec<_>>,
        u8::from(cut.exe),
        u8::from(cut.argv)
    );
    for (field, value) in details.iter() {
        let _ = write!(text, " {field}={value:?}");
    }
    text
}

fn lines(journal: &EventLog) -> String {
    let events = journal.events.iter();
    events.fold(String::new(), |text, event| {
        text + &line(&journal.report(event)) + "\n"
    })
}

#[test]
fn recorded_bytes_decode_to_the_expected_events() {
    let spool = std::fs::read(testdata("lives.spool")).unwrap();
    let expected = std::fs::read_to_string(testdata("lives.events")).unwrap();
    assert_eq!(lines(&decode(&spool)), expected);
}

#[test]
#[ignore = "needs root"]
fn what_is_recorded_decodes() {
    on_machine_for!(Ebpf);
    let dir = tempfile::Builder::new()
        .prefix("rollcall-")
        .tempdir_in("/dev/shm")
        .unwrap();
    let actor = actor(dir.path());
    let watch = Watch::start("16M", super::host::hooks()[0]);
    let mut pids = Vec::new();
    for what in [
        "nop",
        "vfork",
        "spawn",
        "threads",
        "no-argv",
        "leader-first",
    ] {
        let ran = run(&mut act(&actor, what));
        pids.push(ran.pid);
        pids.extend(ran.ids);
    }
    pids.push(
        run(act(&actor, "nop")
            .arg("two\nlines")
            .arg("")
            .arg("y".repeat(5000)))
        .pid,
    );
    pids.push(run(Command::new("/bin/sh").args(["-c", "kill -9 $$"])).pid);
    let (spool, _) = watch.stop();
    // Other processes of this machine are left out.
    let kept = dir.path().join("lives.spool");
    let mut out = Spool::new(std::fs::File::create(&kept).unwrap()).unwrap();
    let mut reader = SpoolReader::new(&spool[..]);
    let mut decoder = Decoder::default();
    while let Some(frame) = reader.next_frame().unwrap() {
        let mut journal = EventLog::default();
        decoder.frame(frame, &mut journal).unwrap();
        if pids.contains(&journal.events[0].pid) {
            out.write(frame.received, frame.bytes).unwrap();
        }
    }
    out.flush().unwrap();
    let events = lines(&decode(&std::fs::read(&kept).unwrap()));
    assert!(events.lines().count() > 2 * pids.len(), "{events}");
    if recording() {
        std::fs::copy(kept, testdata("lives.spool")).unwrap();
        std::fs::write(testdata("lives.events"), events).unwrap();
    }
}

fn accepts(bytes: &[u8]) -> bool {
    let mut journal = EventLog::default();
    let taken = Decoder::default()
        .frame(Frame { received: 1, bytes }, &mut journal)
        .is_ok();
    assert_eq!(journal.events.len(), usize::from(taken));
    taken
}

#[test]
fn what_is_too_short_or_too_long_is_refused() {
    let spool = std::fs::read(testdata("lives.spool")).unwrap();
    let mut reader = SpoolReader::new(&spool[..]);
    while let Some(frame) = reader.next_frame().unwrap() {
        let bytes = frame.bytes;
        assert!(accepts(bytes));
        assert!(!accepts(&[bytes, &[0; 8]].concat()));
        assert!(!accepts(&bytes[..23]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        accepts(&bytes);
    }

    #[test]
    fn any_head_is_taken_or_refused(kind in 0u8..4, rest in prop::collection::vec(0u8..32, 23..90)) {
        accepts(&[&[kind][..], &rest].concat());
    }
}
