//! Figures as words: one way of saying each, for the terminal and for every page. Each is said
//! twice, in full and short enough for a column.

use contract::{Field, Kind};
use serde::Serialize;

use crate::numbers::{bare_percent, count, few, micros, percent, thousands, whole_percent};
use scoring::{Comparison, FieldScore, Latency, Loss, Summary, Verdict};

/// A figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Said {
    pub(super) full: String,
    pub(super) short: String,
    /// How bad it is.
    pub(super) tone: Tone,
}

/// What colour and weight underline; never the only sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tone {
    Good,
    Bad,
    #[default]
    Plain,
}

/// One cell of the matrix, as said everywhere.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) workload: String,
    pub(super) configuration: String,
    pub(super) repetitions: usize,
    /// Why there are no figures.
    pub(super) not_measured: Option<String>,
    /// It cannot run on this machine at all, whatever the workload.
    pub(super) unavailable: bool,
    /// By kind.
    pub(super) missed: [Said; 3],
    pub(super) stall: String,
    pub(super) fields: Said,
    pub(super) false_events: String,
    pub(super) late: Said,
    pub(super) slowdown: Said,
    pub(super) monitor_cpu: Said,
    pub(super) system_cpu: Said,
    pub(super) memory: String,
    pub(super) loss_told: String,
    /// What a reader must know beside the figures.
    pub(super) notes: Vec<String>,
    /// One event in a hundred or more was missed of some kind that is offered.
    pub(super) blind: bool,
}

impl Row {
    /// The kinds that are offered, when these are not all.
    pub(super) fn offered_only(one: &Comparison) -> Option<String> {
        let kinds = Kind::ALL.into_iter();
        let offered: Vec<_> = kinds
            .filter(|&kind| one.loss.get(kind).is_some())
            .map(Kind::as_str)
            .collect();
        (offered.len() < Kind::ALL.len()).then(|| offered.join(", "))
    }
}

/// The rows of the matrix, workload by workload; `null` is not one of them.
pub(super) fn rows(summary: &Summary) -> Vec<Row> {
    let all = summary.comparison.iter();
    let shown = all.filter(|one| one.configuration != "null");
    shown.map(row).collect()
}

/// What `row` says of a comparison that holds no measured cell.
fn not_measured(one: &Comparison) -> Option<String> {
    let why = one.errors.join("; ");
    match (one.repetitions, one.failed) {
        (0, 0) => Some(format!("cannot run here: {why}")),
        (0, _) => Some(format!("failed: {why}")),
        _ => None,
    }
}

fn row(one: &Comparison) -> Row {
    Row {
        workload: one.workload.clone(),
        configuration: one.configuration.clone(),
        repetitions: one.repetitions,
        not_measured: not_measured(one),
        unavailable: one.repetitions == 0 && one.failed == 0,
        missed: Kind::ALL.map(|kind| missed(one.loss.get(kind))),
        stall: stall(one),
        fields: fields(one),
        false_events: false_events(one),
        late: late(one.latency_us.all.as_ref()),
        slowdown: slowdown(one),
        monitor_cpu: monitor_cpu(one),
        system_cpu: system_cpu(one),
        memory: one
            .peak_rss_bytes
            .map_or("-".into(), |bytes| format!("{} MiB", bytes >> 20)),
        loss_told: loss_told(one),
        notes: notes(one),
        blind: losses(one).any(|loss| loss.rate >= 0.01),
    }
}

fn losses(one: &Comparison) -> impl Iterator<Item = &Loss> {
    let all = Kind::ALL.into_iter();
    all.filter_map(|kind| one.loss.get(kind))
}

/// All kinds that are offered together: how many were missed, of how many.
pub(super) fn pooled(one: &Comparison) -> (u64, u64) {
    losses(one).fold((0, 0), |(missed, truths), loss| {
        (missed + loss.missed, truths + loss.truths)
    })
}

/// "0 of 98,301, at most 0.0038 %", or "412 of 98,301 (0.42 %, 0.38 to 0.46)".
pub(super) fn missed(loss: Option<&Loss>) -> Said {
    let Some(loss) = loss else {
        return said("not offered", "not offered", Tone::Plain);
    };
    let of = format!("{} of {}", thousands(loss.missed), thousands(loss.truths));
    let most = percent(loss.high);
    match (loss.missed, loss.truths) {
        (_, 0) => said("no such event", "none made", Tone::Plain),
        (0, n) if n < 100 => said(format!("{of}, at most {most}"), of, Tone::Good),
        (0, _) => said(
            format!("{of}, at most {most}"),
            format!("0 \u{2264}{}", tight(&most)),
            Tone::Good,
        ),
        (missed, truths) if missed == truths => {
            let low = percent(loss.low);
            said(
                format!("all {}, at least {low}", thousands(truths)),
                "all",
                Tone::Bad,
            )
        }
        _ => {
            let full = format!(
                "{of} ({}, {} to {})",
                percent(loss.rate),
                bare_percent(loss.low),
                bare_percent(loss.high)
            );
            said(full, some_missed(loss), Tone::Bad)
        }
    }
}

/// Few are counted, many are a share; of the interval the end that matters.
fn some_missed(loss: &Loss) -> String {
    let share = bare_percent(loss.rate);
    match loss.rate {
        rate if rate < 0.01 => format!(
            "{} \u{2264}{}",
            thousands(loss.missed),
            tight(&percent(loss.high))
        ),
        rate if rate > 0.9 => format!("{share}% \u{2265}{}", bare_percent(loss.low)),
        _ => format!(
            "{share}% ({:.0}-{:.0})",
            loss.low * 100.0,
            loss.high * 100.0
        ),
    }
}

fn said(full: impl Into<String>, short: impl Into<String>, tone: Tone) -> Said {
    Said {
        full: full.into(),
        short: short.into(),
        tone,
    }
}

fn tight(text: &str) -> String {
    text.replace(' ', "")
}

/// The fields that are offered and of which there is something to judge.
fn judged(one: &Comparison) -> impl Iterator<Item = (Field, &FieldScore, f64)> {
    let all = Field::ALL.into_iter();
    all.filter_map(|field| {
        let score = one.fields.get(field).filter(|score| score.offered)?;
        let n = score.correct + score.wrong + score.truncated + score.missing;
        (n > 0).then_some((field, score, n as f64))
    })
}

/// What blocking cost: a technique that makes the workload wait has no other loss.
fn stall(one: &Comparison) -> String {
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
fn unreached(one: &Comparison) -> Option<String> {
    let pace = one.pace.as_ref().filter(|pace| pace.unreached > 0)?;
    let share = whole_percent(pace.achieved_per_s.value / pace.offered_per_s);
    let offered = thousands(pace.offered_per_s.round() as u64);
    Some(format!(
        "{} reached less than 95 % of the offered {offered} a second ({share} % on average)",
        count(pace.unreached as u64, "cell")
    ))
}

fn fields(one: &Comparison) -> Said {
    let faults: Vec<_> = judged(one)
        .flat_map(|(field, score, n)| field_faults(field, score, n))
        .collect();
    if judged(one).next().is_none() {
        return said("-", "-", Tone::Plain);
    }
    if faults.is_empty() {
        return said("all right", "all", Tone::Good);
    }
    said(faults.join(", "), right_shares(one), Tone::Bad)
}

fn field_faults(field: Field, score: &FieldScore, n: f64) -> Vec<String> {
    let faults = [
        ("wrong", score.wrong),
        ("cut", score.truncated),
        ("missing", score.missing),
    ];
    let found = faults.into_iter().filter(|(_, count)| *count > 0);
    found
        .map(|(fault, count)| format!("{} {fault} {}", field.as_str(), percent(count as f64 / n)))
        .collect()
}

/// "exe,argv 38% ppid 88%": what is right of the fields that are not all right.
fn right_shares(one: &Comparison) -> String {
    let mut shares: Vec<(String, Vec<&str>)> = Vec::new();
    for (field, score, n) in judged(one).filter(|(_, score, n)| score.correct < *n as u64) {
        let share = format!("{}%", whole_percent(score.correct as f64 / n));
        match shares.iter_mut().find(|(found, _)| *found == share) {
            Some((_, fields)) => fields.push(field.as_str()),
            None => shares.push((share, vec![field.as_str()])),
        }
    }
    let words = shares
        .iter()
        .map(|(share, fields)| format!("{} {share}", fields.join(",")));
    words.collect::<Vec<_>>().join(" ")
}

fn false_events(one: &Comparison) -> String {
    match (one.duplicates, one.false_positives) {
        (0, 0) => "0".into(),
        (duplicates, false_positives) => {
            format!("{duplicates} duplicates, {false_positives} false positives")
        }
    }
}

fn late(all: Option<&Latency>) -> Said {
    let Some(all) = all else {
        return said("-", "-", Tone::Plain);
    };
    let (p50, p99) = (micros(all.p50), micros(all.p99));
    let full = format!("p50 {p50}, p99 {p99}, p99.9 {}", micros(all.p999));
    said(
        full,
        format!("{}/{}", tight(&p50), tight(&p99)),
        Tone::Plain,
    )
}

pub(super) fn slowdown(one: &Comparison) -> Said {
    let Some(slow) = &one.slowdown else {
        return said("-", "-", Tone::Plain);
    };
    let ends = slow.low.zip(slow.high);
    let full = ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.2} to {high:.2})")
    });
    let short = ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.2}-{high:.2})")
    });
    match slow.verdict {
        Verdict::None => said(
            format!("within noise: {:.2}{full}", slow.ratio),
            format!("~{:.2}{short}", slow.ratio),
            Tone::Good,
        ),
        _ => said(
            format!("{:.2}{full}", slow.ratio),
            format!("{:.2}{short}", slow.ratio),
            Tone::Plain,
        ),
    }
}

pub(super) fn monitor_cpu(one: &Comparison) -> Said {
    let Some(cpu) = &one.own_cpu_us_per_event else {
        return said("-", "-", Tone::Plain);
    };
    let ends = cpu.low.zip(cpu.high);
    let ends = ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.1} to {high:.1})")
    });
    said(
        format!("{:.1} us{ends}", cpu.value),
        few(cpu.value),
        Tone::Plain,
    )
}

pub(super) fn system_cpu(one: &Comparison) -> Said {
    let Some(extra) = &one.system_cpu_us_per_event else {
        return said("-", "-", Tone::Plain);
    };
    let cpu = extra.estimate;
    let ends = cpu.low.zip(cpu.high);
    let ends = ends.map_or(String::new(), |(low, high)| {
        format!(" ({low:.1} to {high:.1})")
    });
    let sign = if cpu.value < 0.0 { "" } else { "+" };
    let short = format!("{sign}{}", few(cpu.value));
    match extra.verdict {
        Verdict::None => said(
            format!("within noise: {:+.1} us{ends}", cpu.value),
            format!("~{short}"),
            Tone::Good,
        ),
        _ => said(format!("{:+.1} us{ends}", cpu.value), short, Tone::Plain),
    }
}

fn loss_told(one: &Comparison) -> String {
    let reported_lost: u64 = one.reported_lost.values().sum();
    match (reported_lost, one.silent_lost) {
        (0, 0) => "-".into(),
        (told, untold) => format!(
            "{} reported lost, {} silent",
            thousands(told),
            thousands(untold)
        ),
    }
}

fn notes(one: &Comparison) -> Vec<String> {
    let (missed, _) = pooled(one);
    let mut notes = Vec::new();
    notes.extend(one.blind.iter().map(|why| format!("blind: {why}")));
    if missed > 0 {
        notes.push(format!("{} missed, {}", thousands(missed), loss_told(one)));
    }
    notes.extend(unreached(one));
    if one.duplicates + one.false_positives > 0 {
        notes.push(false_events(one));
    }
    let wrong = judged(one).filter(|(_, score, _)| score.wrong > 0);
    notes.extend(wrong.map(|(field, score, n)| {
        format!(
            "{} wrong {}",
            field.as_str(),
            percent(score.wrong as f64 / n)
        )
    }));
    let cells = [
        (one.failed, "cell", "failed"),
        (one.undrained, "cell", "had not drained in time"),
        (
            one.stolen,
            "cell",
            "lost much CPU time to other guests or to a quota",
        ),
    ];
    let cells = cells.into_iter().filter(|(n, ..)| *n > 0);
    notes.extend(cells.map(|(n, what, how)| format!("{} {how}", count(n as u64, what))));
    notes
}
