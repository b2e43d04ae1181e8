//! Detection latency.

use scoring::Latency;

use super::cell_text::{CellText, Tone, tight};
use crate::numbers::micros;

/// "p50 31 us, p99 8.2 ms, p99.9 9.4 ms".
pub(super) fn latency(all: Option<&Latency>) -> CellText {
    let Some(all) = all else {
        return CellText::none();
    };
    let (p50, p99) = (micros(all.p50), micros(all.p99));
    let full = format!("p50 {p50}, p99 {p99}, p99.9 {}", micros(all.p999));
    let short = format!("{}/{}", tight(&p50), tight(&p99));
    CellText::new(full, short, Tone::Plain)
}
