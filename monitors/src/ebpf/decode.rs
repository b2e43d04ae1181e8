//! What the probe's records say. One frame, one record; `probe.bpf.c` lays them out.

use contract::{Cut, Decode, EventLog, EventRef, Frame, Kind, Malformed};

use crate::common::snapshot::join::Join;

const HEAD: usize = 24;
/// So much longer is an exec's.
const EXEC_TAIL: usize = 8;
const EXE_CUT: u8 = 1;
const ARGV_CUT: u8 = 2;
const EXE_UNREAD: u8 = 4;
const ARGV_UNREAD: u8 = 8;

/// Each record stands for itself, so nothing is remembered but for a snapshot.
#[derive(Default)]
pub(super) struct Decoder(Join);

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        if !self.0.frame(frame, out)? {
            self.0.live(record(frame)?, out);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut EventLog) {
        self.0.finish(out);
    }
}

fn record(frame: Frame<'_>) -> Result<EventRef<'_>, Malformed> {
    let Some((head, body)) = frame.bytes.split_first_chunk::<HEAD>() else {
        return Err(malformed(frame, "is shorter than its head"));
    };
    let kind = *Kind::ALL
        .get(usize::from(head[0]))
        .ok_or_else(|| malformed(frame, "is of no known kind"))?;
    let mut report = EventRef::new(kind, word(head, 4), frame.received);
    report.happened = u64::from_ne_bytes(bytes(head, 8));
    match kind {
        Kind::Fork => report.ppid = Some(word(head, 20)),
        Kind::Exit => report.status = Some(word(head, 20).cast_signed()),
        Kind::Exec => {
            report.ppid = Some(word(head, 16));
            report.euid = Some(word(head, 20));
            return exec(frame, body, report);
        }
    }
    report.euid = Some(word(head, 16));
    if !body.is_empty() {
        return Err(malformed(frame, "has bytes after its end"));
    }
    Ok(report)
}

fn exec<'a>(
    frame: Frame<'a>,
    body: &'a [u8],
    mut report: EventRef<'a>,
) -> Result<EventRef<'a>, Malformed> {
    let flags = frame.bytes[1];
    let Some((tail, body)) = body.split_first_chunk::<EXEC_TAIL>() else {
        return Err(malformed(frame, "is shorter than its head"));
    };
    let [exe, argv] = [0, 2].map(|at| usize::from(u16::from_ne_bytes(bytes(tail, at))));
    let padding = body.len().checked_sub(exe + argv);
    let Some(padding @ 0..8) = padding else {
        return Err(malformed(frame, "is not as long as its parts"));
    };
    let (exe, argv) = body[padding..].split_at(exe);
    report.exe = (flags & EXE_UNREAD == 0).then_some(exe);
    report.argv = (flags & ARGV_UNREAD == 0).then_some(argv);
    report.cut = Cut {
        exe: flags & EXE_CUT != 0,
        argv: flags & ARGV_CUT != 0,
    };
    Ok(report)
}

fn word(head: &[u8; HEAD], at: usize) -> u32 {
    u32::from_ne_bytes(bytes(head, at))
}

/// `at` is a constant inside the head everywhere.
fn bytes<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&head[at..at + N]);
    out
}

fn malformed(frame: Frame<'_>, what: &str) -> Malformed {
    Malformed(format!(
        "ebpf: a record of {} bytes {what}: was the spool written by another version?",
        frame.bytes.len()
    ))
}
