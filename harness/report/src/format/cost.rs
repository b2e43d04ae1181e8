//! Overhead: slowdown, CPU, and the time a workload waited.

use scoring::stats::Estimate;
use scoring::{Comparison, Verdict};

use super::cell_text::{CellText, Tone};
use crate::numbers::{count, few, thousands, whole_percent};

/// Wall time over that of the baseline.
pub(crate) fn slowdown(one: &Comparison) -> CellText {
    let Some(slow) = &one.slowdown else {
        return CellText::none();
    };
    let ends = slow.low.zip(slow.high);
    let full = ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.2} to {high:.2})")
    });
    let short = ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.2}-{high:.2})")
    });
    let (full, short) = (
        format!("{:.2}{full}", slow.ratio),
        format!("{:.2}{short}", slow.ratio),
    );
    match slow.verdict {
        Verdict::None => CellText::new(
            format!("within noise: {full}"),
            format!("~{short}"),
            Tone::Good,
        ),
        _ => CellText::new(full, short, Tone::Plain),
    }
}

/// CPU of the monitor itself, per event.
pub(crate) fn own_cpu(one: &Comparison) -> CellText {
    let Some(cpu) = &one.own_cpu_us_per_event else {
        return CellText::none();
    };
    let full = format!("{:.1} us{}", cpu.value, ends(cpu));
    CellText::new(full, few(cpu.value), Tone::Plain)
}

/// CPU of the whole system beyond the baseline, per event.
pub(crate) fn system_cpu(one: &Comparison) -> CellText {
    let Some(extra) = &one.system_cpu_us_per_event else {
        return CellText::none();
    };
    let cpu = &extra.estimate;
    let sign = if cpu.value < 0.0 { "" } else { "+" };
    let short = format!("{sign}{}", few(cpu.value));
    let full = format!("{:+.1} us{}", cpu.value, ends(cpu));
    match extra.verdict {
        Verdict::None => CellText::new(
            format!("within noise: {full}"),
            format!("~{short}"),
            Tone::Good,
        ),
        _ => CellText::new(full, short, Tone::Plain),
    }
}

/// " (1.2 to 3.4)", or nothing without an interval.
fn ends(one: &Estimate) -> String {
    let ends = one.low.zip(one.high);
    ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.1} to {high:.1})")
    })
}

/// What blocking cost: a technique that makes the workload wait has no other loss.
pub(super) fn stall(one: &Comparison) -> String {
    let wall = one.stall.wall_ms.map(|extra| {
        let ms = extra.estimate;
        let ends = ms.low.zip(ms.high);
        let ends = ends.map_or(String::new(), |(low, high)| {
            format!(" ({low:.0} to {high:.0})")
        });
        match extra.verdict {
            Verdict::None => "within noise".into(),
            _ => format!("{:+.0} ms{ends}", ms.value),
        }
    });
    let waits = one.stall.queue_wait_ms.filter(|waits| waits.value > 0.0);
    let waits = waits.map(|waits| {
        let ms = thousands(waits.value.round() as u64);
        format!("waits for the audit queue: {ms} ms")
    });
    let words: Vec<String> = wall
        .into_iter()
        .chain(waits)
        .chain(unreached(one))
        .collect();
    if words.is_empty() {
        return "-".into();
    }
    words.join("; ")
}

/// What an open loop offered and did not reach.
pub(super) fn unreached(one: &Comparison) -> Option<String> {
    let pace = one.pace.as_ref().filter(|pace| pace.unreached > 0)?;
    let share = whole_percent(pace.achieved_per_s.value / pace.offered_per_s);
    let offered = thousands(pace.offered_per_s.round() as u64);
    Some(format!(
        "{} reached less than 95 % of the offered {offered} a second ({share} % on average)",
        count(pace.unreached as u64, "cell")
    ))
}
