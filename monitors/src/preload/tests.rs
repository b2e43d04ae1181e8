//! What silence decides, from made-up records.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Nanos};

use super::decode::{Decoder, EXEC_HOLD, FORK_HOLD};
use super::layout::{ARGV, EXE, RECORD};

const ATTEMPT: u8 = 2;
const RETRACT: u8 = 3;
const IMAGE: u8 = 4;
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
