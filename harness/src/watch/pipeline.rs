//! Takes frames as they are captured and makes lines of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use contract::{Decode, EventLog, Frame, Kind, Observer};
use monitors::event_json;

use super::filter::Filter;
use super::table::Table;
use super::writer::Outbox;

/// So many bytes of lines are handed on also while there is more to read.
const ENOUGH: usize = 32 << 10;
/// How often at most losses that go on are told.
const AGAIN: Duration = Duration::from_secs(1);

/// What was seen and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Events, in the order of [`Kind::ALL`].
    pub events: [u64; 3],
    /// Of these, the ones that filters left out.
    pub unwanted: u64,
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
    form: Form,
    outbox: Outbox,
    journal: EventLog,
    lines: Vec<u8>,
    count: Count,
    lost: BTreeMap<String, u64>,
    told: Teller,
}

/// Says at once that something was lost, and then no oftener than is bearable.
struct Teller {
    say: fn(&str),
    last: Option<Instant>,
    dropped: u64,
    due: Option<Instant>,
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
            form,
            outbox,
            journal: EventLog::default(),
            lines,
            count: Count::default(),
            lost: BTreeMap::new(),
            told: Teller {
                say,
                last: None,
                dropped: 0,
                due: None,
            },
        }
    }

    fn frame(&mut self, frame: Frame<'_>) {
        if let Err(malformed) = self.decoder.frame(frame, &mut self.journal) {
            self.count.malformed += 1;
            // The first says what is wrong; the summary how often.
            if self.count.malformed == 1 {
                (self.told.say)(&malformed.to_string());
            }
        }
        self.put();
    }

    /// Makes lines of what was decoded.
    fn put(&mut self) {
        for event in &self.journal.events {
            let report = self.journal.report(event);
            self.count.events[event.kind as usize] += 1;
            if !self.filter.passes(&report) {
                self.count.unwanted += 1;
                continue;
            }
            match &self.form {
                Form::Json => event_json::write(&report, &mut self.lines),
                Form::Table(table) => table.row(&report, &mut self.lines),
            }
        }
        self.journal.clear();
        if self.lines.len() >= ENOUGH {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        self.outbox.take(&mut self.lines);
        let dropped = self.outbox.dropped();
        if dropped > self.told.dropped {
            self.told.dropped = dropped;
            let text = format!("{dropped} events not written so far: the reader is too slow");
            self.told.tell(&text);
        }
    }

    /// The last events, and how many were dropped because of a slow reader; `None` of a reader
    /// that is gone.
    fn finish(mut self, patience: Duration) -> (Count, Option<u64>) {
        self.decoder.finish(&mut self.journal);
        self.put();
        self.hand_on();
        (self.count, self.outbox.close(patience))
    }
}

impl Teller {
    fn tell(&mut self, text: &str) {
        if self.last.is_none_or(|last| last.elapsed() >= AGAIN) {
            self.last = Some(Instant::now());
            (self.say)(text);
        }
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

    /// Ends it; what was seen, and how many events were not written, if anybody still reads.
    pub(crate) fn finish(&self, patience: Duration) -> (Count, Option<u64>) {
        let live = self.0.borrow_mut().take();
        live.map_or_else(Default::default, |live| live.finish(patience))
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
        self.with(|live| {
            let now = Instant::now();
            due = live.told.due.is_none_or(|at| now >= at);
            if due {
                live.told.due = Some(now + AGAIN / 4);
            }
        });
        due
    }

    fn lost(&mut self, cause: &str, total: u64) {
        self.with(|live| {
            let before = live.lost.insert(cause.to_owned(), total).unwrap_or(0);
            if total > before {
                live.told
                    .tell(&format!("{total} events lost so far: {cause}"));
            }
        });
    }
}

/// A summary of one watch: every sum adds up.
pub(crate) fn summary(
    label: &str,
    count: &Count,
    dropped: u64,
    reported_lost: &BTreeMap<String, u64>,
) -> String {
    let all: u64 = count.events.iter().sum();
    let each = Kind::ALL.map(|kind| format!("{} {kind}", count.events[kind as usize]));
    let written = all.saturating_sub(count.unwanted + dropped);
    let mut text = format!(
        "{label}: {all} events ({}), {written} written",
        each.join(", ")
    );
    if count.unwanted > 0 {
        text += &format!(", {} filtered out", count.unwanted);
    }
    if dropped > 0 {
        text += &format!(", {dropped} not written because the reader was too slow");
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

    #[test]
    fn a_summary_adds_up_and_names_losses() {
        let count = Count {
            events: [5, 3, 4],
            unwanted: 2,
            malformed: 0,
        };
        let lost = |count| BTreeMap::from([("socket_drops".to_owned(), count)]);
        assert_eq!(
            summary("netlink", &count, 1, &lost(7)),
            "netlink: 12 events (5 fork, 3 exec, 4 exit), 9 written, 2 filtered out, 1 not written \
             because the reader was too slow; lost: 7 socket_drops"
        );
        let none = Count::default();
        assert!(summary("ebpf", &none, 0, &lost(0)).ends_with("; no loss reported"));
    }
}
