//! The buffer between the kernel and a monitor's reader: its size, its highest fill, and its headroom.

use scoring::Comparison;
use scoring::record::Buffer;

use super::cell_text::{CellText, Tone};
use crate::numbers::{bytes, percent, thousands};

/// From this fill on, less than a quarter of the fill that a shipped default has to have is left.
const FULL: f64 = 0.25;

/// "peak 3 % of 32 MiB, a lower bound; loss tested with ring=256k".
pub(super) fn buffer(one: &Comparison, tested_with: Option<&String>) -> CellText {
    let mut text = size_and_fill(one);
    if let Some(smaller) = tested_with {
        text.full += &format!("; loss tested with {smaller}");
    }
    text
}

fn size_and_fill(one: &Comparison) -> CellText {
    let Some(buffer) = &one.buffer else {
        return CellText::none();
    };
    if [Buffer::NONE, Buffer::UNKNOWN].contains(&&*buffer.unit) {
        return CellText::plain(&buffer.unit);
    }
    let Some(capacity) = buffer.capacity else {
        return CellText::plain("unknown");
    };
    let size = amount(capacity, &buffer.unit);
    let Some(fill) = buffer.fill else {
        let full = format!("{size}, fill unknown");
        return CellText::new(full, size, Tone::Plain);
    };
    let fill_text = percent((fill * 1000.0).round() / 1000.0);
    let tone = if fill >= 1.0 {
        Tone::Bad
    } else if fill > FULL {
        Tone::Unknown
    } else {
        Tone::Good
    };
    CellText::new(
        format!("peak {fill_text} of {size}, a lower bound"),
        format!("{fill_text} of {size}"),
        tone,
    )
}

fn amount(n: u64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(n),
        unit => format!("{} {unit}", thousands(n)),
    }
}
