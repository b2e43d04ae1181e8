//! Whether what was told of a matched event is true.

mod images;

use std::cell::OnceCell;

use contract::{Claims, Event, EventLog, Field, Kind, Ledger, Nanos, Truth, Value};
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
    /// Told, and true of another time: what the process had before, or, of an exec, what its parent
    /// had.
    pub stale: u64,
    /// Not told.
    pub missing: u64,
}

impl FieldScore {
    /// One for each field, those of [`Field::DETAILS`] only where they are offered: of most monitors
    /// there is nothing to say about them.
    pub fn each(of: impl Fn(Field) -> Self) -> Keyed<Field, Self> {
        let all = Field::ALL.into_iter().map(|field| (field, of(field)));
        let said = all.filter(|(field, score)| score.offered || Field::USUAL.contains(field));
        Keyed(said.collect())
    }

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
    /// Made when it is first asked what another event of the process was.
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
    let offered = Kind::ALL.map(|kind| {
        let fields = Field::ALL.into_iter();
        fields
            .filter(|&field| claims.field(kind, field))
            .collect::<Vec<_>>()
    });
    let mut counts = [[0_u64; CORRECTNESSES]; Field::ALL.len()];
    for (index, truth) in ledger.truths.iter().enumerate() {
        let offered = &offered[truth.kind as usize];
        if offered.is_empty() {
            continue;
        }
        let Some(event) = matching.event_of(index) else {
            continue;
        };
        let event = &log.events[event];
        for &field in offered {
            if let Some(correctness) = judge.one(field, index as u32, event) {
                counts[field as usize][correctness as usize] += 1;
                judged(truth, field, correctness);
            }
        }
    }
    FieldScore::each(|field: Field| {
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

/// The start of a process is told in ticks of the clock that /proc has, at the coarsest.
const TICK: Nanos = 10_000_000;

/// What is true of a field.
enum Due<'a> {
    Number(u64),
    Text(&'a [u8], Piece),
    /// At some time between these.
    Between(Nanos, Nanos),
}

impl<'a> Judge<'a> {
    /// `None` where the ledger itself does not know.
    fn one(&self, field: Field, place: u32, event: &Event) -> Option<Correctness> {
        let due = self.due(field, place)?;
        let told = self.told(field, event);
        let found = compare(&due, told);
        // A parent or a status of another time would be no more than a wrong one.
        if found != Correctness::Wrong || matches!(field, Field::Ppid | Field::Status) {
            return Some(found);
        }
        let agrees = |place: u32| {
            let due = self.due(field, place);
            let found = due.map(|due| compare(&due, told));
            matches!(found, Some(Correctness::Correct | Correctness::Truncated))
        };
        let stale = self.images().any_earlier(place, agrees);
        Some(if stale { Correctness::Stale } else { found })
    }

    fn images(&self) -> &Images<'a> {
        self.images.get_or_init(|| Images::new(self.ledger))
    }

    fn due(&self, field: Field, place: u32) -> Option<Due<'a>> {
        let truth = &self.ledger.truths[place as usize];
        let fields = &truth.fields;
        let bytes = |span| self.ledger.arena.get(span);
        let details = || self.ledger.details(truth);
        Some(match field {
            Field::Exe => Due::Text(bytes(fields.exe?), path_piece),
            Field::Argv => Due::Text(bytes(fields.argv?), argv_piece),
            Field::Ppid => Due::Number(fields.ppid?.into()),
            Field::Status => Due::Number(fields.status?.cast_unsigned().into()),
            Field::StartNs => {
                let fork = self.images().fork_of(place)?;
                Due::Between(fork.after.saturating_sub(TICK), fork.before + TICK)
            }
            Field::InnerPid => match details().number(field) {
                Some(inner) => Due::Number(inner),
                None => details()
                    .number(Field::PidNs)
                    .map(|_| Due::Number(truth.pid.into()))?,
            },
            _ => match details().get(field)? {
                Value::Number(number) => Due::Number(number),
                Value::Text { bytes, .. } => Due::Text(bytes, path_piece),
            },
        })
    }

    fn told(&self, field: Field, event: &Event) -> Option<Value<'a>> {
        let fields = &event.fields;
        let bytes = |span| self.log.arena.get(span);
        match field {
            Field::Exe => fields.exe.map(|exe| Value::Text {
                bytes: bytes(exe),
                cut: fields.cut.exe,
            }),
            Field::Argv => fields.argv.map(|argv| Value::Text {
                bytes: bytes(argv),
                cut: fields.cut.argv,
            }),
            Field::Ppid => fields.ppid.map(|ppid| Value::Number(ppid.into())),
            Field::Status => fields
                .status
                .map(|status| Value::Number(status.cast_unsigned().into())),
            _ => self.log.details(event).get(field),
        }
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

/// A piece is true only where the event says that it is one.
fn compare(due: &Due<'_>, told: Option<Value<'_>>) -> Correctness {
    let Some(told) = told else {
        return Correctness::Missing;
    };
    let correct = match (due, told) {
        (Due::Number(due), Value::Number(told)) => *due == told,
        (Due::Between(from, until), Value::Number(told)) => (*from..=*until).contains(&told),
        (Due::Text(due, _), Value::Text { bytes, .. }) if *due == bytes => true,
        (Due::Text(due, piece), Value::Text { bytes, cut: true }) if piece(due, bytes) => {
            return Correctness::Truncated;
        }
        _ => false,
    };
    if correct {
        Correctness::Correct
    } else {
        Correctness::Wrong
    }
}

#[cfg(test)]
mod tests;
