//! Shares of counts, pooled over the workloads that are equally bad.

use contract::{Field, Kind};
use scoring::{Comparison, Summary};

use super::reading::{Found, Lack, Reading};
use crate::counts::{self, Share};
use crate::numbers::{bare_percent, count, percent, thousands};

/// The share of one workload.
type OfWorkload<'a> = (&'a str, Share);

fn of_rows<'a>(
    rows: &[&'a Comparison],
    of: impl Fn(&Comparison) -> Option<Share>,
) -> Vec<OfWorkload<'a>> {
    let of_row = |one: &&'a Comparison| Some((one.workload.as_str(), of(one)?));
    rows.iter().filter_map(of_row).collect()
}

/// The workloads with the highest share, together: where several are equal (none missed anything, say)
/// they are evidence for the same thing.
fn worst(all: &[OfWorkload<'_>]) -> Option<(Share, Vec<String>)> {
    let most = all
        .iter()
        .map(|(_, share)| share.rate())
        .fold(0.0, f64::max);
    let equal: Vec<_> = all
        .iter()
        .filter(|(_, share)| share.rate() >= most)
        .collect();
    let shares: Vec<_> = equal.iter().map(|(_, share)| *share).collect();
    let names = equal.iter().map(|(name, _)| (*name).to_owned());
    Some((Share::together(&shares)?, names.collect()))
}

/// Events of these kinds that were missed. None missed counts only where loss was tested.
pub(super) fn missed(summary: &Summary, rows: &[&Comparison], kinds: &[Kind]) -> Found {
    let of = |row: &Comparison| counts::missed(summary, row, kinds);
    let what = if kinds.len() == 1 { "execs" } else { "events" };
    let offered = of_rows(rows, of);
    if offered.is_empty() {
        return Err(Lack::NotOffered(format!("it offers no {what}")));
    }
    let tells = |row: &&&Comparison| row.loss_tested || of(row).is_some_and(|share| share.hits > 0);
    let tested: Vec<_> = rows.iter().filter(tells).copied().collect();
    let Some((share, workloads)) = worst(&of_rows(&tested, of)) else {
        let why = rows
            .first()
            .map_or_else(String::new, |row| counts::untested(summary, row));
        return Err(Lack::Unknown(format!(
            "event loss was not tested: what happened {why}"
        )));
    };
    let bounds = match share.hits {
        0 => format!("at most {}", percent(share.if_independent.1)),
        _ => format!("{} ({})", percent(share.rate()), ends(share.ends())),
    };
    let on = on(&workloads, rows.len());
    Ok(Reading {
        value: share.rate(),
        ends: share.ends(),
        floor: None,
        text: format!(
            "missed {} of {} {what}, {bounds}{on}",
            thousands(share.hits),
            thousands(share.n)
        ),
        workloads,
    })
}

/// The mean over the workloads, every one of which counts as much. Its interval reaches from the mean
/// of the lower ends to that of the upper ends, which is wider than it need be.
pub(super) fn missed_mean(summary: &Summary, rows: &[&Comparison]) -> Found {
    let all = of_rows(rows, |row| counts::missed(summary, row, &Kind::ALL));
    let shares: Vec<_> = all.iter().map(|(_, share)| *share).collect();
    if shares.is_empty() {
        return Err(Lack::NotOffered("it offers no events".into()));
    }
    let mean = |of: fn(&Share) -> f64| shares.iter().map(of).sum::<f64>() / shares.len() as f64;
    let (value, low, high) = (mean(Share::rate), mean(|one| one.low), mean(|one| one.high));
    Ok(Reading {
        value,
        ends: Some((low, high)),
        floor: None,
        text: format!(
            "missed {} ({}) in the mean of {}",
            percent(value),
            ends(Some((low, high))),
            count(shares.len() as u64, "workload")
        ),
        workloads: all.iter().map(|(name, _)| (*name).to_owned()).collect(),
    })
}

/// What was reported correctly of a field.
pub(super) fn field(summary: &Summary, rows: &[&Comparison], field: Field) -> Found {
    let name = field.as_str();
    if !counts::offers(rows, field) {
        return Err(Lack::NotOffered(format!("{name} not offered")));
    }
    let all = of_rows(rows, |row| counts::faults(summary, row, field));
    let Some((share, workloads)) = worst(&all) else {
        let why = format!("nothing was reported of which {name} could be judged");
        return Err(Lack::Unknown(why));
    };
    let correct = 1.0 - share.rate();
    let interval = share.ends().map(|(low, high)| (1.0 - high, 1.0 - low));
    let bounds = match share.hits {
        0 => format!("at least {}", percent(1.0 - share.if_independent.1)),
        _ => format!("{} ({})", percent(correct), ends(interval)),
    };
    let on = on(&workloads, rows.len());
    Ok(Reading {
        value: correct,
        ends: interval,
        floor: None,
        text: format!(
            "{name} correct for {} of {}, {bounds}{on}",
            thousands(share.n - share.hits),
            thousands(share.n)
        ),
        workloads,
    })
}

fn ends(interval: Option<(f64, f64)>) -> String {
    interval.map_or("no interval".into(), |(low, high)| {
        format!("{} to {}", bare_percent(low), bare_percent(high))
    })
}

fn on(workloads: &[String], all: usize) -> String {
    match workloads.len() {
        n if n == all => " over all workloads".into(),
        n if n > 3 => format!(" on {n} of {all} workloads"),
        _ => format!(" on {}", workloads.join(", ")),
    }
}
