//! Frames to events: pure. A frame is one moment: a byte for the kind, the pid, and of an exit the
//! wait status, of a fork or an exec the facts (facts.rs).

use contract::{Decode, Frame, Journal, Kind, Malformed, Pid, Report};

use crate::facts;

/// The beginning of a frame.
pub(super) fn head(kind: Kind, pid: Pid) -> [u8; 5] {
    let [a, b, c, d] = pid.to_le_bytes();
    [kind as u8, a, b, c, d]
}

/// Each frame stands for itself, so nothing is remembered.
pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Journal) -> Result<(), Malformed> {
        let (&[kind, a, b, c, d], rest) = frame
            .bytes
            .split_first_chunk::<5>()
            .ok_or_else(|| malformed(frame, "is shorter than its head"))?;
        let kind = Kind::ALL.get(usize::from(kind));
        let kind = *kind.ok_or_else(|| malformed(frame, "is of no known kind"))?;
        let mut report = Report::new(kind, u32::from_le_bytes([a, b, c, d]), frame.received);
        if kind == Kind::Exit {
            let status = rest.try_into().map(i32::from_le_bytes);
            report.status = Some(status.map_err(|_| malformed(frame, "has no status"))?);
        } else {
            facts::tell(rest, &mut report).map_err(|why| malformed(frame, why))?;
        }
        out.push(report);
        Ok(())
    }
}

fn malformed(frame: Frame<'_>, why: &str) -> Malformed {
    let length = frame.bytes.len();
    Malformed(format!("ptrace frame of {length} bytes: {why}"))
}
