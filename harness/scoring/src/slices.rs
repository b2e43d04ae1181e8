//! A sustained cell in slices of equal time, to tell bursts and drift within a run.

use contract::{EventLog, Field, Kind, Ledger, Nanos, Truth};

use crate::matching::Matching;

/// Slices of a cell.
pub(crate) const SLICES: usize = 60;

/// Hits, of so many.
pub(crate) type Count = (u64, u64);

/// What happened in one slice.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    /// When it ends.
    pub(crate) until: Nanos,
    /// Events missed, by kind.
    pub(crate) missed: [Count; Kind::ALL.len()],
    /// Fields that are correct, of those judged.
    pub(crate) correct: [Count; Field::ALL.len()],
    /// How late each of its events was received, in nanoseconds.
    pub(crate) latencies: Vec<Nanos>,
}

/// All slices, by the time at which events began.
#[derive(Clone, Debug)]
pub(crate) struct Slices {
    /// When the first begins.
    pub(crate) from: Nanos,
    width: Nanos,
    /// In the order of time.
    pub(crate) all: Vec<Slice>,
}

impl Slices {
    /// Of all but the fields, for which see [`Slices::judged`]; `None` of a ledger without events.
    pub(crate) fn new(ledger: &Ledger, log: &EventLog, matching: &Matching) -> Option<Self> {
        let times = || ledger.truths.iter().map(|truth| truth.after);
        let (from, until) = times().min().zip(times().max())?;
        let width = (until - from) / SLICES as u64 + 1;
        let slice = |place: u64| Slice {
            until: from + (place + 1) * width,
            missed: Default::default(),
            correct: Default::default(),
            latencies: Vec::new(),
        };
        let all = (0..SLICES as u64).map(slice).collect();
        let mut slices = Self { from, width, all };
        for (index, truth) in ledger.truths.iter().enumerate() {
            let event = matching.event_of(index);
            let slice = slices.of(truth);
            let (missed, truths) = &mut slice.missed[truth.kind as usize];
            *missed += u64::from(event.is_none());
            *truths += 1;
            if let Some(event) = event.filter(|_| !truth.loose) {
                let since = truth.due.unwrap_or(truth.after);
                let received = log.events[event].received;
                slice.latencies.push(received.saturating_sub(since));
            }
        }
        Some(slices)
    }

    /// A field of `truth` was judged.
    pub(crate) fn judged(&mut self, truth: &Truth, field: Field, is_correct: bool) {
        let (correct, judged) = &mut self.of(truth).correct[field as usize];
        *correct += u64::from(is_correct);
        *judged += 1;
    }

    /// Missed by kind, slice by slice: all that is kept for the intervals of loss.
    pub(crate) fn missed(&self) -> Vec<[Count; Kind::ALL.len()]> {
        self.all.iter().map(|one| one.missed).collect()
    }

    fn of(&mut self, truth: &Truth) -> &mut Slice {
        let place = ((truth.after - self.from) / self.width) as usize;
        &mut self.all[place.min(SLICES - 1)]
    }
}
