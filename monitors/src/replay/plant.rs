//! Planting: from a ledger and faults to the events a monitor with exactly these faults would
//! report, and to the figures that a scorer without faults of its own must find in them.

use contract::{Cut, DetailsBuf, Event, EventLog, EventRef, FIELDS, Field, Kind, Ledger, Value};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::delivery;
use super::false_reports;
use super::faults::Faults;
use super::figures::{FieldOutcome, Figures};
use super::known::{Known, Owned};
use super::planter::{Planter, Reported, part};

/// A piece of any other is as good as another one.
const CAN_BE_CUT: [Field; 4] = [Field::Exe, Field::Argv, Field::Path, Field::Cwd];

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
    planter.backfill();
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
        if let Some(over) = self.gap_ends() {
            let unseen = told.iter().map(|told| told.truth.after < over);
            gone.iter_mut()
                .zip(unseen)
                .for_each(|(gone, unseen)| *gone |= unseen);
        }
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
        let known = Known::of(self.ledger);
        let outcomes = Field::ALL.map(|field| self.outcomes(field, &known, kept));
        for (place, told) in kept.iter().enumerate() {
            let truth = told.truth;
            let of = self.figures.of(truth.kind);
            of.matched += 1;
            of.missed -= 1;
            if !truth.loose {
                let due = truth.due.unwrap_or(truth.after);
                of.latency.push(told.received.saturating_sub(due));
            }
            self.tell(told, &known, outcomes.each_ref().map(|of| of[place]));
        }
    }

    /// What becomes of `field` in each of `kept`; `None` where there is no such field to tell.
    fn outcomes(
        &mut self,
        field: Field,
        known: &Known<'_>,
        kept: &[Reported<'a>],
    ) -> Vec<Option<FieldOutcome>> {
        let offered = |told: &Reported<'_>| self.faults.claims.field(told.truth.kind, field);
        let has = |told: &Reported<'_>| offered(told) && known.value(field, told.place).is_some();
        let mut places: Vec<usize> = (0..kept.len()).filter(|&at| has(&kept[at])).collect();
        places.shuffle(&mut self.random);
        let hit = self.faults.field.is_none_or(|only| only == field);
        let mut outcomes = vec![None; kept.len()];
        if hit && self.faults.stale > 0.0 {
            let (mut old, fresh): (Vec<_>, Vec<_>) = std::mem::take(&mut places)
                .into_iter()
                .partition(|&at| known.earlier(field, kept[at].place).is_some());
            let stale = part(self.faults.stale, old.len());
            for place in old.drain(..stale) {
                outcomes[place] = Some(FieldOutcome::Stale);
                self.figures.field(field, FieldOutcome::Stale);
            }
            places = [old, fresh].concat();
        }
        let of = |share| part(share, places.len());
        let all = [
            (FieldOutcome::Missing, of(self.faults.missing)),
            (FieldOutcome::Wrong, of(self.faults.wrong)),
            (FieldOutcome::Truncated, of(self.faults.truncated)),
        ];
        let due = all.into_iter().filter(|(outcome, _)| {
            hit && (*outcome != FieldOutcome::Truncated || CAN_BE_CUT.contains(&field))
        });
        let due = due.flat_map(|(outcome, many)| std::iter::repeat_n(outcome, many));
        let due = due.chain(std::iter::repeat(FieldOutcome::Correct));
        for (place, outcome) in places.into_iter().zip(due) {
            outcomes[place] = Some(outcome);
            self.figures.field(field, outcome);
        }
        outcomes
    }

    fn tell(
        &mut self,
        told: &Reported<'_>,
        known: &Known<'_>,
        outcomes: [Option<FieldOutcome>; FIELDS],
    ) {
        let value = |field: Field| known.told(field, told.place, outcomes[field as usize]?);
        let text = |field| match value(field)? {
            Owned::Text(bytes, cut) => Some((bytes, cut)),
            Owned::Number(_) => None,
        };
        let number = |field| match value(field)? {
            Owned::Number(number) => Some(number),
            Owned::Text(..) => None,
        };
        let (exe, argv) = (text(Field::Exe), text(Field::Argv));
        let mut details = DetailsBuf::default();
        for field in Field::DETAILS {
            match value(field) {
                Some(Owned::Number(number)) => details.number(field, number),
                Some(Owned::Text(bytes, cut)) => {
                    let bytes = &bytes;
                    details.put(field, Value::Text { bytes, cut });
                }
                None => {}
            }
        }
        let report = EventRef {
            happened: self.stamp(told.happened),
            ppid: number(Field::Ppid).map(|ppid| ppid as u32),
            status: number(Field::Status).map(|status| status as u32 as i32),
            exe: exe.as_ref().map(|exe| &*exe.0),
            argv: argv.as_ref().map(|argv| &*argv.0),
            cut: Cut {
                exe: exe.as_ref().is_some_and(|exe| exe.1),
                argv: argv.as_ref().is_some_and(|argv| argv.1),
            },
            details: details.details(),
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
