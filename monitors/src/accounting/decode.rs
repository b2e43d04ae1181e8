//! Records to events: pure. A frame is what one read brought, records of 64 bytes one after another.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed};

/// Of one record, `struct acct_v3`.
pub(super) const RECORD: usize = 64;
/// `ac_version`: the number, and a bit that says big-endian.
const VERSION: usize = 1;
const STATUS: usize = 4;
const PID: usize = 16;
const PPID: usize = 20;
/// What `ac_version` is for a record in the byte order of this machine.
const THIS: u8 = 3 | if cfg!(target_endian = "big") { 0x80 } else { 0 };

pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let (records, rest) = frame.bytes.as_chunks::<RECORD>();
        if !rest.is_empty() {
            let length = frame.bytes.len();
            return Err(Malformed(format!(
                "accounting: {length} bytes are no whole records"
            )));
        }
        if let Some(other) = records.iter().find(|record| record[VERSION] != THIS) {
            let version = other[VERSION];
            return Err(Malformed(format!(
                "accounting: a record of version {version}, not 3: use a kernel with CONFIG_BSD_PROCESS_ACCT_V3=y"
            )));
        }
        for record in records {
            out.push(EventRef {
                ppid: Some(number(record, PPID)),
                status: Some(number(record, STATUS).cast_signed()),
                ..EventRef::new(Kind::Exit, number(record, PID), frame.received)
            });
        }
        Ok(())
    }
}

fn number(record: &[u8; RECORD], at: usize) -> u32 {
    u32::from_ne_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
}
