//! What silence decides, from made-up records.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Nanos};

use super::decode::{Decoder, EXEC_HOLD, FORK_HOLD};
use super::ended::PATIENCE;
use super::layout::{ARGV, EXE, RECORD};

const ATTEMPT: u8 = 2;
const RETRACT: u8 = 3;
const IMAGE: u8 = 4;
const SPAWN: u8 = 5;
const EXIT: u8 = 6;
const FORK: u8 = 1;

/// A record of process 7, which process 5 forked.
fn record(sort: u8, happened: Nanos, exe: &[u8], argv: &[u8]) -> Vec<u8> {
    let mut bytes = happened.to_le_bytes().to_vec();
    for word in [7_u32, 7, 5, 0] {
        bytes.extend(word.to_le_bytes());
    }
    let told = |data: &[u8], flag| if data.is_empty() { 0 } else { flag };
    bytes.extend([sort, told(exe, EXE) | told(argv, ARGV), 0, 1]);
    bytes.extend((exe.len() as u16).to_le_bytes());
    bytes.extend(((exe.len() + argv.len()) as u16).to_le_bytes());
    assert_eq!(bytes.len(), RECORD);
    [&bytes, exe, argv].concat()
}

/// What is told at the end of these frames, as (kind, received, exe).
fn told(frames: &[(Nanos, Vec<u8>)]) -> Vec<(Kind, Nanos, Option<Vec<u8>>)> {
    let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
    for (received, bytes) in frames {
        let received = *received;
        decoder.frame(Frame { received, bytes }, &mut out).unwrap();
    }
    let exe = |report: &EventRef<'_>| report.exe.map(<[u8]>::to_vec);
    let reports = out.events.iter().map(|event| out.report(event));
    reports
        .map(|report| (report.kind, report.received, exe(&report)))
        .collect()
}

fn fork() -> (Nanos, Vec<u8>) {
    (10, record(FORK, 9, b"", b""))
}

/// A script: only its image will say what runs.
fn attempt() -> (Nanos, Vec<u8>) {
    (20, record(ATTEMPT, 19, b"", b""))
}

const FORKED: (Kind, Nanos, Option<Vec<u8>>) = (Kind::Fork, 10, None);

#[test]
fn an_exec_waits_for_its_image_however_busy_the_machine_is() {
    let late = 20 + EXEC_HOLD - 1;
    let image = (late, record(IMAGE, late - 9, b"/bin/sh", b"sh\0s\0"));
    let between = (20 + 100 * FORK_HOLD, Vec::new());
    let ran = (Kind::Exec, late, Some(b"/bin/sh".to_vec()));
    assert_eq!(told(&[fork(), attempt(), between, image]), [FORKED, ran]);
}

#[test]
fn an_exec_that_is_taken_back_late_was_none() {
    let late = 20 + EXEC_HOLD - 1;
    let back = (late, record(RETRACT, 19, b"", b""));
    let end = (late + 1, record(EXIT, late, b"", b""));
    let ended = (Kind::Exit, late + 1, None);
    assert_eq!(told(&[fork(), attempt(), back, end]), [FORKED, ended]);
    // Nor one that its process outlived without a word of it.
    let end = (late + 1, record(EXIT, late, b"", b""));
    let ended = (Kind::Exit, late + 1, None);
    assert_eq!(told(&[fork(), attempt(), end]), [FORKED, ended]);
}

#[test]
fn silence_tells_the_exec_of_a_program_without_the_library() {
    let over = 20 + EXEC_HOLD;
    let frames = [fork(), attempt(), (over - 1, Vec::new())];
    assert_eq!(told(&frames), [FORKED]);
    let frames = [fork(), attempt(), (over, Vec::new())];
    assert_eq!(told(&frames), [FORKED, (Kind::Exec, over, None)]);
}

#[test]
fn a_fork_without_a_record_is_told_after_a_short_while() {
    let image = (20, record(IMAGE, 19, b"/bin/x", b"x\0"));
    let over = 20 + FORK_HOLD;
    assert_eq!(told(&[image.clone(), (over - 1, Vec::new())]), []);
    let ran = (Kind::Exec, over, Some(b"/bin/x".to_vec()));
    let due = [(Kind::Fork, over, None), ran];
    assert_eq!(told(&[image, (over, Vec::new())]), due);
}

/// A record of `pid`, which `ppid` made.
fn of(pid: u32, ppid: u32, sort: u8, happened: Nanos) -> Vec<u8> {
    let mut bytes = record(sort, happened, b"", b"");
    bytes[8..12].copy_from_slice(&pid.to_le_bytes());
    let writer = if [FORK, SPAWN].contains(&sort) {
        ppid
    } else {
        pid
    };
    bytes[12..16].copy_from_slice(&writer.to_le_bytes());
    bytes[16..20].copy_from_slice(&ppid.to_le_bytes());
    bytes
}

/// Kinds and pids in the order in which they are told.
fn order(records: &[Vec<u8>]) -> Vec<(Kind, u32)> {
    let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
    for (received, bytes) in (10..).zip(records) {
        decoder.frame(Frame { received, bytes }, &mut out).unwrap();
    }
    decoder.finish(&mut out);
    out.events
        .iter()
        .map(|event| (event.kind, event.pid))
        .collect()
}

#[test]
fn a_fork_is_told_before_all_else_of_its_process() {
    let fork = of(7, 5, FORK, 4);
    let exit = of(7, 5, EXIT, 6);
    let told = [(Kind::Fork, 7), (Kind::Exit, 7)];
    // The writer of the fork was forked itself, which nothing says.
    let of_writer = (Kind::Fork, 5);
    let after = |first, rest: &[(Kind, u32)]| [&[first], rest].concat();
    assert_eq!(
        order(&[fork.clone(), exit.clone()]),
        after(of_writer, &told)
    );
    assert_eq!(order(&[exit, fork]), after(of_writer, &told));
    let image = of(7, 5, IMAGE, 5);
    let told = [(Kind::Fork, 7), (Kind::Exec, 7), (Kind::Exit, 7)];
    for spawned in [SPAWN, FORK] {
        let records = [image.clone(), of(7, 5, EXIT, 6), of(7, 5, spawned, 4)];
        assert_eq!(order(&records), after(of_writer, &told), "{spawned}");
    }
    assert_eq!(order(&[image, of(7, 5, EXIT, 6)]), told, "never written");
}

#[test]
fn a_fork_is_told_before_those_of_its_children() {
    let child = of(8, 7, FORK, 5);
    let ends = [of(8, 7, EXIT, 6), of(7, 5, EXIT, 8)];
    let fork = of(7, 5, FORK, 4);
    let told = [
        (Kind::Fork, 7),
        (Kind::Fork, 8),
        (Kind::Exit, 8),
        (Kind::Exit, 7),
    ];
    let [last, first] = ends;
    // Of the parent nothing has come when its child is told of.
    let records = [child, last, first, fork];
    let seen = order(&records);
    let place = |one| seen.iter().position(|told| *told == one).unwrap();
    assert!(
        told.iter().all(|one| seen.contains(one)) && seen.len() == 5,
        "{seen:?}"
    );
    assert!(
        place(told[0]) < place(told[1]) && place(told[1]) < place(told[2]),
        "{seen:?}"
    );
    assert!(place(told[0]) < place(told[3]), "{seen:?}");
}

/// A parent that waits for a CPU writes its fork down long after its child has forked and ended.
#[test]
fn whose_child_it_is_is_waited_for() {
    let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
    let mut frame = |received, bytes: &[u8]| {
        decoder.frame(Frame { received, bytes }, &mut out).unwrap();
    };
    frame(10, &of(8, 7, FORK, 5));
    frame(11, &of(8, 7, EXIT, 6));
    let late = 11 + 3 * FORK_HOLD;
    frame(late, &[]);
    frame(late + 1, &of(7, 5, FORK, 4));
    decoder.finish(&mut out);
    let forks = out.events.iter().filter(|event| event.kind == Kind::Fork);
    let parents = forks.map(|event| (event.pid, out.report(event).ppid));
    let expected = [(7, Some(5)), (8, Some(7)), (5, None)];
    let found: Vec<_> = parents.collect();
    assert!(expected.iter().all(|one| found.contains(one)), "{found:?}");
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

/// However many pids there are, only those that ended a short while ago are known.
#[test]
fn what_ended_long_ago_is_forgotten() {
    let (mut decoder, mut out) = (Decoder::default(), EventLog::default());
    for pid in 100..5100 {
        let received = u64::from(pid) * (PATIENCE / 1000);
        for (sort, happened) in [(FORK, received - 9), (EXIT, received - 8)] {
            let bytes = &of(pid, 5, sort, happened);
            decoder.frame(Frame { received, bytes }, &mut out).unwrap();
        }
    }
    // Their parent, and those of the last while.
    assert!(decoder.known() <= 1002, "{}", decoder.known());
    let told = out.events.iter().filter(|event| event.pid != 5);
    assert_eq!(told.count(), 10_000);
}
