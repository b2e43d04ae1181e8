//! Event loss: what was missed, and how much of it the monitor reported as lost.

use contract::Kind;
use scoring::{Comparison, Loss};

use super::cell_text::{CellText, Tone, tight};
use crate::numbers::{bare_percent, percent, thousands};

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

/// "0 of 98,301, at most 0.0038 %", or "412 of 98,301 (0.42 %, 0.38 to 0.46)".
pub(crate) fn missed(loss: Option<&Loss>) -> CellText {
    let Some(loss) = loss else {
        return CellText::plain("not offered");
    };
    let of = format!("{} of {}", thousands(loss.missed), thousands(loss.truths));
    let most = percent(loss.high);
    match (loss.missed, loss.truths) {
        (_, 0) => CellText::new("no such event", "none made", Tone::Plain),
        (0, n) if n < 100 => CellText::new(format!("{of}, at most {most}"), of, Tone::Good),
        (0, _) => CellText::new(
            format!("{of}, at most {most}"),
            format!("0 \u{2264}{}", tight(&most)),
            Tone::Good,
        ),
        (missed, truths) if missed == truths => {
            let low = percent(loss.low);
            let full = format!("all {}, at least {low}", thousands(truths));
            CellText::new(full, "all", Tone::Bad)
        }
        _ => {
            let (low, high) = (bare_percent(loss.low), bare_percent(loss.high));
            let full = format!("{of} ({}, {low} to {high})", percent(loss.rate));
            CellText::new(full, some_missed(loss), Tone::Bad)
        }
    }
}

/// Few are counted, many are a share; of the interval the end that matters.
fn some_missed(loss: &Loss) -> String {
    let share = bare_percent(loss.rate);
    match loss.rate {
        rate if rate < 0.01 => {
            let most = tight(&percent(loss.high));
            format!("{} \u{2264}{most}", thousands(loss.missed))
        }
        rate if rate > 0.9 => format!("{share}% \u{2265}{}", bare_percent(loss.low)),
        _ => {
            let (low, high) = (loss.low * 100.0, loss.high * 100.0);
            format!("{share}% ({low:.0}-{high:.0})")
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
