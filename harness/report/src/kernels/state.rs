//! How a configuration fares on one kernel, in a word, and why.

use contract::{Field, Kind};
use scoring::Comparison;

use crate::each_once::each_once;
use crate::numbers::{percent, thousands};

/// Over all workloads.
pub(super) fn state(all: &[&Comparison]) -> (String, Vec<String>) {
    let measured: Vec<_> = all.iter().filter(|one| one.repetitions > 0).collect();
    let mut whys = each_once(all.iter().flat_map(|one| one.errors.iter().cloned()));
    if measured.is_empty() {
        let word = match all {
            [] => "-",
            _ if all.iter().any(|one| one.failed > 0) => "failed",
            _ => "cannot",
        };
        return (word.into(), whys);
    }
    whys.extend(each_once(
        measured.iter().filter_map(|one| one.blind.clone()),
    ));
    if measured.iter().all(|one| one.blind.is_some()) {
        return ("sees nothing".into(), whys);
    }
    let gaps = each_once(measured.iter().flat_map(|one| missing(one)));
    whys.extend(measured.iter().filter_map(|one| gap(one)));
    match (gaps.is_empty(), whys.is_empty()) {
        (true, true) => ("works".into(), whys),
        (true, false) => ("in part".into(), whys),
        _ => (format!("in part: not all {}", gaps.join(", ")), whys),
    }
}

/// The kinds and fields that are not all reported correctly, or are not offered.
fn missing(one: &Comparison) -> Vec<&'static str> {
    let kinds = Kind::ALL.into_iter();
    let kinds = kinds.filter(|&kind| one.loss.get(kind).is_none_or(|loss| loss.missed > 0));
    let fields = Field::ALL.into_iter();
    let fields = fields.filter(|&field| {
        one.fields
            .get(field)
            .is_some_and(|score| score.offered && score.wrong + score.truncated + score.missing > 0)
    });
    let kinds = kinds.map(Kind::as_str);
    kinds.chain(fields.map(Field::as_str)).collect()
}

/// The same in words, with the workload and how it is with each.
fn gap(one: &Comparison) -> Option<String> {
    if one.blind.is_some() {
        return None;
    }
    let kinds = Kind::ALL.into_iter().filter_map(|kind| {
        let name = kind.as_str();
        let Some(loss) = one.loss.get(kind) else {
            return Some(format!("{name} not offered"));
        };
        match loss.missed {
            0 => None,
            all if all == loss.truths => Some(format!("every {name} missed")),
            some => Some(format!(
                "{name} missed {some} of {}",
                thousands(loss.truths)
            )),
        }
    });
    let fields = Field::ALL.into_iter().filter_map(|field| {
        let score = one.fields.get(field).filter(|score| score.offered)?;
        let all = score.correct + score.wrong + score.truncated + score.missing;
        let share = percent(score.correct as f64 / all as f64);
        (score.correct < all).then(|| format!("{} correct in {share}", field.as_str()))
    });
    let words: Vec<_> = kinds.chain(fields).collect();
    (!words.is_empty()).then(|| format!("{}: {}", one.workload, words.join(", ")))
}
