//! Planting: from a ledger and faults to the events a monitor with exactly these faults would
//! report, and to the figures that a scorer without faults of its own must find in them.

use contract::{Clock, Cut, Event, EventLog, EventRef, Field, Kind, Ledger, Nanos, Truth};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::faults::{Faults, Law, TICK};
use super::figures::{Fate, Figures};
use super::lies;

/// Events with known faults.
#[derive(Clone, Debug)]
pub struct Planted {
    /// In the order in which they are handed on.
    pub journal: EventLog,
    /// What must be found in them.
    pub figures: Figures,
}

/// A truth that is reported.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) truth: &'a Truth,
    pub(super) happened: Nanos,
    received: Nanos,
}

/// Plants `faults` into reports of `ledger`; `seed` decides what is left to chance.
pub fn plant(ledger: &Ledger, faults: &Faults, seed: u64) -> Planted {
    let mut planter = Planter {
        ledger,
        faults,
        dice: StdRng::seed_from_u64(seed),
        journal: EventLog::default(),
        figures: Figures::default(),
    };
    planter.count();
    let told = planter.schedule();
    let kept = planter.lose(told.clone());
    planter.report(&kept);
    planter.repeat();
    lies::invent(&mut planter, &told);
    lies::stray(&mut planter, told.len());
    planter.order();
    Planted {
        journal: planter.journal,
        figures: planter.figures,
    }
}

pub(super) struct Planter<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) faults: &'a Faults,
    pub(super) dice: StdRng,
    pub(super) journal: EventLog,
    pub(super) figures: Figures,
}

/// So many of `whole`, rounded.
pub(super) fn part(share: f64, whole: usize) -> usize {
    ((share * whole as f64).round() as usize).min(whole)
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
    fn schedule(&mut self) -> Vec<Told<'a>> {
        let claims = &self.faults.claims;
        let offered = self.ledger.truths.iter().filter(|t| claims.kind(t.kind));
        let mut told = Vec::new();
        for truth in offered {
            let happened = self
                .dice
                .random_range(truth.after..=truth.before.max(truth.after));
            let received = happened + self.delay();
            told.push(Told {
                truth,
                happened,
                received,
            });
        }
        told.sort_by_key(|told| told.happened);
        told
    }

    /// One delay.
    pub(super) fn delay(&mut self) -> Nanos {
        let mean = self.faults.delay as f64;
        // In (0, 1], so that neither law runs away.
        let chance = 1.0 - self.dice.random::<f64>();
        let delay = match self.faults.law {
            Law::Fixed => mean,
            Law::Uniform => mean * 2.0 * chance,
            Law::Exponential => -mean * chance.ln(),
            Law::Heavy => mean / 3.0 * chance.powf(-2.0 / 3.0),
        };
        delay as Nanos
    }

    /// Takes out what is lost, in rows and at the end, and counts what of it is reported as lost.
    fn lose(&mut self, told: Vec<Told<'a>>) -> Vec<Told<'a>> {
        let all = told.len();
        let hit = |told: &Told<'_>| {
            let kind = self.faults.drop_kind;
            kind.is_none_or(|kind| kind == told.truth.kind)
        };
        let places: Vec<usize> = (0..all).filter(|&place| hit(&told[place])).collect();
        let mut rows: Vec<&[usize]> = places.chunks(self.faults.burst).collect();
        rows.shuffle(&mut self.dice);
        let lost = rows
            .into_iter()
            .flatten()
            .take(part(self.faults.drop, places.len()));
        let mut gone = vec![false; all];
        lost.for_each(|&place| gone[place] = true);
        gone[all - self.faults.tail.min(all)..].fill(true);
        let lost = gone.iter().filter(|gone| **gone).count();
        let reported_lost = part(self.faults.admit, lost);
        self.figures.silent = (lost - reported_lost) as u64;
        if lost > 0 {
            let cause = ("planted".to_owned(), reported_lost as u64);
            self.figures.reported_lost.extend([cause]);
        }
        let kept = told.into_iter().zip(gone).filter(|(_, gone)| !gone);
        kept.map(|(told, _)| told).collect()
    }

    fn report(&mut self, kept: &[Told<'a>]) {
        let fates = Field::ALL.map(|field| self.fates(field, kept));
        for (place, told) in kept.iter().enumerate() {
            let truth = told.truth;
            let of = self.figures.of(truth.kind);
            of.matched += 1;
            of.missed -= 1;
            if !truth.loose {
                let due = truth.due.unwrap_or(truth.after);
                of.latency.push(told.received.saturating_sub(due));
            }
            self.tell(told, fates.each_ref().map(|of| of[place]));
        }
    }

    /// What becomes of `field` in each of `kept`; `None` where there is no such field to tell.
    fn fates(&mut self, field: Field, kept: &[Told<'a>]) -> Vec<Option<Fate>> {
        let has = |told: &Told<'_>| {
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
        places.shuffle(&mut self.dice);
        let of = |share| part(share, places.len());
        let all = [
            (Fate::Untold, of(self.faults.untold)),
            (Fate::Wrong, of(self.faults.wrong)),
            (Fate::Cut, of(self.faults.cut)),
        ];
        let hit = self.faults.field.is_none_or(|only| only == field);
        let due = all.into_iter().filter(|(fate, _)| {
            hit && (*fate != Fate::Cut || matches!(field, Field::Exe | Field::Argv))
        });
        let due = due.flat_map(|(fate, many)| std::iter::repeat_n(fate, many));
        let due = due.chain(std::iter::repeat(Fate::Right));
        let mut fates = vec![None; kept.len()];
        for (place, fate) in places.into_iter().zip(due) {
            fates[place] = Some(fate);
            self.figures.fate(field, fate);
        }
        fates
    }

    fn tell(&mut self, told: &Told<'_>, fates: [Option<Fate>; 4]) {
        let fate = |field: Field| fates[field as usize].filter(|fate| *fate != Fate::Untold);
        let (due, arena) = (&told.truth.fields, &self.ledger.arena);
        let bytes = |field, span| Some(alter(arena.get(span?), fate(field)?));
        let (exe, argv) = (bytes(Field::Exe, due.exe), bytes(Field::Argv, due.argv));
        let number = |field: Field| Some(u32::from(fate(field)? == Fate::Wrong));
        let report = EventRef {
            happened: self.stamp(told.happened),
            ppid: number(Field::Ppid).and_then(|off| Some(due.ppid? ^ off)),
            // The exit code is in the second byte of a wait status.
            status: number(Field::Status).and_then(|off| Some(due.status? ^ (off << 8) as i32)),
            exe: exe.as_deref(),
            argv: argv.as_deref(),
            cut: Cut {
                exe: fate(Field::Exe) == Some(Fate::Cut),
                argv: fate(Field::Argv) == Some(Fate::Cut),
            },
            ..EventRef::new(told.truth.kind, told.truth.pid, told.received)
        };
        self.journal.push(report);
    }

    /// `time` as the planted clock reads it.
    pub(super) fn stamp(&self, time: Nanos) -> Nanos {
        match self.faults.claims.clock {
            Clock::Exact | Clock::ExitsLate(_) => time,
            Clock::Coarse { .. } => time / TICK * TICK,
            Clock::None => 0,
        }
    }

    /// Says some of what was said again, up to a millisecond later.
    fn repeat(&mut self) {
        let mut again: Vec<Event> = self.journal.events.clone();
        again.shuffle(&mut self.dice);
        again.truncate(part(self.faults.repeat, again.len()));
        for event in &mut again {
            event.received += self.dice.random_range(1..=1_000_000);
            self.figures.of(event.kind).duplicates += 1;
        }
        self.journal.events.append(&mut again);
    }

    /// As they are received, but for what is shuffled.
    fn order(&mut self) {
        let events = &mut self.journal.events;
        events.sort_by_key(|event| event.received);
        for stretch in events.chunks_mut(self.faults.shuffle) {
            stretch.shuffle(&mut self.dice);
        }
    }
}

/// Bytes after what became of them. Cutting leaves the first half, altering another last byte.
fn alter(bytes: &[u8], fate: Fate) -> Vec<u8> {
    match fate {
        Fate::Cut => bytes[..bytes.len() / 2].to_vec(),
        Fate::Wrong => match bytes.split_last() {
            Some((last, rest)) => [rest, &[last ^ 1]].concat(),
            None => vec![b'?'],
        },
        Fate::Right | Fate::Untold => bytes.to_vec(),
    }
}
