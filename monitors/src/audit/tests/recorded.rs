//! Tests that need no root: bytes recorded from a real kernel, and made-up orders of records that
//! a real one only seldom writes. To record anew, as root:
//! `ROLLCALL_RECORD=1 cargo test -p rollcall-monitors audit::tests::live -- --include-ignored`

use std::path::{Path, PathBuf};

use contract::{EventLog, Frame, Kind, Monitor, SpoolReader, Value};
use proptest::prelude::*;

use super::super::Audit;
use super::super::wire::{self, DETAILED, OFFSET};
use super::support::{agree, decode, exec_line, lines};

pub(super) fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.join("testdata/audit").join(name)
}

#[test]
fn recorded_processes_are_told_from_threads() {
    let lines = lines(&std::fs::read_to_string(file("mixed.txt")).unwrap());
    agree(&decode(&file("mixed.spool")), lines[0].1, &lines);
}

#[test]
fn recorded_arguments_are_exact() {
    let journal = decode(&file("nasty.spool"));
    let reports = journal.events.iter().map(|event| journal.report(event));
    let execs = reports.filter(|report| report.kind == Kind::Exec);
    let line = |r: contract::EventRef<'_>| exec_line(r.pid, r.exe.unwrap(), r.argv.unwrap());
    let found: String = execs.map(line).collect();
    let expected = std::fs::read_to_string(file("nasty.txt")).unwrap();
    assert!(
        found == expected,
        "decoded arguments differ from testdata/audit/nasty.txt"
    );
}

/// What an exec with `fields=all` is told by: the records of one serial, up to the one that ends them.
#[test]
fn the_fields_of_an_exec_come_from_four_records() {
    let said = |detailed: bool| {
        let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
        let mut frame = |kind, text: &str| {
            let bytes = wire::message(kind, 0, 0, text.as_bytes());
            let frame = Frame {
                received: 1,
                bytes: &bytes,
            };
            decoder.frame(frame, &mut journal).unwrap();
        };
        if detailed {
            frame(DETAILED, "");
        }
        let at = "audit(1000000.000:7):";
        let call =
            "arch=c000003e syscall=59 success=yes exit=0 a0=0 items=2 ppid=1 pid=2 auid=3 uid=4";
        let rest = "gid=5 euid=6 tty=pts7 ses=8 comm=6120 exe=\"/x\" key=\"rollcall\"";
        frame(1300, &format!("{at} {call} {rest}"));
        frame(1309, &format!("{at} argc=1 a0=\"y\""));
        frame(1307, &format!("{at} cwd=\"/z\""));
        frame(1302, &format!("{at} item=0 name=\"./y\" inode=1"));
        frame(1302, &format!("{at} item=1 name=\"/lib/ld.so\" inode=2"));
        frame(1320, &format!("{at} "));
        assert_eq!(journal.events.len(), 1);
        let details = journal.details(&journal.events[0]);
        let text = details.iter().map(|(field, value)| match value {
            Value::Number(number) => format!("{field}={number}"),
            Value::Text { bytes, .. } => format!("{field}='{}'", bytes.escape_ascii()),
        });
        text.collect::<Vec<_>>().join(" ")
    };
    let all = "path='./y' comm='a ' cwd='/z' uid=4 euid=6 gid=5 auid=3 tty='pts7'";
    assert_eq!(said(true), all);
    assert_eq!(said(false), "");
}

/// One SYSCALL record: time (ms), number and convention, caller, the child or status it had.
type Scene<'a> = (u64, &'a str, u32, u32);

const PARENT: u32 = 10;

/// Decodes made-up records; events as `kind pid received`, the stamp being the place in the order.
fn play(scene: &[Scene<'_>]) -> Vec<String> {
    let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
    for (place, (millis, call, pid, value)) in scene.iter().enumerate() {
        let text = match *call {
            "fork" => format!("arch=c000003e syscall=57 success=yes exit={value} a0=0"),
            "fork32" => format!("arch=40000003 syscall=2 success=yes exit={value} a0=0"),
            "thread" => format!("arch=c000003e syscall=56 success=yes exit={value} a0=10f00"),
            "clone3" => format!("arch=c000003e syscall=435 success=yes exit={value} a0=7fff0"),
            "failed" => "arch=c000003e syscall=57 success=no exit=-11 a0=0".to_owned(),
            "exec" => "arch=c000003e syscall=59 success=yes exit=0 a0=0".to_owned(),
            "exit" => format!("arch=c000003e syscall=60 a0={value:x}"),
            "exit_group" => format!("arch=c000003e syscall=231 a0={value:x}"),
            other => panic!("{other}"),
        };
        let seconds = 1_000_000 + millis / 1000;
        let text = format!(
            "audit({seconds}.{:03}:{place}): {text} items=0 ppid={PARENT} pid={pid} exe=\"/x\"",
            millis % 1000
        );
        let bytes = wire::message(1300, 0, 0, text.as_bytes());
        let received = place as u64;
        let frame = Frame {
            received,
            bytes: &bytes,
        };
        decoder.frame(frame, &mut journal).unwrap();
    }
    decoder.finish(&mut journal);
    let events = journal.events.iter();
    let line = |event: &contract::Event| {
        let status = event.fields.status.map(|status| format!(" {status}"));
        let status = status.unwrap_or_default();
        format!("{} {} {}{status}", event.kind, event.pid, event.received)
    };
    let mut told: Vec<_> = events.map(line).collect();
    told.sort();
    told
}

#[test]
fn a_child_may_be_heard_of_before_its_fork() {
    let spawn = [
        (0, "exec", 20, 0),
        (0, "clone3", PARENT, 20),
        (9, "exit_group", 20, 3),
    ];
    assert_eq!(play(&spawn), ["exec 20 0", "exit 20 2 768", "fork 20 1"]);
    let fork = [
        (0, "exit", 20, 1),
        (0, "fork32", PARENT, 20),
        (0, "failed", PARENT, 0),
    ];
    assert_eq!(play(&fork), ["exit 20 0 256", "fork 20 1"]);
}

#[test]
fn a_clone3_is_a_process_once_it_is_named() {
    assert_eq!(play(&[(0, "clone3", PARENT, 20)]), [""; 0]);
    for later in [3, 90_000] {
        let named = [(0, "clone3", PARENT, 20), (later, "exit_group", 20, 0)];
        assert_eq!(play(&named), ["exit 20 1 0", "fork 20 0"]);
    }
    // A thread's id came round, and the new owner's records precede its fork's.
    let round = [
        (0, "clone3", PARENT, 20),
        (9000, "exec", 20, 0),
        (8999, "fork", PARENT, 20),
    ];
    assert_eq!(play(&round), ["exec 20 1", "fork 20 2"]);
}

#[test]
fn a_thread_that_ends_ends_no_process() {
    let born = (0, "fork", PARENT, 20);
    let early = [
        born,
        (1, "exit", 20, 0),
        (1, "thread", 20, 21),
        (9, "exit_group", 20, 2),
    ];
    assert_eq!(play(&early), ["exit 20 3 512", "fork 20 0"]);
    let last = [
        born,
        (1, "thread", 20, 21),
        (2, "exit", 20, 0),
        (3, "exit", 20, 7),
    ];
    assert_eq!(play(&last), ["exit 20 3", "fork 20 0"]);
    let unsure = [born, (1, "clone3", 20, 21), (2, "exit", 20, 0)];
    assert_eq!(play(&unsure), ["fork 20 0"]);
    let both = [
        born,
        (1, "thread", 20, 21),
        (2, "exit_group", 20, 1),
        (2, "exit_group", 20, 1),
    ];
    assert_eq!(play(&both), ["exit 20 2 256", "fork 20 0"]);
    let unknown = [(0, "exit", 20, 0)];
    assert_eq!(play(&unknown), [""; 0]);
}

#[test]
fn a_pid_that_comes_round_at_once_is_two_processes() {
    for call in ["exit", "exit_group"] {
        for order in 0..4 {
            let mut scene = Vec::new();
            for (life, bit) in [(0, 1), (1, 2)] {
                let (birth, end) = ((life, "fork", PARENT, 20), (life, call, 20, life as u32));
                let pair = [birth, end];
                scene.extend(if order & bit == 0 { pair } else { [end, birth] });
            }
            let told = play(&scene);
            let exits = told.iter().filter(|line| line.starts_with("exit")).count();
            assert_eq!((told.len(), exits), (4, 2), "{scene:?}: {told:?}");
        }
    }
}

#[test]
fn a_core_dumping_signal_is_an_exit_without_status() {
    let text =
        b"audit(1.002:3): auid=0 uid=0 gid=0 ses=1 pid=44 comm=\"x\" exe=\"/x\" sig=11 res=1";
    let bytes = wire::message(1701, 0, 0, text);
    let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
    let frame = Frame {
        received: 5,
        bytes: &bytes,
    };
    decoder.frame(frame, &mut journal).unwrap();
    let event = journal.events[0];
    assert_eq!(
        (event.kind, event.pid, event.fields.status),
        (Kind::Exit, 44, None)
    );
}

#[test]
fn what_waited_for_a_daemon_since_before_is_left_out() {
    let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
    let mut give = |kind, payload: &[u8]| {
        let bytes = wire::message(kind, 0, 0, payload);
        let frame = Frame {
            received: 1_000_000_000,
            bytes: &bytes,
        };
        decoder.frame(frame, &mut journal).unwrap();
    };
    give(OFFSET, &99_000_000_000_i64.to_le_bytes());
    for (seconds, pid) in [("99.700", 1), ("100.001", 2)] {
        let text = format!("audit({seconds}:1): arch=c000003e syscall=231 a0=0 ppid=1 pid={pid} ");
        give(1300, text.as_bytes());
    }
    let told: Vec<_> = journal.events.iter().map(|event| event.pid).collect();
    assert_eq!(told, [2]);
    assert_eq!(journal.events[0].happened.unwrap().get(), 1_001_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Real frames, cut and with bytes changed: never a panic, and what is refused changes nothing
    /// of the sums.
    #[test]
    fn any_bytes_are_taken_or_refused(changes in prop::collection::vec((0..400_usize, 0..300_usize, any::<u8>()), 0..200)) {
        let mut reader = SpoolReader::new(std::fs::File::open(file("mixed.spool")).unwrap());
        let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
        let (mut place, mut frames) = (0, 0);
        while let Some(frame) = reader.next_frame().unwrap() {
            let mut bytes = frame.bytes.to_vec();
            for (_, at, byte) in changes.iter().filter(|(frame, ..)| *frame == place) {
                if byte % 7 == 0 { bytes.truncate(*at) }
                if let Some(there) = bytes.get_mut(*at) { *there = *byte }
            }
            place += 1;
            let received = frame.received;
            frames += usize::from(decoder.frame(Frame { received, bytes: &bytes }, &mut journal).is_ok());
        }
        decoder.finish(&mut journal);
        prop_assert!(journal.events.len() <= frames);
    }

    /// Text of the right words in no order at all.
    #[test]
    fn any_words_are_taken_or_refused(words in prop::collection::vec((0..4_usize, "(a[0-9]{1,3}(_len|\\[[0-9]\\])?|argc|pid|exit|syscall|arch)=(\"?[0-9A-F]{0,20}\"?)"), 0..60)) {
        let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
        for (index, (kind, word)) in words.iter().enumerate() {
            let base = "arch=c000003e syscall=59 success=yes exit=9 a0=1 pid=5 ppid=1";
            let text = format!("audit(1.1:{}): {base} {word}", index / 4);
            let bytes = wire::message([1300, 1309, 1320, 1701][*kind], 0, 0, text.as_bytes());
            let _ = decoder.frame(Frame { received: 1, bytes: &bytes }, &mut journal);
        }
        decoder.finish(&mut journal);
        prop_assert!(journal.events.len() <= words.len());
    }
}
