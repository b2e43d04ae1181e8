//! What holds events between the kernel and a monitor's reader, and whether a cell put it to the test.

use contract::Kind;
use serde::{Deserialize, Serialize};

use crate::by_key::Keyed;
use crate::cell::{Cell, KindScore, offered};
use crate::record::{Buffer, CellRun};

/// A cell tests the reader when so many times the events that the buffer can hold have gone through.
pub const LOSS_TEST_BUFFERS: u64 = 5;

/// And when its workload took so long, in nanoseconds: a reader that stops now and then is seen to.
const LOSS_TEST_NS: u64 = 3_000_000_000;

/// Where it is not known how much a buffer holds, time has to stand for it.
const LOSS_TEST_UNKNOWN_NS: u64 = 5_000_000_000;

/// How long a cell has to take, in nanoseconds, whose buffer holds so much.
pub fn loss_test_ns(capacity: Option<u64>) -> u64 {
    capacity.map_or(LOSS_TEST_UNKNOWN_NS, |_| LOSS_TEST_NS)
}

/// Whether loss was tested: what a buffer holds as a whole is not lost, however slow the reader.
pub(super) fn is_tested(run: &CellRun, kinds: &Keyed<Kind, KindScore>) -> bool {
    let events: u64 = offered(kinds).map(|(_, score)| score.truths).sum();
    let capacity = run.buffer.as_ref().and_then(|buffer| buffer.capacity);
    let least = loss_test_ns(capacity);
    let long = run.cost.is_some_and(|cost| cost.wall_ns >= least);
    let outlasts = |buffer: &Buffer| match (buffer.capacity, buffer.capacity_in_events()) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(holds)) => events >= holds.saturating_mul(LOSS_TEST_BUFFERS),
    };
    long && events > 0 && run.buffer.as_ref().is_none_or(outlasts)
}

/// The buffer of a configuration over all repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BufferScore {
    /// How much it holds, in `unit`; `None` where nothing bounds it or its size cannot be told.
    pub capacity: Option<u64>,
    /// The highest fill in any of them, a lower bound.
    pub peak: Option<u64>,
    /// As in [`Buffer::unit`].
    pub unit: String,
    /// `peak` as a share of `capacity`.
    pub fill: Option<f64>,
    /// How many times `peak` it holds; `None` where nothing was seen in it.
    pub headroom: Option<f64>,
}

impl BufferScore {
    /// Of these cells; `None` where none of them has one.
    pub(super) fn of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<Self> {
        let buffers: Vec<&Buffer> = cells.filter_map(|cell| cell.buffer.as_ref()).collect();
        let first = buffers.first()?;
        let peak = buffers.iter().filter_map(|one| one.peak).max();
        let both = first.capacity.zip(peak);
        let both = both.map(|(capacity, peak)| (capacity as f64, peak as f64));
        Some(Self {
            capacity: first.capacity,
            peak,
            unit: first.unit.clone(),
            fill: both.filter(|one| one.0 > 0.0).map(|(all, peak)| peak / all),
            headroom: both.filter(|one| one.1 > 0.0).map(|(all, peak)| all / peak),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cost;

    fn run(events: u64, seconds: f64, buffer: Option<Buffer>) -> (CellRun, Keyed<Kind, KindScore>) {
        let mut run = CellRun::nothing("storm", "m");
        run.cost = Some(Cost {
            wall_ns: (seconds * 1e9) as u64,
            ..Cost::default()
        });
        run.buffer = buffer;
        let kinds = Keyed::each(|kind| KindScore {
            offered: kind == Kind::Exec,
            truths: events,
            ..KindScore::default()
        });
        (run, kinds)
    }

    fn of(capacity: Option<u64>, least_per_event: Option<u64>) -> Option<Buffer> {
        Some(Buffer {
            capacity,
            peak: None,
            unit: "bytes".into(),
            least_per_event,
        })
    }

    #[test]
    fn what_fits_into_the_buffer_is_not_tested() {
        let tested = |events, seconds, buffer| {
            let (run, kinds) = run(events, seconds, buffer);
            is_tested(&run, &kinds)
        };
        // 1000 events fit: 5000 of the kind that is offered are enough.
        let known = || of(Some(100_000), Some(100));
        assert!(tested(5000, 3.0, known()));
        assert!(!tested(4999, 5.0, known()));
        assert!(!tested(5000, 2.9, known()));
        assert!(
            !tested(u64::MAX, 5.0, of(Some(100_000), None)),
            "in events unknown"
        );
        for unknown in [None, of(None, None)] {
            assert!(tested(1, 5.0, unknown.clone()), "time stands for it");
            assert!(!tested(0, 5.0, unknown.clone()) && !tested(1, 4.9, unknown));
        }
    }

    #[test]
    fn the_highest_fill_of_all_repetitions_counts() {
        let cell = |peak| {
            let mut cell = Cell::blank(&CellRun::nothing("storm", "m"));
            cell.buffer = of(Some(1000), Some(10));
            if let Some(buffer) = &mut cell.buffer {
                buffer.peak = peak;
            }
            cell
        };
        let cells = [cell(Some(100)), cell(Some(250)), cell(None)];
        let found = BufferScore::of(cells.iter()).unwrap();
        assert_eq!(
            (found.peak, found.fill, found.headroom),
            (Some(250), Some(0.25), Some(4.0))
        );
        let unseen = BufferScore::of([cell(Some(0))].iter()).unwrap();
        assert_eq!((unseen.fill, unseen.headroom), (Some(0.0), None));
        let blank = Cell::blank(&CellRun::nothing("storm", "null"));
        assert_eq!(BufferScore::of([blank].iter()), None);
    }
}
