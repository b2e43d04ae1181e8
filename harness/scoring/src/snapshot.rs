//! What a monitor tells of processes that ran before it is scored apart: it is neither matched with events
//! nor a fault in them.

use std::borrow::Cow;
use std::collections::HashMap;

use contract::{Event, EventLog, Kind, Ledger, Life, Nanos, Origin, Pid};
use serde::{Deserialize, Serialize};

use crate::lives::{LedgerLife, lives};

/// The live events of `log`.
pub(crate) fn live(log: &EventLog) -> Cow<'_, EventLog> {
    if log.events.iter().all(|event| event.origin == Origin::Live) {
        return Cow::Borrowed(log);
    }
    let events = log.events.iter().copied();
    Cow::Owned(EventLog {
        events: events
            .filter(|event| event.origin == Origin::Live)
            .collect(),
        arena: log.arena.clone(),
    })
}

/// What snapshots told, over all starts of the monitor in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotScore {
    /// Processes of the workload that ran from the first look of the snapshot to its last; where there was
    /// none, until the first of them ended.
    pub running: u64,
    /// Of these, those that the snapshot told, or a live fork or exec.
    pub known: u64,
    /// Lines about a process of which the snapshot had a line already, or of which a live fork told.
    pub duplicates: u64,
    /// Lines about a process that was not there.
    pub false_positives: u64,
    /// Lines about other processes of the machine.
    pub unrelated: u64,
    /// Fields that are true of the process at that time.
    pub correct: u64,
    /// Fields that are not, or not told: `exe`, `argv` and `ppid` of those that had executed, else `ppid`.
    pub wrong: u64,
}

/// Of how long ago the end of a process may be that is told to run: a look-up takes less.
const LOOK_UP: Nanos = 100_000_000;
/// Starts are known to a tick, and the clock since boot is set against CLOCK_MONOTONIC once.
const TICK: Nanos = 20_000_000;

impl SnapshotScore {
    /// Scores the lines of the snapshot in `log`.
    pub(crate) fn of(log: &EventLog, ledger: &Ledger, others: Option<&[Life]>) -> Self {
        let mut by_pid = HashMap::<Pid, Vec<LedgerLife>>::new();
        for life in lives(ledger) {
            by_pid.entry(life.pid).or_default().push(life);
        }
        let mut scoring = Scoring {
            log,
            ledger,
            others,
            told: HashMap::new(),
            score: Self::default(),
        };
        for event in &log.events {
            let lives = by_pid.get(&event.pid).map_or(&[][..], Vec::as_slice);
            match event.origin {
                Origin::Live => scoring.live(event, lives),
                Origin::Snapshot => scoring.line(event, lives),
            }
        }
        scoring.count(by_pid.values().flatten());
        scoring.score
    }

    /// Those of another start.
    pub(crate) fn add(&mut self, other: Self) {
        self.running += other.running;
        self.known += other.known;
        self.duplicates += other.duplicates;
        self.false_positives += other.false_positives;
        self.unrelated += other.unrelated;
        self.correct += other.correct;
        self.wrong += other.wrong;
    }
}

struct Scoring<'a> {
    log: &'a EventLog,
    ledger: &'a Ledger,
    others: Option<&'a [Life]>,
    /// Of each life, by the place of its fork, whether the snapshot and whether a live fork or exec told it.
    told: HashMap<u32, [bool; 2]>,
    score: SnapshotScore,
}

impl Scoring<'_> {
    /// From when at the earliest to when at the latest it lived.
    fn span(&self, life: &LedgerLife) -> (Nanos, Nanos) {
        let until = life
            .exit
            .map(|exit| self.ledger.truths[exit as usize].before);
        let fork = &self.ledger.truths[life.fork as usize];
        (fork.after, until.unwrap_or(Nanos::MAX))
    }

    fn live(&mut self, event: &Event, lives: &[LedgerLife]) {
        let at = event
            .happened
            .map_or(event.received, std::num::NonZero::get);
        let spanned = |life: &&LedgerLife| {
            let (from, until) = self.span(life);
            from <= at && at <= until
        };
        if let Some(life) = lives
            .iter()
            .find(spanned)
            .filter(|_| event.kind != Kind::Exit)
        {
            let told = self.told.entry(life.fork).or_default();
            told[1] = true;
            let again = event.kind == Kind::Fork && told[0];
            self.score.duplicates += u64::from(again);
        }
    }

    fn line(&mut self, event: &Event, lives: &[LedgerLife]) {
        let began = event
            .happened
            .map_or(event.received, std::num::NonZero::get);
        let is_it = |life: &&LedgerLife| {
            let (from, until) = self.span(life);
            let fork = &self.ledger.truths[life.fork as usize];
            began + TICK >= from && began <= fork.before && until + LOOK_UP >= event.received
        };
        let Some(life) = lives.iter().find(is_it) else {
            return self.stranger(event, !lives.is_empty());
        };
        let told = self.told.entry(life.fork).or_default();
        let again = told[0] || told[1];
        told[0] = true;
        self.score.duplicates += u64::from(again);
        if !again {
            self.fields(event, life);
        }
    }

    fn stranger(&mut self, event: &Event, ours: bool) {
        let there = |life: &Life| {
            life.pid == event.pid
                && life.from <= event.received
                && life.until.saturating_add(LOOK_UP) >= event.received
        };
        let known = self.others.is_none_or(|all| all.iter().any(there));
        if ours || !known {
            self.score.false_positives += 1;
        } else {
            self.score.unrelated += 1;
        }
    }

    fn fields(&mut self, event: &Event, life: &LedgerLife) {
        let truth = |place: u32| &self.ledger.truths[place as usize];
        let mut execs = life.execs.iter().map(|&place| truth(place));
        let last = execs.rfind(|exec| exec.after <= event.received);
        let due = last.unwrap_or_else(|| truth(life.fork)).fields;
        let (own, theirs) = (&self.log.arena, &self.ledger.arena);
        let bytes = |due, told: Option<contract::Span>| {
            Some(told.map(|told| own.get(told)) == Some(theirs.get(due?)))
        };
        let all = [
            bytes(due.exe, event.fields.exe),
            bytes(due.argv, event.fields.argv),
            due.ppid.map(|ppid| event.fields.ppid == Some(ppid)),
        ];
        for correct in all.into_iter().flatten() {
            self.score.correct += u64::from(correct);
            self.score.wrong += u64::from(!correct);
        }
    }

    fn count<'l>(&mut self, lives: impl Iterator<Item = &'l LedgerLife>) {
        let lines = self.log.events.iter();
        let looks = lines.filter(|event| event.origin == Origin::Snapshot);
        let looks: Vec<_> = looks.map(|event| event.received).collect();
        let truths = self.ledger.truths.iter();
        let exits = truths.filter(|truth| truth.kind == Kind::Exit);
        let ended = exits.map(|truth| truth.after).min().unwrap_or(0);
        let from = looks.iter().copied().min().unwrap_or(ended);
        let until = looks.iter().copied().max().unwrap_or(ended);
        for life in lives {
            let fork = &self.ledger.truths[life.fork as usize];
            let exit = life
                .exit
                .map(|exit| self.ledger.truths[exit as usize].after);
            if fork.before <= from && exit.is_none_or(|exit| exit >= until) {
                self.score.running += 1;
                let told = self.told.get(&life.fork).copied().unwrap_or_default();
                self.score.known += u64::from(told.contains(&true));
            }
        }
    }
}

#[cfg(test)]
mod tests;
