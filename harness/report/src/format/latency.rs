//! Detection latency.

use scoring::{Interval, LatencyScore};

use super::cell_text::{CellText, Tone};
use crate::numbers::{few, micros};

/// "p50 31 us, p99 8.2 ms (7.9 ms to 8.8 ms), p99.9 9.4 ms"; short, in milliseconds: "0.03 / 8.2".
pub(crate) fn latency(score: &LatencyScore) -> CellText {
    let Some(all) = &score.all else {
        return CellText::unknown("no latency was measured");
    };
    let (p50, p99) = (micros(all.p50), micros(all.p99));
    let interval = score.all_interval.as_ref();
    let interval = interval.map_or(String::new(), |of| format!(" ({})", ends(of.p99)));
    let full = format!("p50 {p50}, p99 {p99}{interval}, p99.9 {}", micros(all.p999));
    let short = format!("{} / {}", few(all.p50 / 1000.0), few(all.p99 / 1000.0));
    CellText::new(full, short, Tone::Plain)
}

/// "7.9 ms to 8.8 ms".
pub(crate) fn ends(Interval { low, high }: Interval) -> String {
    match high {
        Some(high) => format!("{} to {}", micros(low), micros(high)),
        None => format!("{} or more", micros(low)),
    }
}
