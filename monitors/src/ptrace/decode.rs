//! Frames to events: pure. A frame is an event, and behind it of an exit the wait status, of a fork
//! or an exec its fields (fields.rs).

use contract::{Decode, EventLog, Frame, Kind, Malformed};

use crate::common::lookup_codec;

/// Each frame stands for itself, so nothing is remembered.
pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let malformed = |why| {
            let length = frame.bytes.len();
            Malformed(format!("ptrace frame of {length} bytes: {why}"))
        };
        let (mut report, rest) = lookup_codec::event(frame).map_err(malformed)?;
        if report.kind == Kind::Exit {
            let status = rest.try_into().map(i32::from_le_bytes);
            report.status = Some(status.map_err(|_| malformed("has no status"))?);
        } else {
            lookup_codec::tell(rest, &mut report).map_err(malformed)?;
        }
        out.push(report);
        Ok(())
    }
}
