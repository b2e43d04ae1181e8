//! What there is to tell of each field of an event, and what a fault makes of it.

use std::collections::HashMap;

use contract::{Field, Kind, Ledger, Pid, Value};

use super::figures::FieldOutcome;

/// Added to a number it makes another that no process of the ledger ever had.
const OFF: u64 = 1 << 30;
/// The same of a start: many seconds away from all of them.
const LATER: u64 = 1 << 40;

/// A value with bytes of its own.
pub(super) enum Owned {
    Number(u64),
    /// And whether it is said to be cut.
    Text(Vec<u8>, bool),
}

impl Owned {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Text { bytes, cut } => Self::Text(bytes.to_vec(), cut),
        }
    }
}

/// A ledger, and where in it each of its events has its process's beginnings.
pub(super) struct Known<'a> {
    ledger: &'a Ledger,
    /// By place: the fork of its process.
    forks: Vec<Option<u32>>,
    /// By place, of an exec: the one before it, its own or its parent's.
    earlier: Vec<Option<u32>>,
}

/// A process as far as the ledger has been read.
#[derive(Clone, Copy, Default)]
struct Life {
    fork: Option<u32>,
    /// What it executed last, or was born with.
    image: Option<u32>,
}

impl<'a> Known<'a> {
    pub(super) fn of(ledger: &'a Ledger) -> Self {
        let truths = &ledger.truths;
        let mut order: Vec<u32> = (0..).take(truths.len()).collect();
        order.sort_by_key(|&place| (truths[place as usize].after, place));
        let mut lives: HashMap<Pid, Life> = HashMap::new();
        let (mut forks, mut earlier) = (vec![None; truths.len()], vec![None; truths.len()]);
        for place in order {
            let truth = &truths[place as usize];
            if truth.kind == Kind::Fork {
                let parent = truth.fields.ppid.and_then(|ppid| lives.get(&ppid));
                let image = parent.and_then(|parent| parent.image);
                let fork = Some(place);
                lives.insert(truth.pid, Life { fork, image });
            }
            let life = lives.entry(truth.pid).or_default();
            forks[place as usize] = life.fork;
            match truth.kind {
                Kind::Exec => earlier[place as usize] = life.image.replace(place),
                Kind::Exit => *life = Life::default(),
                Kind::Fork => {}
            }
        }
        Self {
            ledger,
            forks,
            earlier,
        }
    }

    /// What is true; `None` where the ledger does not say.
    pub(super) fn value(&self, field: Field, place: u32) -> Option<Value<'a>> {
        let truth = &self.ledger.truths[place as usize];
        let text = |span| Value::Text {
            bytes: self.ledger.arena.get(span),
            cut: false,
        };
        let details = self.ledger.details(truth);
        match field {
            Field::Exe => truth.fields.exe.map(text),
            Field::Argv => truth.fields.argv.map(text),
            Field::Ppid => truth.fields.ppid.map(|ppid| Value::Number(ppid.into())),
            Field::Status => truth
                .fields
                .status
                .map(|status| Value::Number(u64::from(status as u32))),
            Field::StartNs => {
                let fork = self.forks[place as usize]?;
                Some(Value::Number(self.ledger.truths[fork as usize].after))
            }
            Field::InnerPid => details.get(field).or_else(|| {
                details.get(Field::PidNs)?;
                Some(Value::Number(truth.pid.into()))
            }),
            _ => details.get(field),
        }
    }

    /// What was true before, where that is something else. A parent, a status and a start are not
    /// told stale: they would be no more than wrong, or the same.
    pub(super) fn earlier(&self, field: Field, place: u32) -> Option<Value<'a>> {
        if matches!(field, Field::Ppid | Field::Status | Field::StartNs) {
            return None;
        }
        let value = self.value(field, self.earlier[place as usize]?)?;
        (Some(value) != self.value(field, place)).then_some(value)
    }

    /// What is told; `None` of what is missing.
    pub(super) fn told(&self, field: Field, place: u32, outcome: FieldOutcome) -> Option<Owned> {
        let value = self.value(field, place)?;
        Some(match (outcome, value) {
            (FieldOutcome::Missing, _) => return None,
            (FieldOutcome::Stale, _) => Owned::of(self.earlier(field, place)?),
            (FieldOutcome::Truncated, Value::Text { bytes, .. }) => {
                Owned::Text(bytes[..bytes.len() / 2].to_vec(), true)
            }
            (FieldOutcome::Wrong, Value::Text { bytes, .. }) => Owned::Text(altered(bytes), false),
            (FieldOutcome::Wrong, Value::Number(number)) => Owned::Number(match field {
                // The exit code is in the second byte of a wait status.
                Field::Status => number ^ 1 << 8,
                Field::Ppid => number ^ 1,
                Field::StartNs => number + LATER,
                _ => number ^ OFF,
            }),
            (FieldOutcome::Correct | FieldOutcome::Truncated, value) => Owned::of(value),
        })
    }
}

/// The same but for the last byte.
fn altered(bytes: &[u8]) -> Vec<u8> {
    match bytes.split_last() {
        Some((last, rest)) => [rest, &[last ^ 1]].concat(),
        None => vec![b'?'],
    }
}
