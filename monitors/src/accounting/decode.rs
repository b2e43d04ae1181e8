//! Records to events: pure. A frame is what one read brought, whole records one after another; an empty
//! one says that the other fields are asked for.

use contract::{Decode, DetailsBuf, EventLog, EventRef, Frame, Kind, Malformed};

use super::record::{self, AcctRecord};

#[derive(Default)]
pub(super) struct Decoder {
    detailed: bool,
    details: DetailsBuf,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        self.detailed |= frame.bytes.is_empty();
        let (records, rest) = frame.bytes.as_chunks();
        if !rest.is_empty() {
            let length = frame.bytes.len();
            return Err(Malformed(format!(
                "accounting: {length} bytes are no whole records"
            )));
        }
        let parsed: Vec<_> = records
            .iter()
            .map(AcctRecord::parse)
            .collect::<Result<_, _>>()
            .map_err(|version| {
                Malformed(format!(
                    "accounting: a record of version {version}, not 3: use a kernel with CONFIG_BSD_PROCESS_ACCT_V3=y"
                ))
            })?;
        for (record, bytes) in parsed.into_iter().zip(records) {
            self.details.clear();
            if self.detailed {
                record::details(bytes, &mut self.details);
            }
            out.push(EventRef {
                ppid: Some(record.ppid),
                status: Some(record.status),
                details: self.details.details(),
                ..EventRef::new(Kind::Exit, record.pid, frame.received)
            });
        }
        Ok(())
    }
}
