//! What /dev/rollcall hands out, as events. The layout is that of module/rollcall.h.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed};

/// Bytes of a record before its path.
pub(super) const HEAD: usize = 32;
const PPID: u8 = 1;
const STATUS: u8 = 2;
const EXE: u8 = 4;
const ARGV: u8 = 8;
const ARGV_CUT: u8 = 16;

/// A frame is what one read gave: one whole record after another.
pub(super) struct Records;

impl Decode for Records {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let mut rest = frame.bytes;
        while !rest.is_empty() {
            let (record, more) = split(rest)?;
            out.push(report(record, frame.received)?);
            rest = more;
        }
        Ok(())
    }
}

/// The first record, and what follows it.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let size = bytes
        .first_chunk()
        .map_or(0, |size| u32::from_ne_bytes(*size) as usize);
    if size < HEAD || size % 8 != 0 {
        return Err(Malformed(format!(
            "a kmod record of {size} bytes: it has at least {HEAD}, by eights"
        )));
    }
    bytes.split_at_checked(size).ok_or_else(|| {
        Malformed(format!(
            "a kmod record of {size} bytes is cut off after {}",
            bytes.len()
        ))
    })
}

fn report(record: &[u8], received: u64) -> Result<EventRef<'_>, Malformed> {
    let flags = record[5];
    let kind = match record[4] {
        0 => Kind::Fork,
        1 => Kind::Exec,
        2 => Kind::Exit,
        other => return Err(Malformed(format!("a kmod record of kind {other}"))),
    };
    let exe_length = usize::from(u16::from_ne_bytes([record[6], record[7]]));
    let argv_length = word(record, 20) as usize;
    let tail = &record[HEAD..];
    let Some((exe, (argv, padding))) = tail
        .split_at_checked(exe_length)
        .and_then(|(exe, rest)| Some((exe, rest.split_at_checked(argv_length)?)))
    else {
        return Err(Malformed(format!(
            "a kmod record of {} bytes with {exe_length} of path and {argv_length} of arguments",
            record.len()
        )));
    };
    // The kernel's memory must not come out with a record.
    if padding.iter().any(|byte| *byte != 0) {
        return Err(Malformed(format!(
            "a kmod record with {padding:02x?} behind its arguments, in place of zeros"
        )));
    }
    let told = |flag: u8| flags & flag != 0;
    let mut report = EventRef::new(kind, word(record, 8), received);
    report.happened = u64::from(word(record, 24)) | u64::from(word(record, 28)) << 32;
    report.ppid = told(PPID).then(|| word(record, 12));
    report.status = told(STATUS).then(|| word(record, 16).cast_signed());
    report.exe = told(EXE).then_some(exe);
    report.argv = told(ARGV).then_some(argv);
    report.cut.argv = told(ARGV_CUT);
    Ok(report)
}

/// Callers ask only for places within the head.
fn word(record: &[u8], at: usize) -> u32 {
    record[at..]
        .first_chunk()
        .map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u8, flags: u8, exe: &[u8], argv: &[u8]) -> Vec<u8> {
        let size = (HEAD + exe.len() + argv.len()).next_multiple_of(8);
        let mut bytes = (size as u32).to_ne_bytes().to_vec();
        bytes.extend([kind, flags]);
        bytes.extend((exe.len() as u16).to_ne_bytes());
        bytes.extend(
            [70, 60, 256, argv.len() as u32]
                .iter()
                .flat_map(|w| w.to_ne_bytes()),
        );
        bytes.extend(12345u64.to_ne_bytes());
        bytes.extend([exe, argv].concat());
        bytes.resize(size, 0);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<EventLog, Malformed> {
        let mut journal = EventLog::default();
        let frame = Frame { received: 9, bytes };
        Records.frame(frame, &mut journal).map(|()| journal)
    }

    #[test]
    fn only_what_was_told_is_a_field() {
        let bytes = [
            record(0, PPID, b"", b""),
            record(1, PPID | EXE | ARGV | ARGV_CUT, b"/bin/x", b"x\0y"),
            record(2, STATUS, b"", b""),
        ]
        .concat();
        let journal = decode(&bytes).unwrap();
        let reports: Vec<_> = journal
            .events
            .iter()
            .map(|event| journal.report(event))
            .collect();
        assert_eq!(reports.len(), 3);
        let (fork, exec, exit) = (reports[0], reports[1], reports[2]);
        assert_eq!(
            (fork.pid, fork.ppid, fork.status, fork.argv),
            (70, Some(60), None, None)
        );
        assert_eq!(
            (exec.exe, exec.argv),
            (Some(&b"/bin/x"[..]), Some(&b"x\0y"[..]))
        );
        assert!(exec.cut.argv && !exec.cut.exe);
        assert_eq!(
            (exit.kind, exit.status, exit.ppid, exit.happened),
            (Kind::Exit, Some(256), None, 12345)
        );
    }

    #[test]
    fn an_exec_without_arguments_is_not_one_whose_arguments_are_unknown() {
        let argv = |flags| {
            let journal = decode(&record(1, flags, b"", b"")).unwrap();
            journal.events[0].fields.argv.is_some()
        };
        assert!(argv(ARGV) && !argv(0));
    }

    #[test]
    fn every_cut_is_seen() {
        let bytes = record(1, EXE | ARGV, b"/bin/true", b"true\0");
        for length in 1..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "cut at {length}");
        }
        let mut lying = bytes;
        lying[20] = 0xff;
        assert!(decode(&lying).is_err());
    }

    #[test]
    fn memory_behind_a_record_is_seen() {
        let mut bytes = record(1, EXE | ARGV, b"/bin/true", b"true\0");
        *bytes.last_mut().unwrap() = 0x5a;
        assert!(decode(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn any_damage_is_taken(at in 0usize..48, to in any::<u8>()) {
            let mut bytes = record(1, EXE | ARGV, b"/bin/true", b"true\0");
            let at = at.min(bytes.len() - 1);
            bytes[at] = to;
            let _ = decode(&bytes);
        }
    }
}
