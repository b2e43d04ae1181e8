//! Reads a spool while it is being written, to know when the readiness probes have been reported.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use contract::{Claims, Decode, EventLog, Kind, Monitor, Pid, SpoolReader};

/// Follows one spool.
pub(super) struct SpoolTail {
    reader: SpoolReader<File>,
    decoder: Box<dyn Decode>,
    kind: Kind,
    seen: HashSet<Pid>,
    /// What was reported of those that were waited for, and how many events of others.
    told: HashSet<(Pid, Kind)>,
    others: u64,
    journal: EventLog,
}

impl SpoolTail {
    /// Follows `DIR/spool.bin`, looking out for the last event of a process that `claims` offers.
    /// `None` when nothing is offered.
    pub(super) fn new(dir: &Path, monitor: &dyn Monitor, claims: &Claims) -> Result<Option<Self>> {
        let offered = [Kind::Exit, Kind::Exec, Kind::Fork]
            .into_iter()
            .find(|&kind| claims.kind(kind));
        let Some(kind) = offered else { return Ok(None) };
        let path = dir.join("spool.bin");
        let file =
            File::open(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let (seen, journal) = (HashSet::new(), EventLog::default());
        let reader = SpoolReader::new(file);
        Ok(Some(Self {
            reader,
            decoder: monitor.decoder(),
            kind,
            seen,
            told: HashSet::new(),
            others: 0,
            journal,
        }))
    }

    /// Reads what has been spooled since the last time; whether all of `pids` have been reported.
    pub(super) fn reported(&mut self, pids: &[Pid]) -> Result<bool> {
        while let Some(frame) = self
            .reader
            .next_frame()
            .map_err(anyhow::Error::from_boxed)?
        {
            self.decoder.frame(frame, &mut self.journal)?;
            let due = self
                .journal
                .events
                .iter()
                .filter(|event| event.kind == self.kind);
            self.seen.extend(due.map(|event| event.pid));
            for event in &self.journal.events {
                match pids.contains(&event.pid) {
                    true => drop(self.told.insert((event.pid, event.kind))),
                    false => self.others += 1,
                }
            }
            self.journal.clear();
        }
        Ok(pids.iter().all(|pid| self.seen.contains(pid)))
    }

    /// Whether this one has been reported, as far as was read.
    pub(super) fn has(&self, pid: Pid) -> bool {
        self.seen.contains(&pid)
    }

    /// Forgets what was reported; a pid may come again.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
        self.told.clear();
    }

    /// What was reported of one that is still waited for, in words.
    pub(super) fn told_of(&self, pid: Pid) -> String {
        let due = self.kind;
        let told = Kind::ALL.into_iter();
        let told: Vec<_> = told
            .filter(|kind| self.told.contains(&(pid, *kind)))
            .map(|kind| format!("its {kind}"))
            .collect();
        match (told.as_slice(), self.others) {
            ([], 0) => {
                format!("nothing was reported, nor of any other process (its {due} is waited for)")
            }
            ([], others) => format!(
                "nothing was reported, and {others} events of other processes (its {due} is waited for)"
            ),
            (told, _) => format!("{} was reported, and its {due} was not", told.join(" and ")),
        }
    }
}
