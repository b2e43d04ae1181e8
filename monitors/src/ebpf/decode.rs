//! What the probe's records say. One frame, one record; `probe.bpf.c` lays them out.

use contract::{Cut, Decode, DetailsBuf, EventLog, EventRef, Field, Frame, Kind, Malformed, Value};

use crate::common::snapshot::join::Join;

const HEAD: usize = 24;
/// So much longer is an exec's.
const EXEC_TAIL: usize = 8;
const EXE_CUT: u8 = 1;
const ARGV_CUT: u8 = 2;
const EXE_UNREAD: u8 = 4;
const ARGV_UNREAD: u8 = 8;

const DETAILED: u8 = 16;

/// What a detailed exec has before its exe: `struct details`.
const DETAILS: usize = 80;
const CWD_CUT: u32 = 1;
const PATH_CUT: u32 = 2;
const CWD_UNREAD: u32 = 4;
const PATH_UNREAD: u32 = 8;
const CWD_TOLD: u32 = 16;
const NO_AUID: u32 = 32;

/// Each record stands for itself, so nothing is remembered but memory and, of a snapshot, what it told.
#[derive(Default)]
pub(super) struct Decoder {
    details: DetailsBuf,
    join: Join,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        if !self.join.frame(frame, out)? {
            self.join.live(record(frame, &mut self.details)?, out);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut EventLog) {
        self.join.finish(out);
    }
}

fn record<'a>(frame: Frame<'a>, details: &'a mut DetailsBuf) -> Result<EventRef<'a>, Malformed> {
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
            return exec(frame, body, report, details);
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
    told: &'a mut DetailsBuf,
) -> Result<EventRef<'a>, Malformed> {
    let flags = frame.bytes[1];
    let short = || malformed(frame, "is shorter than its head");
    let (tail, body) = body.split_first_chunk::<EXEC_TAIL>().ok_or_else(short)?;
    let [exe, argv] = [0, 2].map(|at| usize::from(u16::from_ne_bytes(bytes(tail, at))));
    let detailed = flags & DETAILED != 0;
    let (details, body) = match body.split_first_chunk::<DETAILS>() {
        Some((details, body)) if detailed => (Some(details), body),
        None if detailed => return Err(short()),
        _ => (None, body),
    };
    let [path, cwd] = details.map_or([0; 2], |details| {
        [PATH_LENGTH, CWD_LENGTH].map(|at| usize::from(u16::from_ne_bytes(bytes(details, at))))
    });
    let padding = body.len().checked_sub(exe + argv + path + cwd);
    let Some(padding @ 0..8) = padding else {
        return Err(malformed(frame, "is not as long as its parts"));
    };
    let (exe, rest) = body[padding..].split_at(exe);
    let (argv, rest) = rest.split_at(argv);
    if let Some(details) = details {
        let euid = report.euid.unwrap_or_default();
        tell(details, rest.split_at(path), euid, told);
        report.details = told.details();
    }
    report.exe = (flags & EXE_UNREAD == 0).then_some(exe);
    report.argv = (flags & ARGV_UNREAD == 0).then_some(argv);
    report.cut = Cut {
        exe: flags & EXE_CUT != 0,
        argv: flags & ARGV_CUT != 0,
    };
    Ok(report)
}

/// Where the parts of `struct details` lie.
const PATH_LENGTH: usize = 40;
const CWD_LENGTH: usize = 42;
const FLAGS: usize = 44;
const COMM: usize = 48;
const TTY: usize = 64;

fn tell(head: &[u8; DETAILS], (path, cwd): (&[u8], &[u8]), euid: u32, to: &mut DetailsBuf) {
    let id = |at| u32::from_ne_bytes(bytes(head, at));
    let time = |at| u64::from_ne_bytes(bytes(head, at));
    let flags = id(FLAGS);
    let has = |flag| flags & flag != 0;
    let name = |at: usize| until_nul(&head[at..at + 16]);
    to.clear();
    if !has(PATH_UNREAD) {
        let cut = has(PATH_CUT);
        to.put(Field::Path, Value::Text { bytes: path, cut });
    }
    to.text(Field::Comm, name(COMM));
    if has(CWD_TOLD) && !has(CWD_UNREAD) {
        // Of the root of all there is nothing to put together.
        let bytes = if cwd.is_empty() { b"/" } else { cwd };
        let cut = has(CWD_CUT);
        to.put(Field::Cwd, Value::Text { bytes, cut });
    }
    to.number(Field::Uid, id(16));
    to.number(Field::Euid, euid);
    to.number(Field::Gid, id(20));
    if !has(NO_AUID) {
        to.number(Field::Auid, id(24));
    }
    to.number(Field::Session, id(28));
    to.text(Field::Tty, name(TTY));
    to.number(Field::StartNs, time(0));
    to.number(Field::Cgroup, time(8));
    to.number(Field::PidNs, id(32));
    to.number(Field::InnerPid, id(36));
}

fn until_nul(name: &[u8]) -> &[u8] {
    let end = name.iter().position(|&byte| byte == 0);
    &name[..end.unwrap_or(name.len())]
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
