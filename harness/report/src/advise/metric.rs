//! The figures that rules may name, each taken from the worst workload of a record.

use contract::{Field, Kind};
use serde::Deserialize;

use crate::numbers::{bare_percent, count, few, micros, percent, thousands};
use scoring::stats;
use scoring::{CaseOutcome, Comparison, FieldScore, Summary, Verdict};

/// A figure by the name it has in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Figure {
    /// How many of fork, exec and exit are offered.
    #[serde(rename = "kinds")]
    Kinds,
    /// Share of the events of all offered kinds that was missed.
    #[serde(rename = "missed")]
    Missed,
    /// The same, not of the worst workload but in the mean of all: blind in one is not as bad as
    /// blind nearly everywhere.
    #[serde(rename = "missed.mean")]
    MissedMean,
    /// Share of the execs that was missed.
    #[serde(rename = "missed.exec")]
    MissedExec,
    /// Reported events that never happened.
    #[serde(rename = "false_positives")]
    FalsePositives,
    /// Share of the matched execs whose program was reported correctly.
    #[serde(rename = "fields.exe")]
    Exe,
    /// Share of the matched execs whose arguments were reported correctly.
    #[serde(rename = "fields.argv")]
    Argv,
    /// Share of the matched events whose parent was reported correctly.
    #[serde(rename = "fields.ppid")]
    Ppid,
    /// Wall time over that of the baseline.
    #[serde(rename = "slowdown")]
    Slowdown,
    /// CPU microseconds per event in the monitor.
    #[serde(rename = "cpu.own")]
    OwnCpu,
    /// CPU microseconds per event of the whole system, beyond the baseline.
    #[serde(rename = "cpu.system")]
    SystemCpu,
    /// Microseconds that 99 of 100 events did not exceed.
    #[serde(rename = "latency.p99")]
    LatencyP99,
    /// Most memory of the monitor's process.
    #[serde(rename = "memory")]
    Memory,
    /// The highest rate at which nothing was missed.
    #[serde(rename = "lossless-rate")]
    LosslessRate,
    /// Cases in which something was missed.
    #[serde(rename = "blind-spots")]
    BlindSpots,
}

/// A figure of one monitor.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) value: f64,
    /// Its interval, or the value twice where there is none.
    pub(super) ends: (f64, f64),
    /// "missed 0 of 300,000, at most 0.0012 %".
    pub(super) said: String,
    /// Of which workloads it is; all, when none is named.
    pub(super) workloads: Vec<String>,
}

/// The figure, or why the record has none.
pub(super) type Found = Result<Measured, String>;

impl Figure {
    /// Whether more of it is better.
    pub(super) fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Kinds | Self::Exe | Self::Argv | Self::Ppid | Self::LosslessRate
        )
    }

    /// Whether it is a time or a cost, of which emulated CPUs tell nothing.
    fn speed(self) -> bool {
        matches!(
            self,
            Self::Slowdown | Self::OwnCpu | Self::SystemCpu | Self::LatencyP99 | Self::LosslessRate
        )
    }

    /// What it is called.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Kinds => "number of kinds offered",
            Self::Missed => "share missed",
            Self::MissedMean => "mean share missed",
            Self::MissedExec => "share of execs missed",
            Self::FalsePositives => "number of false positives",
            Self::Exe => "share of programs correct",
            Self::Argv => "share of arguments correct",
            Self::Ppid => "share of parents correct",
            Self::Slowdown => "slowdown",
            Self::OwnCpu => "own CPU per event",
            Self::SystemCpu => "system CPU per event",
            Self::LatencyP99 => "p99 detection latency",
            Self::Memory => "peak memory",
            Self::LosslessRate => "rate without loss",
            Self::BlindSpots => "number of cases with something missed",
        }
    }

    /// A value of it, with its unit.
    pub(super) fn say(self, value: f64) -> String {
        match self {
            Self::Missed
            | Self::MissedMean
            | Self::MissedExec
            | Self::Exe
            | Self::Argv
            | Self::Ppid => round(value),
            Self::Kinds | Self::FalsePositives | Self::BlindSpots => format!("{value:.0}"),
            Self::Slowdown => format!("{value:.2}"),
            Self::OwnCpu | Self::SystemCpu => format!("{} us", few(value)),
            Self::LatencyP99 => micros(value),
            Self::Memory => format!("{:.0} MiB", value / f64::from(1 << 20)),
            Self::LosslessRate => format!("{} events a second", thousands(value as u64)),
        }
    }

    /// Of `monitor`, in the record.
    pub(super) fn of(self, summary: &Summary, monitor: &str) -> Found {
        if self.speed() && summary.record.machine.correctness_only {
            return Err("the CPUs were emulated, so its times say nothing".into());
        }
        let measured = |one: &&Comparison| one.configuration == monitor && one.repetitions > 0;
        if self == Self::BlindSpots {
            return blind_spots(summary, monitor);
        }
        let loads: Vec<_> = summary.comparison.iter().filter(measured).collect();
        if loads.is_empty() {
            return Err("it was not measured".into());
        }
        match self {
            Self::Kinds => Ok(kinds(&loads)),
            Self::Missed => missed(&loads, &Kind::ALL),
            Self::MissedMean => missed_mean(&loads),
            Self::MissedExec => missed(&loads, &[Kind::Exec]),
            Self::Exe => field(&loads, Field::Exe),
            Self::Argv => field(&loads, Field::Argv),
            Self::Ppid => field(&loads, Field::Ppid),
            Self::LosslessRate => self.lossless(&loads),
            _ => self.worst(&loads),
        }
    }

    /// The worst workload's, for figures that need no pooling.
    fn worst(self, loads: &[&Comparison]) -> Found {
        let found = loads
            .iter()
            .filter_map(|one| Some((*one, self.plain(one)?)));
        let worst = found.max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        let (one, value) = worst.ok_or("the record does not hold it")?;
        Ok(self.single(one, value))
    }

    /// The fastest workload of which nothing was missed.
    fn lossless(self, loads: &[&Comparison]) -> Found {
        let whole = |one: &&&Comparison| one.loss.0.values().all(|loss| loss.missed == 0);
        let rates = loads.iter().filter(whole);
        let rates = rates.filter_map(|one| Some((*one, one.events_per_s?)));
        let best = rates.max_by(|a, b| a.1.total_cmp(&b.1));
        let (one, rate) = best.ok_or("it missed something in every workload")?;
        Ok(self.single(one, (rate, None)))
    }

    fn single(self, one: &Comparison, (value, ends): Value) -> Measured {
        let noise = if self.noise(one) {
            ", within noise"
        } else {
            ""
        };
        let interval = ends.map_or(String::new(), |(low, high)| {
            format!(" ({} to {}{noise})", self.say(low), self.say(high))
        });
        let (label, workload) = (self.label(), &one.workload);
        Measured {
            value,
            ends: ends.unwrap_or((value, value)),
            said: format!("{label} {}{interval} on {workload}", self.say(value)),
            workloads: vec![workload.clone()],
        }
    }

    /// Whether it does not stand out of the noise.
    fn noise(self, one: &Comparison) -> bool {
        let verdict = match self {
            Self::Slowdown => one.slowdown.map(|slow| slow.verdict),
            Self::SystemCpu => one.system_cpu_us_per_event.map(|extra| extra.verdict),
            _ => None,
        };
        verdict == Some(Verdict::None)
    }

    /// A figure of one workload and its interval.
    fn plain(self, one: &Comparison) -> Option<Value> {
        match self {
            Self::FalsePositives => Some((one.false_positives as f64, None)),
            Self::Slowdown => one.slowdown.map(|s| (s.ratio, s.low.zip(s.high))),
            Self::OwnCpu => one
                .own_cpu_us_per_event
                .map(|e| (e.value, e.low.zip(e.high))),
            Self::SystemCpu => one
                .system_cpu_us_per_event
                .map(|extra| extra.estimate)
                .map(|e| (e.value, e.low.zip(e.high))),
            Self::LatencyP99 => one.latency_us.all.as_ref().map(|all| (all.p99, None)),
            Self::Memory => one.peak_rss_bytes.map(|bytes| (bytes as f64, None)),
            _ => None,
        }
    }
}

/// A share without decimals that say nothing: these are bounds, and exact.
fn round(share: f64) -> String {
    let text = bare_percent(share);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text} %")
}

type Value = (f64, Option<(f64, f64)>);

/// A count of faults in some workload.
struct Share<'a> {
    workload: &'a str,
    faults: u64,
    n: u64,
}

impl Share<'_> {
    fn rate(&self) -> f64 {
        self.faults as f64 / self.n as f64
    }
}

/// The workloads with the highest share of faults, together: where several are equal (none missed
/// anything, say) they are evidence for the same thing.
fn pool<'a>(shares: impl Iterator<Item = Share<'a>>) -> Option<(u64, u64, Vec<String>)> {
    let shares: Vec<_> = shares.filter(|share| share.n > 0).collect();
    let worst = shares.iter().map(Share::rate).fold(0.0, f64::max);
    let equal: Vec<_> = shares
        .iter()
        .filter(|share| share.rate() >= worst)
        .collect();
    let sum = |of: fn(&Share<'_>) -> u64| equal.iter().map(|share| of(share)).sum();
    let names = equal.iter().map(|share| share.workload.to_owned());
    (!equal.is_empty()).then(|| (sum(|s| s.faults), sum(|s| s.n), names.collect()))
}

/// The kinds that are offered in any workload: nothing else can be missed.
fn kinds(loads: &[&Comparison]) -> Measured {
    let offered = |kind: &Kind| loads.iter().any(|one| one.loss.get(*kind).is_some());
    let names: Vec<_> = Kind::ALL.into_iter().filter(offered).collect();
    let value = names.len() as f64;
    let words: Vec<_> = names.into_iter().map(Kind::as_str).collect();
    Measured {
        value,
        ends: (value, value),
        said: match words.is_empty() {
            true => "offers neither fork, exec nor exit".into(),
            false => format!("offers {}", words.join(", ")),
        },
        workloads: Vec::new(),
    }
}

/// What was missed of these kinds in one workload.
fn share<'a>(one: &'a Comparison, kinds: &[Kind]) -> Share<'a> {
    let found = kinds.iter().filter_map(|&kind| one.loss.get(kind));
    let (faults, n) = found.fold((0, 0), |sum, loss| {
        (sum.0 + loss.missed, sum.1 + loss.truths)
    });
    Share {
        workload: &one.workload,
        faults,
        n,
    }
}

/// The mean over the workloads, every one of which counts as much. Its interval reaches from the mean
/// of the lower ends to that of the upper ends, which is wider than it need be.
fn missed_mean(loads: &[&Comparison]) -> Found {
    let shares = loads.iter().map(|one| share(one, &Kind::ALL));
    let shares: Vec<_> = shares.filter(|share| share.n > 0).collect();
    if shares.is_empty() {
        return Err("it offers no events".into());
    }
    let bounds = shares
        .iter()
        .map(|one| (one.rate(), stats::binomial(one.faults, one.n)));
    let (value, low, high) = bounds.fold((0.0, 0.0, 0.0), |sum, (rate, ends)| {
        (sum.0 + rate, sum.1 + ends.0, sum.2 + ends.1)
    });
    let [value, low, high] = [value, low, high].map(|sum| sum / shares.len() as f64);
    let (found, ends) = (percent(value), (bare_percent(low), bare_percent(high)));
    let workloads = shares.iter().map(|share| share.workload.to_owned());
    Ok(Measured {
        value,
        ends: (low, high),
        said: format!(
            "missed {found} ({} to {}) in the mean of {}",
            ends.0,
            ends.1,
            count(shares.len() as u64, "workload")
        ),
        workloads: workloads.collect(),
    })
}

fn missed(loads: &[&Comparison], kinds: &[Kind]) -> Found {
    let shares = loads.iter().map(|one| share(one, kinds));
    let what = if kinds.len() == 1 { "execs" } else { "events" };
    let Some((faults, n, workloads)) = pool(shares) else {
        return Err(format!("it offers no {what}"));
    };
    let (low, high) = stats::binomial(faults, n);
    let share = match faults {
        0 => format!("at most {}", percent(high)),
        _ => format!(
            "{} ({} to {})",
            percent(faults as f64 / n as f64),
            bare_percent(low),
            bare_percent(high)
        ),
    };
    let on = on(&workloads, loads.len());
    Ok(Measured {
        value: faults as f64 / n as f64,
        ends: (low, high),
        said: format!(
            "missed {} of {} {what}, {share}{on}",
            thousands(faults),
            thousands(n)
        ),
        workloads,
    })
}

fn field(loads: &[&Comparison], field: Field) -> Found {
    let word = field.as_str();
    let score = |one: &&Comparison| one.fields.get(field).filter(|score| score.offered).copied();
    let judged = |s: &FieldScore| s.correct + s.wrong + s.truncated + s.missing;
    let shares = loads.iter().filter_map(|one| {
        let score = score(one)?;
        Some(Share {
            workload: &one.workload,
            faults: judged(&score) - score.correct,
            n: judged(&score),
        })
    });
    if !loads.iter().any(|one| score(one).is_some()) {
        return Err(format!("it does not offer {word}"));
    }
    let (faults, n, workloads) = pool(shares).ok_or(format!(
        "nothing was reported of which {word} could be judged"
    ))?;
    let (low, high) = stats::binomial(n - faults, n);
    let correct = 1.0 - faults as f64 / n as f64;
    let share = match faults {
        0 => format!("at least {}", percent(low)),
        _ => format!(
            "{} ({} to {})",
            percent(correct),
            bare_percent(low),
            bare_percent(high)
        ),
    };
    let on = on(&workloads, loads.len());
    Ok(Measured {
        value: correct,
        ends: (low, high),
        said: format!(
            "{word} correct for {} of {}, {share}{on}",
            thousands(n - faults),
            thousands(n)
        ),
        workloads,
    })
}

fn on(workloads: &[String], all: usize) -> String {
    match workloads.len() {
        n if n == all => " over all workloads".into(),
        n if n > 3 => format!(" on {n} of {all} workloads"),
        _ => format!(" on {}", workloads.join(", ")),
    }
}

/// Cases in which something was not seen, of those that could be run.
fn blind_spots(summary: &Summary, monitor: &str) -> Found {
    let cases = summary
        .cases
        .iter()
        .filter(|one| one.configuration == monitor);
    let played: Vec<_> = cases.filter_map(|one| one.outcome).collect();
    if played.is_empty() {
        return Err("no case was run: harness run -w 'case/.*'".into());
    }
    let blind = played
        .iter()
        .filter(|outcome| **outcome == CaseOutcome::NotSeen);
    let blind = blind.count() as f64;
    Ok(Measured {
        value: blind,
        ends: (blind, blind),
        said: format!("something missed in {blind} of {} cases", played.len()),
        workloads: Vec::new(),
    })
}
