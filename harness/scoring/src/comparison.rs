use std::collections::BTreeMap;

use contract::{Field, Kind};
use serde::{Deserialize, Serialize};

use crate::buffer::BufferScore;
use crate::by_key::Keyed;
use crate::cell::Ambiguous;
use crate::fields::FieldScore;
use crate::latency_score::LatencyScore;
use crate::lineage::Lineage;
use crate::loss_rate::Loss;
use crate::open_loop::OpenLoopScore;
use crate::slowdown::{Extra, Slowdown};
use crate::stall::Stall;
use crate::stationary::Stationarity;
use crate::stats::Estimate;

/// One workload under one monitor, all repetitions together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// Measured cells. With none, nothing below says anything.
    pub repetitions: usize,
    /// Cells that went wrong.
    pub failed: usize,
    /// Cells that cannot run here.
    pub unavailable: usize,
    /// Why, each reason once.
    pub errors: Vec<String>,
    /// Why the monitor saw nothing although it ran.
    #[serde(default)]
    pub blind: Option<String>,
    /// Loss of the kinds that are offered: of the loss cells where the workload has any, else of all.
    pub loss: Keyed<Kind, Loss>,
    /// Events of a command that no report can be matched to one by one, all repetitions; empty where
    /// there are none.
    #[serde(default, skip_serializing_if = "Keyed::is_empty")]
    pub ambiguous: Keyed<Kind, Ambiguous>,
    /// Of a command: where its true events come from, or why they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth_source: Option<String>,
    /// The configuration with a smaller buffer that the cells of `loss` ran with, where they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_configuration: Option<String>,
    /// Whether more went through the buffer in each of those cells than it can hold. Where not, no
    /// loss means that it fitted in.
    pub loss_tested: bool,
    /// Missed in cells that `loss` is not taken from.
    pub missed_elsewhere: u64,
    /// The buffer between the kernel and the monitor's reader, and its highest fill in any cell.
    pub buffer: Option<BufferScore>,
    /// Whether one figure may stand for a whole sustained cell; `None` without any.
    pub stationary: Option<Stationarity>,
    /// Fields of all matched events, of the same cells as `loss`.
    pub fields: Keyed<Field, FieldScore>,
    /// The share of them that is correct, with its interval over those cells.
    pub correct: Keyed<Field, Share>,
    /// The tree of processes as the events of all cells tell it; `None` where they name no parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// Events about what had been reported already.
    pub duplicates: u64,
    /// Events about events that never were.
    pub false_positives: u64,
    /// Events about other processes than the workload's.
    pub unrelated: u64,
    /// So many of them may never have happened: there was no record of all processes.
    pub unverified: u64,
    /// Losses the monitor reports, by cause, of the same cells as `loss`.
    pub reported_lost: BTreeMap<String, u64>,
    /// Missed beyond what was reported as lost, cell by cell, of the same cells as `loss`.
    pub silent_lost: u64,
    /// Cells whose last readiness probes were not reported in time.
    pub undrained: usize,
    /// Cells of which too much CPU time was stolen or throttled, reruns notwithstanding.
    pub stolen: usize,
    /// How late the matched events were received: of the overhead cells where the workload has any,
    /// else of all.
    pub latency_us: LatencyScore,
    /// How the timetable was kept, where the workload has one.
    pub pace: Option<OpenLoopScore>,
    /// How long the workload was held up.
    #[serde(default)]
    pub stall: Stall,
    /// Wall time of the workload against the unmonitored baseline.
    pub slowdown: Option<Slowdown>,
    /// Of a command whose cells make numbers of processes that differ by over 2 %: the same of the wall
    /// time for each process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowdown_per_process: Option<Slowdown>,
    /// CPU of the monitor's cgroup, in microseconds, of the same cells as `latency_us`.
    pub own_cpu_us_per_event: Option<Estimate>,
    /// CPU of the whole machine beyond that of the baseline, in microseconds.
    pub system_cpu_us_per_event: Option<Extra>,
    /// Events a second, mean over the same cells.
    pub events_per_s: Option<f64>,
    /// Most memory the monitor's process had in any cell.
    pub peak_rss_bytes: Option<u64>,
}

/// A share with its interval over repetitions: see [`crate::stats::share`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Of all repetitions together.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
