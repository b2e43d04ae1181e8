//! Planting: from a ledger and faults to the events a monitor with exactly these faults would
//! report, and to the figures that a scorer without faults of its own must find in them.

use contract::{Cut, Event, EventLog, EventRef, Field, Kind, Ledger};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::delivery;
use super::false_reports;
use super::faults::Faults;
use super::figures::{FieldOutcome, Figures};
use super::planter::{Planter, Reported, part};

/// Events with known faults.
#[derive(Clone, Debug)]
pub struct Planted {
    /// In the order in which they are handed on.
    pub journal: EventLog,
    /// What must be found in them.
    pub figures: Figures,
}

/// Plants `faults` into reports of `ledger`; `seed` decides what is left to chance.
pub fn plant(ledger: &Ledger, faults: &Faults, seed: u64) -> Planted {
    let mut planter = Planter {
        ledger,
        faults,
        random: StdRng::seed_from_u64(seed),
        journal: EventLog::default(),
        places: Vec::new(),
        figures: Figures::default(),
    };
    planter.count();
    let told = planter.schedule();
    let kept = planter.lose(told.clone());
    planter.report(&kept);
    planter.duplicate();
    false_reports::false_positives(&mut planter, &told);
    false_reports::unrelated(&mut planter, told.len());
    delivery::order(&mut planter);
    Planted {
        journal: planter.journal,
        figures: planter.figures,
    }
}

impl<'a> Planter<'a> {
    /// What follows from ledger and claims alone.
    fn count(&mut self) {
        let claims = &self.faults.claims;
        for kind in Kind::ALL {
            self.figures.of(kind).offered = claims.kind(kind);
        }
        for field in Field::ALL {
            let offered = Kind::ALL.iter().any(|&kind| claims.field(kind, field));
            self.figures.fields[field as usize].offered = offered;
        }
        for truth in &self.ledger.truths {
            let of = self.figures.of(truth.kind);
            of.truths += 1;
            of.missed += 1;
        }
    }

    /// Every offered truth with the time it happened and that at which it would be received.
    fn schedule(&mut self) -> Vec<Reported<'a>> {
        let claims = &self.faults.claims;
        let truths = (0..).zip(&self.ledger.truths);
        let offered = truths.filter(|(_, truth)| claims.kind(truth.kind));
        let mut told = Vec::new();
        for (place, truth) in offered {
            let happened = self
                .random
                .random_range(truth.after..=truth.before.max(truth.after));
            let received = happened + self.delay();
            told.push(Reported {
                place,
                truth,
                happened,
                received,
            });
        }
        told.sort_by_key(|told| told.happened);
        told
    }

    /// Takes out what is lost, in rows and at the end, and counts what of it is reported as lost.
    fn lose(&mut self, told: Vec<Reported<'a>>) -> Vec<Reported<'a>> {
        let all = told.len();
        let hit = |told: &Reported<'_>| {
            let kind = self.faults.drop_kind;
            kind.is_none_or(|kind| kind == told.truth.kind)
        };
        let places: Vec<usize> = (0..all).filter(|&place| hit(&told[place])).collect();
        let mut rows: Vec<&[usize]> = places.chunks(self.faults.burst).collect();
        rows.shuffle(&mut self.random);
        let lost = rows
            .into_iter()
            .flatten()
            .take(part(self.faults.drop, places.len()));
        let mut gone = vec![false; all];
        lost.for_each(|&place| gone[place] = true);
        gone[all - self.faults.tail.min(all)..].fill(true);
        let lost = gone.iter().filter(|gone| **gone).count();
        let reported_lost = part(self.faults.reported, lost);
        self.figures.silent = (lost - reported_lost) as u64;
        if lost > 0 {
            let cause = ("planted".to_owned(), reported_lost as u64);
            self.figures.reported_lost.extend([cause]);
        }
        let kept = told.into_iter().zip(gone).filter(|(_, gone)| !gone);
        kept.map(|(told, _)| told).collect()
    }

    fn report(&mut self, kept: &[Reported<'a>]) {
        let outcomes = Field::ALL.map(|field| self.outcomes(field, kept));
        for (place, told) in kept.iter().enumerate() {
            let truth = told.truth;
            let of = self.figures.of(truth.kind);
            of.matched += 1;
            of.missed -= 1;
            if !truth.loose {
                let due = truth.due.unwrap_or(truth.after);
                of.latency.push(told.received.saturating_sub(due));
            }
            self.tell(told, outcomes.each_ref().map(|of| of[place]));
        }
    }

    /// What becomes of `field` in each of `kept`; `None` where there is no such field to tell.
    fn outcomes(&mut self, field: Field, kept: &[Reported<'a>]) -> Vec<Option<FieldOutcome>> {
        let has = |told: &Reported<'_>| {
            let fields = &told.truth.fields;
            let known = match field {
                Field::Exe => fields.exe.is_some(),
                Field::Argv => fields.argv.is_some(),
                Field::Ppid => fields.ppid.is_some(),
                Field::Status => fields.status.is_some(),
            };
            known && self.faults.claims.field(told.truth.kind, field)
        };
        let mut places: Vec<usize> = (0..kept.len()).filter(|&at| has(&kept[at])).collect();
        places.shuffle(&mut self.random);
        let of = |share| part(share, places.len());
        let all = [
            (FieldOutcome::Missing, of(self.faults.missing)),
            (FieldOutcome::Wrong, of(self.faults.wrong)),
            (FieldOutcome::Truncated, of(self.faults.truncated)),
        ];
        let hit = self.faults.field.is_none_or(|only| only == field);
        let due = all.into_iter().filter(|(outcome, _)| {
            hit && (*outcome != FieldOutcome::Truncated
                || matches!(field, Field::Exe | Field::Argv))
        });
        let due = due.flat_map(|(outcome, many)| std::iter::repeat_n(outcome, many));
        let due = due.chain(std::iter::repeat(FieldOutcome::Correct));
        let mut outcomes = vec![None; kept.len()];
        for (place, outcome) in places.into_iter().zip(due) {
            outcomes[place] = Some(outcome);
            self.figures.field(field, outcome);
        }
        outcomes
    }

    fn tell(&mut self, told: &Reported<'_>, outcomes: [Option<FieldOutcome>; 4]) {
        let outcome = |field: Field| {
            outcomes[field as usize].filter(|outcome| *outcome != FieldOutcome::Missing)
        };
        let (due, arena) = (&told.truth.fields, &self.ledger.arena);
        let bytes = |field, span| Some(alter(arena.get(span?), outcome(field)?));
        let (exe, argv) = (bytes(Field::Exe, due.exe), bytes(Field::Argv, due.argv));
        let number = |field: Field| Some(u32::from(outcome(field)? == FieldOutcome::Wrong));
        let report = EventRef {
            happened: self.stamp(told.happened),
            ppid: number(Field::Ppid).and_then(|off| Some(due.ppid? ^ off)),
            // The exit code is in the second byte of a wait status.
            status: number(Field::Status).and_then(|off| Some(due.status? ^ (off << 8) as i32)),
            exe: exe.as_deref(),
            argv: argv.as_deref(),
            cut: Cut {
                exe: outcome(Field::Exe) == Some(FieldOutcome::Truncated),
                argv: outcome(Field::Argv) == Some(FieldOutcome::Truncated),
            },
            ..EventRef::new(told.truth.kind, told.truth.pid, told.received)
        };
        self.journal.push(report);
        self.places.push(Some(told.place));
    }

    /// Reports some of what was reported again, up to a millisecond later.
    fn duplicate(&mut self) {
        let events = self.journal.events.iter().copied();
        let mut again: Vec<(Event, Option<u32>)> = events.zip(self.places.clone()).collect();
        again.shuffle(&mut self.random);
        again.truncate(part(self.faults.duplicate, again.len()));
        for (mut event, place) in again {
            event.received += self.random.random_range(1..=1_000_000);
            self.figures.of(event.kind).duplicates += 1;
            self.journal.events.push(event);
            self.places.push(place);
        }
    }
}

/// Bytes after what became of them. Cutting leaves the first half, altering another last byte.
fn alter(bytes: &[u8], outcome: FieldOutcome) -> Vec<u8> {
    match outcome {
        FieldOutcome::Truncated => bytes[..bytes.len() / 2].to_vec(),
        FieldOutcome::Wrong => match bytes.split_last() {
            Some((last, rest)) => [rest, &[last ^ 1]].concat(),
            None => vec![b'?'],
        },
        FieldOutcome::Correct | FieldOutcome::Missing => bytes.to_vec(),
    }
}
