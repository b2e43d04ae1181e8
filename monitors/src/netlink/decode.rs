//! Datagrams and looked-up facts to events: pure.

use contract::{Decode, Frame, Journal, Malformed, Report};

use super::frame::{self, Tag};
use super::wire::{self, Said};

/// Keeps nothing between frames: each is one moment.
pub(super) struct Decoder;

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Journal) -> Result<(), Malformed> {
        let (datagram, mut rest) = frame
            .bytes
            .split_at_checked(wire::DATAGRAM)
            .ok_or_else(|| malformed(frame, "shorter than a proc_event"))?;
        let said = wire::read(datagram).ok_or_else(|| malformed(frame, "no proc_event"))?;
        let Said::Moment(moment) = said else {
            return Ok(());
        };
        let mut report = Report::new(moment.kind, moment.pid, frame.received);
        report.happened = moment.happened;
        report.ppid = moment.ppid;
        report.status = moment.status;
        while !rest.is_empty() {
            let fact = frame::next(&mut rest);
            let (tag, bytes) = fact.ok_or_else(|| malformed(frame, "a fact is cut off"))?;
            match tag {
                Tag::Exe => report.exe = Some(bytes),
                Tag::Argv => report.argv = Some(bytes),
                Tag::ArgvCut => (report.argv, report.cut.argv) = (Some(bytes), true),
                Tag::Ppid => {
                    let word = bytes.try_into().map(u32::from_le_bytes);
                    report.ppid = Some(word.map_err(|_| malformed(frame, "ppid is not 4 bytes"))?);
                }
            }
        }
        out.push(report);
        Ok(())
    }
}

fn malformed(frame: Frame<'_>, why: &str) -> Malformed {
    let length = frame.bytes.len();
    Malformed(format!("netlink frame of {length} bytes: {why}"))
}
