//! The figures that rules may name.

use serde::Deserialize;

use crate::numbers::{bare_percent, few, micros, thousands};

/// A figure by the name it has in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Metric {
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
    /// Wall time over that of the unmonitored baseline.
    #[serde(rename = "slowdown")]
    Slowdown,
    /// CPU microseconds per event of the monitor itself.
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
    #[serde(rename = "cases.missed")]
    CasesMissed,
}

impl Metric {
    /// Whether more of it is better.
    pub(super) fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Kinds | Self::Exe | Self::Argv | Self::Ppid | Self::LosslessRate
        )
    }

    /// Whether it is a time or a cost, of which emulated CPUs say nothing.
    pub(super) fn is_speed(self) -> bool {
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
            Self::Exe => "share of correct exe",
            Self::Argv => "share of correct argv",
            Self::Ppid => "share of correct ppid",
            Self::Slowdown => "slowdown",
            Self::OwnCpu => "own CPU per event",
            Self::SystemCpu => "system CPU per event",
            Self::LatencyP99 => "detection latency p99",
            Self::Memory => "peak memory",
            Self::LosslessRate => "rate without loss",
            Self::CasesMissed => "number of cases with something missed",
        }
    }

    /// A value of it, with its unit.
    pub(super) fn write(self, value: f64) -> String {
        match self {
            Self::Missed
            | Self::MissedMean
            | Self::MissedExec
            | Self::Exe
            | Self::Argv
            | Self::Ppid => share(value),
            Self::Kinds | Self::FalsePositives | Self::CasesMissed => format!("{value:.0}"),
            Self::Slowdown => format!("{:+.1} %", (value - 1.0) * 100.0),
            Self::OwnCpu | Self::SystemCpu => format!("{} us", few(value)),
            Self::LatencyP99 => micros(value),
            Self::Memory => format!("{:.0} MiB", value / f64::from(1 << 20)),
            Self::LosslessRate => format!("{} events a second", thousands(value as u64)),
        }
    }
}

/// A share without decimals that say nothing: these are bounds, and exact.
fn share(share: f64) -> String {
    let text = bare_percent(share);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text} %")
}
