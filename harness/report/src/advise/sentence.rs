//! The answer to a need in one sentence or two.

use contract::Field;
use scoring::{Comparison, Summary};

use super::question::Candidate;
use crate::counts::{self, Share};
use crate::format;
use crate::numbers::{bare_percent, large, percent, signed_percent, whole_percent};
use crate::overall;

/// "ebpf. It lost 0 of 2.1 million events (at most 0.0002 %), slows programs by 1.5 % (0.6 to 2.4),
/// reports exe and argv of all."
pub(super) fn sentence(
    summary: &Summary,
    choices: &[&Candidate<'_>],
    nearest: Option<&Candidate<'_>>,
) -> String {
    match choices {
        [] => none(nearest),
        [one] => {
            let name = one.configuration;
            format!("{name}. It {}.", figures(summary, name))
        }
        several => {
            let names: Vec<_> = several.iter().map(|one| one.configuration).collect();
            let figures = names
                .iter()
                .map(|name| format!("{name} {}", figures(summary, name)));
            format!(
                "{}: these figures cannot tell them apart. {}.",
                names.join(" or "),
                figures.collect::<Vec<_>>().join("; ")
            )
        }
    }
}

fn none(nearest: Option<&Candidate<'_>>) -> String {
    let Some(one) = nearest else {
        return "no choice, nothing was measured.".into();
    };
    let failed = one.fails.first().map(|reason| &reason.words);
    let why = failed.or(one.unknown.first());
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    format!(
        "no choice, nothing measured is known to meet this. Nearest is {}{why}.",
        one.configuration
    )
}

fn figures(summary: &Summary, name: &str) -> String {
    let rows: Vec<_> = counts::measured(summary, name).collect();
    let speed = !summary.record.machine.correctness_only;
    let slowdown = overall::slowdown(summary, name).filter(|_| speed);
    let cost = slowdown.map(|found| {
        let ends = found.low.zip(found.high);
        let ends = ends.map_or(String::new(), |(low, high)| {
            format!(" ({})", format::ends(low, high))
        });
        let value = signed_percent(found.ratio);
        format!(
            "slows programs by {} %{ends}",
            value.trim_start_matches('+')
        )
    });
    let all = [
        Some(loss(summary, &rows)),
        cost,
        Some(details(summary, &rows)),
        unseen(&rows),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn loss(summary: &Summary, rows: &[&Comparison]) -> String {
    let Some(share) = overall::lost(summary, rows) else {
        return "was not tested for event loss".into();
    };
    let all = large(share.n);
    if share.hits == 0 {
        let most = percent(share.if_independent.1);
        let silent = overall::untested(summary, rows);
        let silent = silent.map_or(String::new(), |words| format!("; {words}"));
        return format!("lost 0 of {all} events (at most {most}{silent})");
    }
    let ends = share.ends().map_or(String::new(), |(low, high)| {
        format!(" ({} to {})", bare_percent(low), bare_percent(high))
    });
    format!("lost {} of {all} events{ends}", percent(share.rate()))
}

fn unseen(rows: &[&Comparison]) -> Option<String> {
    let names = overall::unseen(rows);
    (!names.is_empty()).then(|| format!("does not see the workload {}", names.join(", ")))
}

/// Names and arguments of programs.
fn details(summary: &Summary, rows: &[&Comparison]) -> String {
    let fields = [Field::Exe, Field::Argv];
    let absent: Vec<_> = fields
        .into_iter()
        .filter(|&field| !counts::offers(rows, field))
        .map(Field::as_str)
        .collect();
    if !absent.is_empty() {
        return format!("{} not offered", absent.join(", "));
    }
    let shares = fields.map(|field| overall::field(summary, rows, field));
    let whole = |share: &Option<Share>| share.is_some_and(|share| share.hits == 0);
    if shares.iter().all(whole) {
        let lost = overall::lost(summary, rows).is_some_and(|share| share.hits > 0);
        return match lost {
            true => "reports exe and argv of all that it sees".into(),
            false => "reports exe and argv of all".into(),
        };
    }
    let words = fields.iter().zip(shares).filter_map(|(field, share)| {
        let correct = whole_percent(1.0 - share?.rate());
        Some(format!("{} of {correct} %", field.as_str()))
    });
    format!("reports {}", words.collect::<Vec<_>>().join(", "))
}
