//! What a look found, as a frame: an event and fields (fields.rs). Pure.

use contract::{Decode, EventLog, Frame, Malformed};

use crate::common::lookup_codec;

/// Each frame stands for itself, so nothing is remembered.
pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let malformed = |why| {
            let length = frame.bytes.len();
            Malformed(format!("procfs frame of {length} bytes: {why}"))
        };
        let (mut report, rest) = lookup_codec::event(frame).map_err(malformed)?;
        lookup_codec::tell(rest, &mut report).map_err(malformed)?;
        out.push(report);
        Ok(())
    }
}
