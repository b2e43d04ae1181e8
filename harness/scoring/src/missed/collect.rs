//! Gathers what went wrong in a cell while it is scored.

use std::collections::{BTreeMap, HashSet};

use contract::{Claims, EventLog, Field, Kind, Ledger, Nanos, Pid};

use super::of_cell::{Group, MOST, MissedOfCell, What};
use super::sample::Sample;
use crate::matching::{Matching, Verdict};
use crate::record::CellRun;

/// One way to go wrong.
type Way = (What, Kind, Option<(Field, &'static str)>, Option<bool>);

/// Everything that went wrong so far, by how.
#[derive(Debug)]
pub(crate) struct Collect {
    /// The first event.
    begin: Nanos,
    ways: BTreeMap<Way, Sample<(Pid, i64)>>,
}

impl Collect {
    pub(crate) fn new(ledger: &Ledger) -> Self {
        let begin = ledger.truths.iter().map(|truth| truth.after).min();
        Self {
            begin: begin.unwrap_or(0),
            ways: BTreeMap::new(),
        }
    }

    fn push(&mut self, way: Way, pid: Pid, at: Nanos) {
        let us = (at as i64 - self.begin as i64) / 1000;
        let sample = self.ways.entry(way).or_insert_with(Sample::new);
        sample.push((pid, us));
    }

    /// A field of an event that was reported is not correct.
    pub(crate) fn wrong(
        &mut self,
        kind: Kind,
        field: Field,
        fault: &'static str,
        pid: Pid,
        at: Nanos,
    ) {
        self.push((What::Wrong, kind, Some((field, fault)), None), pid, at);
    }

    /// Events that were not reported, of the kinds that are offered, and reports without an event.
    pub(crate) fn unmatched(
        &mut self,
        ledger: &Ledger,
        log: &EventLog,
        matching: &Matching,
        claims: &Claims,
    ) {
        let missed = |index: usize| matching.event_of(index).is_none();
        let offered = |kind: Kind| claims.kind(kind);
        let truths = || ledger.truths.iter().enumerate();
        if truths().any(|(index, truth)| offered(truth.kind) && missed(index)) {
            let seen: HashSet<Pid> = truths()
                .filter(|(index, _)| !missed(*index))
                .map(|(_, truth)| truth.pid)
                .collect();
            for (_, truth) in
                truths().filter(|(index, truth)| offered(truth.kind) && missed(*index))
            {
                let process_seen = Some(seen.contains(&truth.pid));
                let way = (What::Missed, truth.kind, None, process_seen);
                self.push(way, truth.pid, truth.after);
            }
        }
        let verdicts = matching.verdicts().iter().zip(&log.events);
        for (_, event) in verdicts.filter(|(verdict, _)| **verdict == Verdict::FalsePositive) {
            let way = (What::FalsePositive, event.kind, None, None);
            self.push(way, event.pid, event.received);
        }
    }

    /// No more than [`MOST`] events, as many of each way as there is room for.
    pub(crate) fn finish(mut self, run: &CellRun) -> MissedOfCell {
        while self.ways.values().map(Sample::len).sum::<usize>() > MOST {
            if let Some(largest) = self.ways.values_mut().max_by_key(|one| one.len()) {
                largest.halve();
            }
        }
        let group =
            |((what, kind, field, process_seen), sample): (Way, Sample<(Pid, i64)>)| Group {
                what,
                kind: kind.as_str().to_owned(),
                field: field.map(|one| one.0.as_str().to_owned()),
                fault: field.map(|one| one.1.to_owned()),
                process_seen,
                total: sample.total,
                events: sample.into_kept(),
            };
        MissedOfCell {
            workload: run.workload.clone(),
            configuration: run.configuration.clone(),
            repetition: run.repetition,
            experiment: run.experiment,
            order: run.order,
            groups: self.ways.into_iter().map(group).collect(),
        }
    }
}
