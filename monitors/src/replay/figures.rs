//! What the report must say of a planted run. Counted while planting, never by pairing.

use std::collections::BTreeMap;

use contract::{FIELDS, Field, Kind, Nanos, Pid};

/// The figures of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// In the order of [`Kind::ALL`].
    pub kinds: [KindFigures; 3],
    /// In the order of [`Field::ALL`].
    pub fields: [FieldFigures; FIELDS],
    /// Events about processes that are not the workload's.
    pub unrelated: u64,
    /// Losses that are reported, by cause.
    pub reported_lost: BTreeMap<String, u64>,
    /// Missed beyond what is reported as lost.
    pub silent: u64,
    /// Every event, in the order in which they are handed on.
    pub delivered: Vec<Delivered>,
    /// Lines of a snapshot, which are in no other figure.
    pub lines: Vec<Line>,
}

/// An event as it is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The place in the ledger of the truth that it reports; `None` of one that never was or is another
    /// process's.
    pub truth: Option<u32>,
    /// When it is received.
    pub received: Nanos,
    /// The parent that it names.
    pub ppid: Option<Pid>,
}

/// A line of a snapshot that was planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The place in the ledger of the fork of its process.
    pub fork: u32,
    /// When it is received.
    pub received: Nanos,
    /// Whether it says what another line has said.
    pub again: bool,
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
    /// Reports that said it again.
    pub duplicates: u64,
    /// Reports of events that never were.
    pub false_positives: u64,
    /// From the time an event was due, or the start of its window, until it was received, in
    /// nanoseconds: of the matched ones whose windows are not loose.
    pub latency: Vec<u64>,
}

/// The figures of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldFigures {
    /// Whether it is offered.
    pub offered: bool,
    /// Told as it was.
    pub correct: u64,
    /// Told otherwise.
    pub wrong: u64,
    /// Told in part, and said so.
    pub truncated: u64,
    /// Told as it was before.
    pub stale: u64,
    /// Not told.
    pub missing: u64,
}

/// What becomes of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldOutcome {
    Correct,
    Wrong,
    Truncated,
    Stale,
    Missing,
}

impl Figures {
    pub(super) fn of(&mut self, kind: Kind) -> &mut KindFigures {
        &mut self.kinds[kind as usize]
    }

    pub(super) fn field(&mut self, field: Field, outcome: FieldOutcome) {
        let of = &mut self.fields[field as usize];
        *match outcome {
            FieldOutcome::Correct => &mut of.correct,
            FieldOutcome::Wrong => &mut of.wrong,
            FieldOutcome::Truncated => &mut of.truncated,
            FieldOutcome::Stale => &mut of.stale,
            FieldOutcome::Missing => &mut of.missing,
        } += 1;
    }
}
