//! Frames to events: pure. A frame is one file opened to be executed: i32 pid, u8 what it leads to
//! ([`Leads`]), and its path.

use std::collections::HashSet;

use contract::{Decode, Frame, Journal, Kind, Malformed, Pid, Report};

use super::file::Leads;

/// The processes whose next file is the loader of the last.
#[derive(Debug, Default)]
pub(super) struct Decoder(HashSet<Pid>);

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Journal) -> Result<(), Malformed> {
        let short = || Malformed("fanotify: a frame is cut off".into());
        let (pid, rest) = frame.bytes.split_first_chunk::<4>().ok_or_else(short)?;
        let (leads, path) = rest.split_first().ok_or_else(short)?;
        let leads = Leads::of(*leads)
            .ok_or_else(|| Malformed(format!("fanotify: {leads} leads nowhere that is known")))?;
        // 0: a process of a pid namespace above this one.
        let pid = u32::from_le_bytes(*pid);
        if self.0.remove(&pid) {
            return Ok(());
        }
        if leads == Leads::HereByLoader {
            self.0.insert(pid);
        }
        // A script's interpreter is the next file, and tells of this exec.
        if matches!(leads, Leads::Here | Leads::HereByLoader) {
            out.push(Report {
                exe: Some(path),
                ..Report::new(Kind::Exec, pid, frame.received)
            });
        }
        Ok(())
    }
}
