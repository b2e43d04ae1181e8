//! Frames to events: pure. A frame is a moment, and behind it of an exit the wait status, of a fork
//! or an exec its facts (facts.rs).

use contract::{Decode, Frame, Journal, Kind, Malformed};

use crate::facts;

/// Each frame stands for itself, so nothing is remembered.
pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Journal) -> Result<(), Malformed> {
        let malformed = |why| {
            let length = frame.bytes.len();
            Malformed(format!("ptrace frame of {length} bytes: {why}"))
        };
        let (mut report, rest) = facts::moment(frame).map_err(malformed)?;
        if report.kind == Kind::Exit {
            let status = rest.try_into().map(i32::from_le_bytes);
            report.status = Some(status.map_err(|_| malformed("has no status"))?);
        } else {
            facts::tell(rest, &mut report).map_err(malformed)?;
        }
        out.push(report);
        Ok(())
    }
}
