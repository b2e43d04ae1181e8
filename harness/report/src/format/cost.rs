//! Overhead: slowdown, CPU, and the time a workload waited.

use scoring::stats::Estimate;
use scoring::{Comparison, Slowdown, Verdict};

use super::cell_text::{CellText, Tone};
use crate::numbers::{count, few, signed_percent, thousands, whole_percent};

/// A slowdown up to this is little: green where it is shown to be no more, red where it is shown to be
/// more, else grey.
const LITTLE: f64 = 1.05;

/// "+1.8 % (0.9 to 2.7)"; where it cannot be told, with half the width of the interval.
pub(crate) fn slowdown(one: Option<&Slowdown>) -> CellText {
    let Some(slow) = one else {
        return CellText::unknown("not measured");
    };
    let value = signed_percent(slow.ratio);
    let bare = value.trim_start_matches('+');
    let Some((low, high)) = slow.low.zip(slow.high) else {
        let full = format!("{value} % (one block, no interval)");
        return CellText::new(full, format!("{bare} (?)"), Tone::Unknown);
    };
    let half = (high - low) / 2.0 * 100.0;
    let full = format!("{value} % ({})", ends(low, high));
    let short = format!("{bare} ({})", ends(low, high));
    if high <= LITTLE {
        return CellText::new(full, short, Tone::Good);
    }
    if low > LITTLE {
        return CellText::new(full, short, Tone::Bad);
    }
    let full = format!("{full}, resolves {half:.1} %");
    CellText::new(full, short, Tone::Unknown)
}

/// "0.9 to 2.7", in per cent.
pub(crate) fn ends(low: f64, high: f64) -> String {
    let percent = |ratio: f64| format!("{:.1}", (ratio - 1.0) * 100.0);
    format!("{} to {}", percent(low), percent(high))
}

/// CPU of the monitor itself, per event.
pub(crate) fn own_cpu(one: &Comparison) -> CellText {
    let Some(cpu) = &one.own_cpu_us_per_event else {
        return CellText::unknown("not measured");
    };
    let full = format!("{:.1} us{}", cpu.value, interval(cpu));
    CellText::new(full, figure(cpu), Tone::Plain)
}

/// CPU of the whole system beyond the baseline, per event.
pub(crate) fn system_cpu(one: &Comparison) -> CellText {
    let Some(extra) = &one.system_cpu_us_per_event else {
        return CellText::unknown("not measured");
    };
    let cpu = &extra.estimate;
    let full = format!("{:+.1} us{}", cpu.value, interval(cpu));
    match (extra.verdict, cpu.low.zip(cpu.high)) {
        (Verdict::None, Some((low, high))) => {
            let half = few((high - low) / 2.0);
            CellText::new(
                format!("{full}, resolves {half} us"),
                figure(cpu),
                Tone::Unknown,
            )
        }
        _ => CellText::new(full, figure(cpu), Tone::Plain),
    }
}

/// "2.3 (1.2 to 3.4)": as short as it can be told.
fn figure(one: &Estimate) -> String {
    few(one.value) + &few_ends(one)
}

/// The interval of that, or nothing without one.
pub(crate) fn few_ends(one: &Estimate) -> String {
    let ends = one.low.zip(one.high);
    ends.map_or(String::new(), |(low, high)| {
        format!(" ({} to {})", few(low), few(high))
    })
}

/// " (1.2 to 3.4)", or nothing without an interval.
fn interval(one: &Estimate) -> String {
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
        format!("{:+.0} ms{ends}", ms.value)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ratio: f64, ends: Option<(f64, f64)>) -> CellText {
        let (low, high) = ends.unzip();
        slowdown(Some(&Slowdown {
            ratio,
            low,
            high,
            pairs: 9,
            verdict: Verdict::None,
        }))
    }

    #[test]
    fn colours_mean_what_is_known() {
        let little = text(1.018, Some((1.009, 1.027)));
        assert_eq!(
            (&*little.full, little.tone),
            ("+1.8 % (0.9 to 2.7)", Tone::Good)
        );
        let much = text(1.38, Some((1.32, 1.45)));
        assert_eq!(
            (&*much.short, much.tone),
            ("38.0 (32.0 to 45.0)", Tone::Bad)
        );
        let open = text(0.99, Some((0.93, 1.06)));
        assert_eq!(
            (&*open.full, &*open.short, open.tone),
            (
                "-1.0 % (-7.0 to 6.0), resolves 6.5 %",
                "-1.0 (-7.0 to 6.0)",
                Tone::Unknown
            )
        );
        assert_eq!(text(1.0, None).tone, Tone::Unknown);
        assert_eq!(
            (&*slowdown(None).short, slowdown(None).tone),
            ("?", Tone::Unknown)
        );
    }
}
