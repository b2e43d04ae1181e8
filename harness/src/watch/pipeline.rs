//! Takes frames as they are captured and makes lines of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use contract::{Decode, EventLog, EventRef, Frame, Kind, Observer, Origin, Pid};
use monitors::event_json;

use super::filter::{Filter, Verdict};
use super::table::Table;
use super::teller::Teller;
use super::writer::{Delivery, End, Outbox};

/// So many bytes of lines are handed on also while there is more to read.
const ENOUGH: usize = 32 << 10;
/// Why a line is not written.
const TOO_SLOW: &str = "the reader is too slow";
/// Why an event is neither shown nor filtered out.
const NOT_KNOWN: &str = "what the filters ask for is not known of their process";

/// What was seen and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Live events, in the order of [`Kind::ALL`].
    pub events: [u64; 3],
    /// Events of a snapshot.
    pub snapshot: u64,
    /// Of these, the ones that filters left out.
    pub unwanted: u64,
    /// Of these, the ones of whose process it is not known what the filters ask for.
    pub unknown: u64,
    /// Frames that could not be decoded.
    pub malformed: u64,
}

/// How an event becomes a line.
pub(crate) enum Form {
    /// The event line of docs/FORMAT.md.
    Json,
    /// For people.
    Table(Table),
}

/// What is done with each event. It must never wait.
pub(crate) struct Live {
    decoder: Box<dyn Decode>,
    filter: Filter,
    outbox: Outbox,
    journal: EventLog,
    shown: Shown,
    told: Teller,
}

/// The lines, and what they are of.
struct Shown {
    form: Form,
    lines: Vec<u8>,
    count: Count,
}

impl Shown {
    fn take(&mut self, report: &EventRef<'_>, verdict: Verdict) {
        match (verdict, &self.form) {
            (Verdict::Unwanted, _) => self.count.unwanted += 1,
            (Verdict::Unknown, _) => self.count.unknown += 1,
            (Verdict::Wanted, Form::Json) => event_json::write(report, &mut self.lines),
            (Verdict::Wanted, Form::Table(table)) => table.row(report, &mut self.lines),
        }
    }
}

impl Live {
    /// Lines of what `decoder` says and `filter` wants go to `outbox`; losses to `say`.
    pub(crate) fn new(
        decoder: Box<dyn Decode>,
        filter: Filter,
        form: Form,
        outbox: Outbox,
        say: fn(&str),
    ) -> Self {
        let mut lines = Vec::with_capacity(2 * ENOUGH);
        if let Form::Table(table) = &form {
            lines.extend_from_slice(table.head().as_bytes());
        }
        Self {
            decoder,
            filter,
            outbox,
            journal: EventLog::default(),
            shown: Shown {
                form,
                lines,
                count: Count::default(),
            },
            told: Teller::new(say),
        }
    }

    fn frame(&mut self, frame: Frame<'_>) {
        if let Err(malformed) = self.decoder.frame(frame, &mut self.journal) {
            self.shown.count.malformed += 1;
            // The first says what is wrong; the summary how often.
            if self.shown.count.malformed == 1 {
                self.told.say(&malformed.to_string());
            }
        }
        self.put();
    }

    /// Makes lines of what was decoded.
    fn put(&mut self) {
        let shown = &mut self.shown;
        for event in &self.journal.events {
            let report = self.journal.report(event);
            match event.origin {
                Origin::Live => shown.count.events[event.kind as usize] += 1,
                Origin::Snapshot => shown.count.snapshot += 1,
            }
            let mut out = |report: &EventRef<'_>, verdict| shown.take(report, verdict);
            self.filter.take(&report, &mut out);
        }
        self.journal.clear();
        if self.shown.lines.len() >= ENOUGH {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if !self.shown.lines.is_empty() {
            self.outbox.take(&mut self.shown.lines);
        }
        let (unknown, dropped) = (self.shown.count.unknown, self.outbox.dropped());
        self.told.note("not shown", NOT_KNOWN, unknown);
        self.told.note("not written", TOO_SLOW, dropped);
        self.told.tell();
    }

    /// The last events, what was seen, and what became of the lines.
    fn finish(mut self, patience: Duration) -> (Count, Delivery) {
        self.decoder.finish(&mut self.journal);
        self.put();
        let shown = &mut self.shown;
        let mut out = |report: &EventRef<'_>, verdict| shown.take(report, verdict);
        self.filter.finish(&mut out);
        self.hand_on();
        (self.shown.count, self.outbox.close(patience))
    }
}

/// [`Live`], shared between the spool and its maker.
#[derive(Clone)]
pub(crate) struct Shared(Rc<RefCell<Option<Live>>>);

impl Shared {
    /// Both ends.
    pub(crate) fn new(live: Live) -> Self {
        Self(Rc::new(RefCell::new(Some(live))))
    }

    /// See [`Filter::begin`].
    pub(crate) fn begin(&self) -> Vec<Pid> {
        let mut ended = Vec::new();
        self.with(|live| ended = live.filter.begin());
        ended
    }

    /// Ends it; what was seen, and what became of the lines. `None` the second time.
    pub(crate) fn finish(&self, patience: Duration) -> Option<(Count, Delivery)> {
        let live = self.0.borrow_mut().take()?;
        Some(live.finish(patience))
    }

    fn with(&self, act: impl FnOnce(&mut Live)) {
        if let Some(live) = self.0.borrow_mut().as_mut() {
            act(live);
        }
    }
}

impl Observer for Shared {
    fn frame(&mut self, frame: Frame<'_>) -> io::Result<()> {
        self.with(|live| live.frame(frame));
        Ok(())
    }

    fn idle(&mut self) -> io::Result<()> {
        self.with(Live::hand_on);
        Ok(())
    }

    fn due(&mut self) -> bool {
        let mut due = false;
        self.with(|live| due = live.told.due());
        due
    }

    fn lost(&mut self, cause: &str, total: u64) {
        self.with(|live| {
            live.told.note("lost", cause, total);
            live.told.tell();
        });
    }
}

/// A summary of one watch: every sum adds up.
pub(crate) fn summary(
    label: &str,
    count: &Count,
    delivery: &Delivery,
    reported_lost: &BTreeMap<String, u64>,
) -> String {
    let all = count.events.iter().sum::<u64>() + count.snapshot;
    let each = Kind::ALL.map(|kind| format!("{} {kind}", count.events[kind as usize]));
    let mut each = each.to_vec();
    if count.snapshot > 0 {
        each.push(format!("{} of the snapshot", count.snapshot));
    }
    let unwritten = delivery.unwritten;
    let written = all.saturating_sub(count.unwanted + count.unknown + unwritten);
    let mut text = format!(
        "{label}: {all} events ({}), {written} written",
        each.join(", ")
    );
    if count.unwanted > 0 {
        text += &format!(", {} filtered out", count.unwanted);
    }
    if count.unknown > 0 {
        text += &format!(", {} not shown because {NOT_KNOWN}", count.unknown);
    }
    let why = match &delivery.end {
        End::Told => "the reader was too slow",
        End::Left => "the reader had left",
        End::Broken(_) => "stdout failed",
    };
    if unwritten > 0 {
        text += &format!(", {unwritten} not written because {why}");
    }
    if count.malformed > 0 {
        text += &format!(", {} frames not understood", count.malformed);
    }
    let lost: Vec<_> = reported_lost
        .iter()
        .filter(|(_, count)| **count > 0)
        .collect();
    let lost = lost.iter().map(|(cause, count)| format!("{count} {cause}"));
    match lost.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => text + "; no loss reported",
        some => text + "; lost: " + &some,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(unwritten: u64) -> Delivery {
        let end = End::Told;
        Delivery { end, unwritten }
    }

    #[test]
    fn kind_6_what_is_not_known_is_counted_apart() {
        let count = Count {
            events: [500, 500, 500],
            snapshot: 0,
            unwanted: 1000,
            unknown: 421,
            malformed: 0,
        };
        let text = summary("netlink", &count, &told(0), &BTreeMap::new());
        let due = "79 written, 1000 filtered out, 421 not shown because what the filters ask for";
        assert!(text.contains(due), "{text}");
    }

    #[test]
    fn a_summary_adds_up_and_names_losses() {
        let count = Count {
            events: [5, 3, 4],
            snapshot: 2,
            unwanted: 2,
            unknown: 0,
            malformed: 0,
        };
        let lost = |count| BTreeMap::from([("socket_drops".to_owned(), count)]);
        assert_eq!(
            summary("netlink", &count, &told(1), &lost(7)),
            "netlink: 14 events (5 fork, 3 exec, 4 exit, 2 of the snapshot), 11 written, 2 filtered out, 1 not written \
             because the reader was too slow; lost: 7 socket_drops"
        );
        let none = Count::default();
        assert!(summary("ebpf", &none, &told(0), &lost(0)).ends_with("; no loss reported"));
    }
}
