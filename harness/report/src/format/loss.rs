//! Event loss: what was missed, how much of it the monitor reported as lost, and whether it was tested.

use contract::Kind;
use scoring::{Comparison, Loss};

use super::cell_text::{CellText, Tone};
use crate::counts::Share;
use crate::numbers::{bare_percent, percent, thousands};

/// From so many events on, none missed is shown to be good: at most 3.6 % are, if losses are
/// independent.
const SHOWN: u64 = 100;

/// The kinds that are offered, with their loss.
pub(super) fn losses(one: &Comparison) -> impl Iterator<Item = &Loss> {
    let all = Kind::ALL.into_iter();
    all.filter_map(|kind| one.loss.get(kind))
}

/// All offered kinds together: how many were missed, of how many.
pub(crate) fn pooled(one: &Comparison) -> (u64, u64) {
    losses(one).fold((0, 0), |(missed, truths), loss| {
        (missed + loss.missed, truths + loss.truths)
    })
}

/// The kinds that are offered, when these are not all.
pub(crate) fn offered_only(one: &Comparison) -> Option<String> {
    let kinds = Kind::ALL.into_iter();
    let offered: Vec<_> = kinds
        .filter(|&kind| one.loss.get(kind).is_some())
        .map(Kind::as_str)
        .collect();
    (offered.len() < Kind::ALL.len()).then(|| offered.join(", "))
}

/// What was missed of one kind in a row; `untested` is why it was not tested, if it was not.
pub(crate) fn missed(one: &Comparison, kind: Kind, untested: &str) -> CellText {
    let Some(loss) = one.loss.get(kind) else {
        return CellText::plain("not offered");
    };
    if loss.truths == 0 {
        return CellText::new("no such event", "none made", Tone::Plain);
    }
    if loss.missed == 0 && !one.loss_tested {
        return not_tested(untested);
    }
    let full = kind_text(loss);
    match loss.missed {
        0 => {
            let short = at_most(loss.if_independent.high);
            CellText::new(full, short, none_tone(loss.truths))
        }
        all if all == loss.truths => {
            CellText::new(full, at_least(loss.if_independent.low), Tone::Bad)
        }
        _ => CellText::new(full, between(loss.rate, (loss.low, loss.high)), Tone::Bad),
    }
}

/// "0 of 98,301 (at most 0.0038 %)", "412 of 98,301 (0.42 %, 0.38 to 0.46; in 3 of 40 cells)".
pub(crate) fn kind_text(loss: &Loss) -> String {
    let of = format!("{} of {}", thousands(loss.missed), thousands(loss.truths));
    match loss.missed {
        0 => format!("{of} (at most {})", percent(loss.if_independent.high)),
        all if all == loss.truths => {
            format!("{of} (at least {})", percent(loss.if_independent.low))
        }
        _ => {
            let (low, high) = (bare_percent(loss.low), bare_percent(loss.high));
            let cells = match loss.repetitions {
                1 => String::new(),
                n => format!("; in {} of {n} cells", loss.repetitions_with_loss),
            };
            format!("{of} ({}, {low} to {high}{cells})", percent(loss.rate))
        }
    }
}

/// No loss means that the reader kept up only where more than the buffer holds went through it.
fn not_tested(why: &str) -> CellText {
    CellText::new(
        format!("{}: loss not tested", why.trim_start_matches("is ")),
        NOT_TESTED,
        Tone::Unknown,
    )
}

/// In place of a loss that cannot be told.
pub(crate) const NOT_TESTED: &str = "? (not tested)";

/// Nothing, and what it may be all the same, in per cent: "0 (at most 0.0038)".
fn at_most(high: f64) -> String {
    format!("0 (at most {})", bare_percent(high))
}

/// Everything: "100 (at least 99.6)".
fn at_least(low: f64) -> String {
    format!("100 (at least {})", bare_percent(low))
}

/// A share with its interval, in per cent: "0.42 (0.38 to 0.46)".
fn between(rate: f64, (low, high): (f64, f64)) -> String {
    let [rate, low, high] = [rate, low, high].map(bare_percent);
    format!("{rate} ({low} to {high})")
}

fn none_tone(truths: u64) -> Tone {
    if truths < SHOWN {
        Tone::Unknown
    } else {
        Tone::Good
    }
}

/// What several rows missed together.
pub(crate) fn together(share: &Share) -> CellText {
    let of = format!("{} of {}", thousands(share.hits), thousands(share.n));
    let (low, high) = (bare_percent(share.low), bare_percent(share.high));
    match share.hits {
        0 => {
            let most = share.if_independent.1;
            let full = format!("{of} (at most {})", percent(most));
            CellText::new(full, at_most(most), none_tone(share.n))
        }
        all if all == share.n => CellText::new(
            format!("all {}", thousands(share.n)),
            at_least(share.low),
            Tone::Bad,
        ),
        _ => {
            let full = format!("{of} ({}, {low} to {high})", percent(share.rate()));
            let short = between(share.rate(), (share.low, share.high));
            CellText::new(full, short, Tone::Bad)
        }
    }
}

/// How much of the loss the monitor reported, and how much it did not.
pub(super) fn reported(one: &Comparison) -> String {
    let reported: u64 = one.reported_lost.values().sum();
    match (reported, one.silent_lost) {
        (0, 0) => "-".into(),
        (reported, silent) => format!(
            "{} reported, {} silent",
            thousands(reported),
            thousands(silent)
        ),
    }
}
