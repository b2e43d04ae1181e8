//! What changed, for a terminal.

use contract::plain;

use super::follow::{Changed, Series, Trend};
use crate::numbers::few;

/// A line for each change, the latest first, and what was tested.
pub fn text(found: &Trend) -> String {
    let mut lines = vec![found.machine.clone(), span(found), String::new()];
    let changes = found
        .series
        .iter()
        .flat_map(|one| one.changes.iter().map(move |change| (one, change)));
    let mut changes: Vec<(&Series, &Changed)> = changes.collect();
    changes.sort_by_key(|one| std::cmp::Reverse(one.1.at));
    for (one, change) in &changes {
        let word = if change.better { "better" } else { "worse" };
        lines.push(format!(
            "{} on {}: {} is {word}",
            one.configuration, one.workload, one.figure
        ));
        lines.push(format!(
            "    {} -> {}, from {} on{}",
            figure(change.before),
            figure(change.after),
            change.record,
            point(found, change.at)
        ));
    }
    lines.push(count(found, changes.len()));
    lines.iter().map(|line| plain(line) + "\n").collect()
}

/// With two significant digits where it is small.
pub(super) fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size >= 0.0995 => few(value),
        size => format!(
            "{value:.*}",
            (1.0 - size.log10().floor()).clamp(0.0, 7.0) as usize
        ),
    }
}

/// When the record was made, and what else is new with it.
pub(super) fn point(found: &Trend, at: usize) -> String {
    let (one, before) = (&found.records[at], &found.records[at.saturating_sub(1)]);
    let mut words = vec![one.started.clone()];
    if one.commit != before.commit {
        let commit = one.commit.as_deref().unwrap_or("unknown");
        words.push(format!("commit {}", commit.get(..12).unwrap_or(commit)));
    }
    if one.kernel != before.kernel {
        words.push(format!("kernel {}", one.kernel));
    }
    format!(" ({})", words.join(", "))
}

fn span(found: &Trend) -> String {
    let [first, last] = [found.records.first(), found.records.last()]
        .map(|one| one.map_or("", |one| one.started.as_str()));
    format!("{} records, {first} to {last}", found.records.len())
}

pub(super) fn count(found: &Trend, changes: usize) -> String {
    let tested = found.series.iter().filter(|one| one.tested).count();
    let rest = match found.series.len() - tested {
        0 => String::new(),
        few => format!(
            "; {few} have fewer than {} values, which tell nothing",
            found.fewest
        ),
    };
    let alarm = (1.0 / found.alarm).round();
    format!(
        "{changes} changes in {tested} figures (permutation test; where nothing changed, 1 in {alarm} such lists has any){rest}"
    )
}
