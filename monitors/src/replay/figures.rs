//! What the report must say of a planted run. Counted while planting, never by pairing.

use std::collections::BTreeMap;

use contract::{Field, Kind};

/// The figures of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// In the order of [`Kind::ALL`].
    pub kinds: [KindFigures; 3],
    /// In the order of [`Field::ALL`].
    pub fields: [FieldFigures; 4],
    /// Events about processes of others.
    pub unrelated: u64,
    /// Losses reported as lost, by cause.
    pub reported_lost: BTreeMap<String, u64>,
    /// Missed beyond what was reported as lost.
    pub silent: u64,
}

/// The figures of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindFigures {
    /// Whether it is offered.
    pub offered: bool,
    /// How many there were.
    pub truths: u64,
    /// How many were reported.
    pub matched: u64,
    /// How many were not.
    pub missed: u64,
    /// Events that said it again.
    pub duplicates: u64,
    /// Events of what never was.
    pub false_positives: u64,
    /// From the time a event was due, or the start of its window, until it was received, in
    /// nanoseconds: of the matched ones whose windows are not loose.
    pub latency: Vec<u64>,
}

/// The figures of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldFigures {
    /// Whether it is offered.
    pub offered: bool,
    /// Told as it was.
    pub right: u64,
    /// Told otherwise.
    pub wrong: u64,
    /// Told in part, and said so.
    pub truncated: u64,
    /// Not told.
    pub missing: u64,
}

/// What becomes of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Right,
    Wrong,
    Cut,
    Untold,
}

impl Figures {
    pub(super) fn of(&mut self, kind: Kind) -> &mut KindFigures {
        &mut self.kinds[kind as usize]
    }

    pub(super) fn fate(&mut self, field: Field, fate: Fate) {
        let of = &mut self.fields[field as usize];
        *match fate {
            Fate::Right => &mut of.right,
            Fate::Wrong => &mut of.wrong,
            Fate::Cut => &mut of.truncated,
            Fate::Untold => &mut of.missing,
        } += 1;
    }
}
