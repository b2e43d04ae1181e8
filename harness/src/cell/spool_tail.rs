//! Reads a spool while it is being written, to know when the readiness probes have been reported.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use contract::{Claims, Decode, EventLog, Kind, Monitor, Origin, Pid, SpoolReader};

use super::monitor::MonitorProcess;
use super::until::until;

/// Follows one spool.
pub(super) struct SpoolTail {
    reader: SpoolReader<File>,
    decoder: Box<dyn Decode>,
    kind: Kind,
    seen: HashSet<Pid>,
    /// What was reported of those that were waited for, and how many events of others.
    told: HashSet<(Pid, Kind)>,
    others: u64,
    /// Whether a snapshot is over: a process that has a live event meanwhile is told with that, and all
    /// others together at the end.
    snapshot: bool,
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
            snapshot: false,
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
            let lines = self.journal.events.iter();
            let lines = lines.filter(|event| event.origin == Origin::Snapshot);
            self.snapshot |= lines.count() > 1;
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

    /// Waits until what runs already is told.
    pub(super) fn snapshot(
        &mut self,
        monitor: &mut MonitorProcess,
        patience: Duration,
    ) -> Result<()> {
        let told = until(patience, || {
            monitor.check()?;
            self.reported(&[])?;
            Ok(self.snapshot)
        })?;
        if !told {
            bail!("no snapshot was told within {} s", patience.as_secs());
        }
        Ok(())
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
