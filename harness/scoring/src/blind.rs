//! Blind windows: how long a monitor sees nothing when it is started, stopped and started again, or killed
//! and started again, while processes begin at a fixed rate.
//!
//! A gap ends with the first event of each kind that is offered, of the kind that comes last. It begins when
//! the monitor's process is started; of a restart, when the last one was told to stop or was killed, or with
//! the first event that neither told, where that was earlier: a killed process takes with it what it had
//! not handed on. What is missed after the first event of its kind is counted apart: that is event loss.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::{Claims, EventLog, Kind, Ledger, Life, Nanos, Origin};

use crate::cell::Cell;
use crate::gap::Gap;
use crate::lives::lives;
use crate::matching::match_events;
use crate::record::{CellRun, Start};
use crate::scored::Scored;
use crate::snapshot::{self, SnapshotScore};

/// Scores a cell that measures blind windows, or what is told of processes that ran before: `logs` has
/// what was told after each start, in order.
pub fn score_blind(
    run: &CellRun,
    ledger: &Ledger,
    logs: &[EventLog],
    claims: &Claims,
    others: Option<&[Life]>,
) -> Result<Scored> {
    let mut cell = Cell::blank(run);
    let mut told = SnapshotScore::default();
    for log in logs {
        told.add(SnapshotScore::of(log, ledger, others));
    }
    cell.snapshot = Some(told);
    if run.starts.len() == logs.len() {
        cell.gap_ms = Windows::new(ledger, (&run.starts, logs), claims, others).gaps();
    }
    Ok(Scored::new(cell, None))
}

struct Windows<'a> {
    ledger: &'a Ledger,
    starts: &'a [Start],
    logs: &'a [EventLog],
    offered: Vec<Kind>,
    /// Of each start, which true events were told after it.
    told: Vec<Vec<bool>>,
}

impl<'a> Windows<'a> {
    fn new(
        ledger: &'a Ledger,
        (starts, logs): (&'a [Start], &'a [EventLog]),
        claims: &Claims,
        others: Option<&[Life]>,
    ) -> Self {
        let told = logs.iter().map(|log| {
            let live = snapshot::live(log);
            let matching = match_events(ledger, &live.events, claims.clock, others);
            let all = 0..ledger.truths.len();
            all.map(|truth| matching.event_of(truth).is_some())
                .collect()
        });
        Self {
            ledger,
            starts,
            logs,
            offered: Kind::ALL
                .into_iter()
                .filter(|&kind| claims.kind(kind))
                .collect(),
            told: told.collect(),
        }
    }

    fn gaps(&self) -> BTreeMap<String, Gap> {
        let all = self.starts.iter().enumerate();
        all.map(|(place, start)| (start.after.clone(), self.gap(place)))
            .collect()
    }

    /// Between which times true events of `kind` happened, with their places.
    fn of(&self, kind: Kind) -> impl Iterator<Item = (usize, (Nanos, Nanos))> {
        let all = self.ledger.truths.iter().enumerate();
        let own = all.filter(move |(_, truth)| truth.kind == kind);
        own.map(|(place, truth)| (place, (truth.after, truth.before)))
    }

    /// By when the first event of `kind` had happened that was told after a start, and since when the last.
    fn ends(&self, start: usize, kind: Kind) -> Option<(Nanos, Nanos)> {
        let told = self.of(kind).filter(|(truth, _)| self.told[start][*truth]);
        let times: Vec<_> = told.map(|(_, times)| times).collect();
        let first = times.iter().map(|(_, before)| *before).min()?;
        Some((first, times.iter().map(|(after, _)| *after).max()?))
    }

    fn gap(&self, place: usize) -> Gap {
        let start = &self.starts[place];
        let before = place.checked_sub(1);
        let ended = before.map_or(start.spawned_ns, |before| self.starts[before].ended_ns);
        let mut begins = ended;
        let (mut gap, mut ends, mut never) = (Gap::default(), 0, self.offered.is_empty());
        for &kind in &self.offered {
            let old = before.and_then(|before| Some(self.ends(before, kind)?.1));
            let from = old.unwrap_or(ended);
            let found = self.ends(place, kind);
            let (first, last) = found.unwrap_or((start.ended_ns, start.ended_ns));
            never |= found.is_none();
            ends = ends.max(first);
            let is_last = place + 1 == self.starts.len();
            for (truth, (after, by)) in self.of(kind) {
                let told =
                    self.told[place][truth] || before.is_some_and(|old| self.told[old][truth]);
                if told {
                    continue;
                }
                let over = after >= first;
                let begun = old.map_or(after, |_| by) >= from;
                if begun && !over {
                    gap.unseen += 1;
                    begins = begins.min(after);
                } else if over && (by < last || is_last && after < start.ended_ns) {
                    gap.missed_after += 1;
                }
            }
        }
        gap.ms = (!never).then(|| ends.saturating_sub(begins) as f64 / 1e6);
        self.known(place, ends, &mut gap);
        gap
    }

    /// Which processes run when all is told that is ever told of them, and which of them are known.
    fn known(&self, place: usize, ends: Nanos, gap: &mut Gap) {
        let lines = self.logs[place].events.iter();
        let lines: Vec<_> = lines.filter(|one| one.origin == Origin::Snapshot).collect();
        let at = lines.iter().map(|line| line.received).max();
        let at = at.unwrap_or(ends).max(ends);
        for life in lives(self.ledger) {
            let truth = |place: u32| &self.ledger.truths[place as usize];
            let ended = life.exit.map(|exit| truth(exit).after);
            if truth(life.fork).before > at || ended.is_some_and(|ended| ended < at) {
                continue;
            }
            gap.running += 1;
            let mut live = life.execs.iter().chain([&life.fork]);
            let told = live.any(|&truth| self.told[place][truth as usize])
                || lines.iter().any(|line| line.pid == life.pid);
            gap.unknown += u64::from(!told);
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::{Clock, EventRef, Fields, Truth};

    use super::*;
    use crate::scored::score;

    const MS: Nanos = 1_000_000;

    fn truth(kind: Kind, pid: u32, at: Nanos) -> Truth {
        Truth {
            after: at,
            before: at + 10,
            due: None,
            fields: Fields::default(),
            pid,
            kind,
            loose: false,
        }
    }

    /// A process each millisecond, which lives for half of one.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        for n in 0..100 {
            let (pid, at) = (1000 + n, u64::from(n + 1) * MS);
            ledger.truths.push(truth(Kind::Fork, pid, at));
            ledger.truths.push(truth(Kind::Exit, pid, at + MS / 2));
        }
        // One that runs all the time.
        ledger.truths.push(truth(Kind::Fork, 7, MS));
        ledger.truths.push(truth(Kind::Exit, 7, 200 * MS));
        ledger
    }

    /// What is told of the processes with these numbers.
    fn log(told: std::ops::Range<u32>, snapshot: bool) -> EventLog {
        let mut log = EventLog::default();
        for n in told {
            let at = u64::from(n + 1) * MS;
            for (kind, at) in [(Kind::Fork, at), (Kind::Exit, at + MS / 2)] {
                let report = EventRef::new(kind, 1000 + n, at + 20);
                log.push(EventRef {
                    happened: at + 5,
                    ..report
                });
            }
        }
        if snapshot {
            let report = EventRef::new(Kind::Exec, 7, 60 * MS);
            log.push(EventRef {
                happened: MS,
                origin: Origin::Snapshot,
                ..report
            });
        }
        log
    }

    fn start(after: &str, spawned: Nanos, ended: Nanos) -> Start {
        Start {
            after: after.into(),
            spawned_ns: spawned,
            ready_ns: spawned,
            ended_ns: ended,
        }
    }

    #[test]
    fn a_gap_is_from_the_start_to_the_first_event_and_between_two_processes() {
        let mut run = CellRun::nothing("blind/gap", "m");
        run.starts = vec![
            start("nothing", 5 * MS, 40 * MS),
            start("stop", 41 * MS, 70 * MS),
            start("kill", 71 * MS, 150 * MS),
        ];
        let claims = Claims::none(Clock::Exact)
            .with(Kind::Fork, &[])
            .with(Kind::Exit, &[]);
        // Killed at 70 ms, it takes with it what it had of the last 3 ms.
        let mut third = log(79..100, true);
        third.events.retain(|event| event.pid != 1090);
        let logs = [log(19..40, false), log(49..66, false), third];
        let scored = score_blind(&run, &ledger(), &logs, &claims, Some(&[])).unwrap();
        let gaps = &scored.cell.gap_ms;
        let shown = |after: &str| {
            let gap = gaps[after];
            let ms = gap.ms.map(|ms| (ms * 100.0).round() / 100.0);
            (ms, gap.unseen, gap.missed_after, gap.unknown)
        };
        // Forks at 5 to 19 ms and exits at 5.5 to 19.5 ms are not seen.
        assert_eq!(shown("nothing"), (Some(15.5), 30, 0, 1));
        assert_eq!(shown("stop"), (Some(10.5), 18, 0, 1));
        assert_eq!(shown("kill"), (Some(13.5), 26, 2, 0));
    }

    #[test]
    fn events_of_a_snapshot_are_no_fault_and_no_match() {
        let claims = Claims::none(Clock::Exact).with(Kind::Exec, &[]);
        let mut log = EventLog::default();
        for origin in [Origin::Snapshot, Origin::Live] {
            let report = EventRef::new(Kind::Exec, 7, 5);
            log.push(EventRef { origin, ..report });
        }
        let run = CellRun::nothing("w", "m");
        let scored = score(&run, &Ledger::default(), &log, &claims, Some(&[])).unwrap();
        let faults = scored.cell.kinds.0[&Kind::Exec].false_positives;
        assert_eq!(
            (faults, scored.cell.unrelated),
            (1, 0),
            "the live one alone"
        );
        assert_eq!(snapshot::live(&log).events.len(), 1);
    }

    #[test]
    fn what_is_never_told_has_no_end() {
        let mut run = CellRun::nothing("blind/gap", "m");
        run.starts = vec![start("nothing", 5 * MS, 40 * MS)];
        let claims = Claims::none(Clock::Exact).with(Kind::Fork, &[]);
        let logs = [EventLog::default()];
        let scored = score_blind(&run, &ledger(), &logs, &claims, None).unwrap();
        let gap = scored.cell.gap_ms["nothing"];
        assert_eq!((gap.ms, gap.unseen), (None, 35));
    }
}
