//! Whether what was told of a matched event is true.

mod images;

use std::cell::OnceCell;

use contract::{Claims, Event, EventLog, Field, Ledger, Span, Truth};
use serde::{Deserialize, Serialize};

use crate::by_key::Keyed;
use crate::matching::Matching;
use images::Images;

/// One field over all matched events that have it and whose kind it is offered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldScore {
    /// Whether the monitor offers it with any kind.
    pub offered: bool,
    /// Correctness, and true.
    pub correct: u64,
    /// Correctness, and not true. Also a beginning that does not say it is one.
    pub wrong: u64,
    /// Said to be cut short, and true as far as it goes.
    pub truncated: u64,
    /// Told, and true of another time: an exe or argv that the process had before, or, of an exec,
    /// that its parent had.
    pub stale: u64,
    /// Not told.
    pub missing: u64,
}

impl FieldScore {
    /// How many events it was judged in.
    pub fn judged(&self) -> u64 {
        self.correct + self.wrong + self.truncated + self.stale + self.missing
    }

    /// That of several cells.
    pub fn together<'a>(scores: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        for score in scores {
            sum.offered |= score.offered;
            sum.correct += score.correct;
            sum.wrong += score.wrong;
            sum.truncated += score.truncated;
            sum.stale += score.stale;
            sum.missing += score.missing;
        }
        sum
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Correctness {
    Correct,
    Wrong,
    Truncated,
    Stale,
    Missing,
}

impl Correctness {
    /// What is not correct about it.
    pub(super) const fn fault(self) -> Option<&'static str> {
        match self {
            Self::Correct => None,
            Self::Wrong => Some("wrong"),
            Self::Truncated => Some("truncated"),
            Self::Stale => Some("stale"),
            Self::Missing => Some("missing"),
        }
    }
}

/// How many there are.
const CORRECTNESSES: usize = 5;

/// What fields are judged by.
struct Judge<'a> {
    ledger: &'a Ledger,
    log: &'a EventLog,
    /// Made when the first field is found not to be true.
    images: OnceCell<Images<'a>>,
}

/// Fields of all matched events; `judged` is told of each how correct it is.
pub(super) fn judge(
    ledger: &Ledger,
    log: &EventLog,
    matching: &Matching,
    claims: &Claims,
    mut judged: impl FnMut(&Truth, Field, Correctness),
) -> Keyed<Field, FieldScore> {
    let images = OnceCell::new();
    let judge = Judge {
        ledger,
        log,
        images,
    };
    let mut counts = [[0_u64; CORRECTNESSES]; Field::ALL.len()];
    for (index, truth) in ledger.truths.iter().enumerate() {
        let offer = &claims.offers[truth.kind as usize];
        if !offer.fields.contains(&true) {
            continue;
        }
        let Some(event) = matching.event_of(index) else {
            continue;
        };
        let event = &log.events[event];
        for field in Field::ALL {
            if offer.fields[field as usize]
                && let Some(correctness) = judge.one(field, index, truth, event)
            {
                counts[field as usize][correctness as usize] += 1;
                judged(truth, field, correctness);
            }
        }
    }
    Keyed::each(|field: Field| {
        let of = |correctness: Correctness| counts[field as usize][correctness as usize];
        let mut offers = claims.offers.iter();
        FieldScore {
            offered: offers.any(|offer| offer.fields[field as usize]),
            correct: of(Correctness::Correct),
            wrong: of(Correctness::Wrong),
            truncated: of(Correctness::Truncated),
            stale: of(Correctness::Stale),
            missing: of(Correctness::Missing),
        }
    })
}

impl<'a> Judge<'a> {
    /// `None` where the ledger itself does not know.
    fn one(&self, field: Field, index: usize, truth: &Truth, event: &Event) -> Option<Correctness> {
        let (due, told) = (&truth.fields, &event.fields);
        match field {
            Field::Exe => {
                let piece = told.cut.exe.then_some(path_piece as Piece);
                self.bytes(index, |truth| truth.fields.exe, told.exe, piece)
            }
            Field::Argv => {
                let piece = told.cut.argv.then_some(argv_piece as Piece);
                self.bytes(index, |truth| truth.fields.argv, told.argv, piece)
            }
            Field::Ppid => due.ppid.map(|due| exact(&due, told.ppid.as_ref())),
            Field::Status => due.status.map(|due| exact(&due, told.status.as_ref())),
        }
    }

    fn bytes(
        &self,
        index: usize,
        of: impl Fn(&Truth) -> Option<Span>,
        told: Option<Span>,
        piece: Option<Piece>,
    ) -> Option<Correctness> {
        let told = told.map(|span| self.log.arena.get(span));
        let against = |truth: &Truth| {
            let due = of(truth).map(|span| self.ledger.arena.get(span));
            due.map(|due| compare(due, told, piece))
        };
        let found = against(&self.ledger.truths[index])?;
        if found != Correctness::Wrong {
            return Some(found);
        }
        let images = self.images.get_or_init(|| Images::new(self.ledger));
        let agrees = |truth: &Truth| {
            matches!(
                against(truth),
                Some(Correctness::Correct | Correctness::Truncated)
            )
        };
        let stale = images.any_earlier(index as u32, agrees);
        Some(if stale { Correctness::Stale } else { found })
    }
}

fn exact<T: PartialEq>(due: &T, told: Option<&T>) -> Correctness {
    match told {
        None => Correctness::Missing,
        Some(told) if told == due => Correctness::Correct,
        Some(_) => Correctness::Wrong,
    }
}

/// Whether the second is what a cut may leave of the first.
type Piece = fn(&[u8], &[u8]) -> bool;

/// A path is cut at either end.
fn path_piece(due: &[u8], told: &[u8]) -> bool {
    due.starts_with(told) || due.ends_with(told)
}

/// An argv is cut at its end; it may still have got the NUL that ends every argument.
fn argv_piece(due: &[u8], told: &[u8]) -> bool {
    due.starts_with(told.strip_suffix(b"\0").unwrap_or(told))
}

/// `piece` is there only when the event says that it was cut.
fn compare(due: &[u8], told: Option<&[u8]>, piece: Option<Piece>) -> Correctness {
    match told {
        None => Correctness::Missing,
        Some(told) if told == due => Correctness::Correct,
        Some(told) if piece.is_some_and(|piece| piece(due, told)) => Correctness::Truncated,
        Some(_) => Correctness::Wrong,
    }
}

#[cfg(test)]
mod tests;
