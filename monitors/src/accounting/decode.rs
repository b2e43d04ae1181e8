//! Records to events: pure. A frame is what one read brought, whole records one after another.

use contract::{Decode, EventLog, EventRef, Frame, Kind, Malformed};

use super::record::AcctRecord;

pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let (records, rest) = frame.bytes.as_chunks();
        if !rest.is_empty() {
            let length = frame.bytes.len();
            return Err(Malformed(format!(
                "accounting: {length} bytes are no whole records"
            )));
        }
        let records: Vec<_> = records
            .iter()
            .map(AcctRecord::parse)
            .collect::<Result<_, _>>()
            .map_err(|version| {
                Malformed(format!(
                    "accounting: a record of version {version}, not 3: use a kernel with CONFIG_BSD_PROCESS_ACCT_V3=y"
                ))
            })?;
        for record in records {
            out.push(EventRef {
                ppid: Some(record.ppid),
                status: Some(record.status),
                ..EventRef::new(Kind::Exit, record.pid, frame.received)
            });
        }
        Ok(())
    }
}
