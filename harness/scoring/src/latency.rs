//! How late a matched event was received: from the start of its window, so never too little, and
//! too much by at most the width of the window; where the workload keeps a timetable, from the time
//! at which it was due, so that being held up is not left out.

mod histogram;
mod intervals;

pub use histogram::{Latency, LatencyHistogram};
pub use intervals::{Interval, Intervals};

use contract::{EventLog, Kind, Ledger};

use crate::matching::Matching;

/// By kind, over the matched events whose windows are not loose.
pub(super) fn measure(
    ledger: &Ledger,
    log: &EventLog,
    matching: &Matching,
) -> anyhow::Result<[LatencyHistogram; 3]> {
    let mut all = [
        LatencyHistogram::new()?,
        LatencyHistogram::new()?,
        LatencyHistogram::new()?,
    ];
    for (index, truth) in ledger.truths.iter().enumerate() {
        if truth.loose {
            continue;
        }
        if let Some(event) = matching.event_of(index) {
            let received = log.events[event].received;
            let since = truth.due.unwrap_or(truth.after);
            all[truth.kind as usize].take(received.saturating_sub(since))?;
        }
    }
    Ok(all)
}

/// Puts the percentiles where they are shown.
pub(super) fn of(all: &[LatencyHistogram; 3], kind: Kind) -> Option<Latency> {
    all[kind as usize].percentiles()
}
