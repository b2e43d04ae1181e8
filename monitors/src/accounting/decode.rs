//! Records to events: pure. A frame is what one read brought, records of 64 bytes one after another.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed};

use super::acct_v3::{AcctV3, RECORD};

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
        for record in records {
            let ended = AcctV3::parse(record).map_err(|version| {
                Malformed(format!(
                    "accounting: a record of version {version}, not 3: use a kernel with CONFIG_BSD_PROCESS_ACCT_V3=y"
                ))
            })?;
            out.push(EventRef {
                ppid: Some(ended.ppid),
                status: Some(ended.status),
                ..EventRef::new(Kind::Exit, ended.pid, frame.received)
            });
        }
        Ok(())
    }
}
