//! What a look found, as a frame: a moment and facts (facts.rs). Pure.

use contract::{Decode, Frame, Journal, Malformed};

use crate::facts;

/// Each frame stands for itself, so nothing is remembered.
pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Journal) -> Result<(), Malformed> {
        let malformed = |why| {
            let length = frame.bytes.len();
            Malformed(format!("procfs frame of {length} bytes: {why}"))
        };
        let (mut report, rest) = facts::moment(frame).map_err(malformed)?;
        facts::tell(rest, &mut report).map_err(malformed)?;
        out.push(report);
        Ok(())
    }
}
