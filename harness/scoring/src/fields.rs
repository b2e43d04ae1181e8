//! Whether what was told of a matched event is true.

use crate::matching::Matching;
use contract::{Claims, Event, EventLog, Field, Ledger, Span, Truth};
use serde::{Deserialize, Serialize};

use crate::by_key::Keyed;

/// One field over all matched events that have it and whose kind it is offered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldScore {
    /// Whether the monitor offers it with any kind.
    pub offered: bool,
    /// Told, and true.
    pub correct: u64,
    /// Told, and not true. Also a beginning that does not say it is one.
    pub wrong: u64,
    /// Said to be cut short, and true as far as it goes.
    pub truncated: u64,
    /// Not told.
    pub missing: u64,
}

#[derive(Clone, Copy)]
enum Told {
    Correct,
    Wrong,
    Truncated,
    Missing,
}

/// Fields of all matched events.
pub(super) fn judge(
    ledger: &Ledger,
    journal: &EventLog,
    pairing: &Matching,
    claims: &Claims,
) -> Keyed<Field, FieldScore> {
    let mut counts = [[0_u64; 4]; 4];
    for (index, truth) in ledger.truths.iter().enumerate() {
        let offer = &claims.offers[truth.kind as usize];
        if !offer.fields.contains(&true) {
            continue;
        }
        let Some(event) = pairing.event_of(index) else {
            continue;
        };
        let event = &journal.events[event];
        for field in Field::ALL {
            if offer.fields[field as usize]
                && let Some(told) = one(field, ledger, truth, journal, event)
            {
                counts[field as usize][told as usize] += 1;
            }
        }
    }
    Keyed::each(|field: Field| {
        let of = |told: Told| counts[field as usize][told as usize];
        FieldScore {
            offered: claims
                .offers
                .iter()
                .any(|offer| offer.fields[field as usize]),
            correct: of(Told::Correct),
            wrong: of(Told::Wrong),
            truncated: of(Told::Truncated),
            missing: of(Told::Missing),
        }
    })
}

/// `None` where the ledger itself does not know.
fn one(
    field: Field,
    ledger: &Ledger,
    truth: &Truth,
    journal: &EventLog,
    event: &Event,
) -> Option<Told> {
    let (due, told) = (&truth.fields, &event.fields);
    let bytes = |due: Option<Span>, told: Option<Span>, piece: Option<Piece>| {
        let told = told.map(|span| journal.arena.get(span));
        due.map(|span| compare(ledger.arena.get(span), told, piece))
    };
    match field {
        Field::Exe => bytes(due.exe, told.exe, told.cut.exe.then_some(path_piece)),
        Field::Argv => bytes(due.argv, told.argv, told.cut.argv.then_some(argv_piece)),
        Field::Ppid => due.ppid.map(|due| exact(&due, told.ppid.as_ref())),
        Field::Status => due.status.map(|due| exact(&due, told.status.as_ref())),
    }
}

fn exact<T: PartialEq>(due: &T, told: Option<&T>) -> Told {
    match told {
        None => Told::Missing,
        Some(told) if told == due => Told::Correct,
        Some(_) => Told::Wrong,
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
fn compare(due: &[u8], told: Option<&[u8]>, piece: Option<Piece>) -> Told {
    match told {
        None => Told::Missing,
        Some(told) if told == due => Told::Correct,
        Some(told) if piece.is_some_and(|piece| piece(due, told)) => Told::Truncated,
        Some(_) => Told::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_must_be_owned_up_to() {
        let of = |due: &str, told: &str, piece| {
            compare(due.as_bytes(), Some(told.as_bytes()), piece) as usize
        };
        let (correct, wrong) = (Told::Correct as usize, Told::Wrong as usize);
        let cut = Told::Truncated as usize;
        let (path, argv): (Option<Piece>, Option<Piece>) = (Some(path_piece), Some(argv_piece));
        assert_eq!(of("/bin/true", "/bin/true", None), correct);
        assert_eq!(of("/bin/true", "/bin/tr", path), cut);
        assert_eq!(of("/bin/true", "/bin/tr", None), wrong);
        assert_eq!(of("/bin/true", "/bin/fa", path), wrong);
        assert_eq!(of("/bin/true", "n/true", path), cut);
        assert_eq!(of("a\0bcd\0", "a\0bc\0", argv), cut);
        assert_eq!(of("a\0bcd\0", "cd\0", argv), wrong);
        assert_eq!(of("a\0", "a\0b\0", argv), wrong);
        assert_eq!(compare(b"a", None, path) as usize, Told::Missing as usize);
    }
}
