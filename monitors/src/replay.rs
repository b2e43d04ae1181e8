//! `replay`: the fault injector. It watches nothing; it is handed the ledger when the workload is
//! over, and reports from it with faults that are planted exactly.
//!
//! Hook point: none. Minimum kernel, config, capability: none. What it misses, duplicates, delays, gets
//! wrong and reports falsely is what its options say, so whatever else a report shows is an error of
//! the scorer.

mod backfill;
mod delivery;
mod false_reports;
mod faults;
mod figures;
mod known;
mod plant;
mod planter;
#[cfg(test)]
mod tests;

use contract::{
    Buffer, Claims, Counters, Decode, EventLog, EventRef, Frame, Ledger, Malformed, Monitor,
    OptionSpec, Options, Result, Session, Spool, Unavailable,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub use faults::{Faults, Law};
pub use figures::{Delivered, FieldFigures, Figures, KindFigures, Line};
pub use plant::{Planted, plant};

/// What the ledger is called that the harness hands over.
pub const TRUTHS: &str = "truths.bin";

pub(crate) struct Replay;

impl Monitor for Replay {
    fn name(&self) -> &'static str {
        "replay"
    }

    fn about(&self) -> &'static str {
        "fault injector: reports from the ledger with planted faults"
    }

    fn options(&self) -> &'static [OptionSpec] {
        faults::SPECS
    }

    fn claims(&self, options: &Options) -> Claims {
        faults::claims(options)
    }

    fn fault_injector(&self) -> bool {
        true
    }

    fn missing(&self, _: &Options) -> Vec<Unavailable> {
        Vec::new()
    }

    /// It watches nothing: the ledger is handed over whole.
    fn buffer(&self, _: &Options) -> Buffer {
        Buffer::Unbounded
    }

    fn capture(&self, session: &mut Session<'_>) -> Result<Counters> {
        (session.ready)(&[])?;
        let mut stop = [PollFd::new(session.stop, PollFlags::POLLIN)];
        while let Err(nix::Error::EINTR) = poll(&mut stop, PollTimeout::NONE) {}
        let path = session.dir.join(TRUTHS);
        let bad = |why: &dyn std::fmt::Display| {
            format!(
                "{}: {why}: replay only runs under harness run",
                path.display()
            )
        };
        let bytes = std::fs::read(&path).map_err(|why| bad(&why))?;
        let ledger = Ledger::decode(&bytes).map_err(|why| bad(&why))?;
        let faults = Faults::of(session.options);
        let planted = plant(&ledger, &faults, session.options.size("seed"));
        spool(&planted.journal, &mut session.spool)?;
        Ok(Counters {
            reported_lost: planted.figures.reported_lost,
            ..Counters::default()
        })
    }

    fn decoder(&self) -> Box<dyn Decode> {
        Box::new(Reports)
    }
}

/// Spools what was planted, a frame for each event.
pub fn spool<W: std::io::Write>(journal: &EventLog, spool: &mut Spool<W>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    for event in &journal.events {
        bytes.clear();
        journal.report(event).encode(&mut bytes);
        spool.write(event.received, &bytes)?;
    }
    spool.flush()
}

struct Reports;

impl Decode for Reports {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        out.push(EventRef::decode(frame.bytes, frame.received)?);
        Ok(())
    }
}
