use std::collections::BTreeMap;

use contract::{Field, Kind};
use serde::{Deserialize, Serialize};

use crate::by_key::Keyed;
use crate::cost::CostScore;
use crate::fields::FieldScore;
use crate::gap::Gap;
use crate::latency::Latency;
use crate::lineage::Lineage;
use crate::open_loop::OpenLoop;
use crate::record::{Buffer, CellRun, CrossCheck, Experiment, Noise, Status};
use crate::snapshot::SnapshotScore;
use crate::stationary::Stationarity;

/// One row of `summary.json`: a cell and everything computed from it. A cell that was not
/// measured has the same keys with nothing in them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Label of the workload.
    pub workload: String,
    /// Label of the monitor.
    pub configuration: String,
    /// See [`CellRun::stands_for`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<String>,
    /// From 1.
    pub repetition: u32,
    /// Its place in the order of all cells, from 0.
    pub order: u32,
    /// Whether others are compared with it; a `null` cell without is half of an A/A pair.
    pub baseline: bool,
    /// What it measures.
    pub experiment: Experiment,
    /// How it ended.
    pub status: Status,
    /// Why it failed or could not run.
    pub error: Option<String>,
    /// Why the monitor saw nothing although it ran.
    #[serde(default)]
    pub blind: Option<String>,
    /// Events by kind; empty unless measured.
    pub kinds: Keyed<Kind, KindScore>,
    /// Events of a command that no report can be matched to one by one; empty where there are none.
    #[serde(default, skip_serializing_if = "Keyed::is_empty")]
    pub ambiguous: Keyed<Kind, Ambiguous>,
    /// See [`CellRun::truth_source`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth_source: Option<String>,
    /// Fields told with matched events; empty unless measured.
    pub fields: Keyed<Field, FieldScore>,
    /// The tree of processes as its events tell it; `None` where they name no parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// Events about other processes than the workload's: no fault.
    pub unrelated: u64,
    /// So many of `unrelated` may never have happened: there was no record of all processes of the
    /// machine to hold them against.
    pub unverified: u64,
    /// Losses the monitor reports, by cause.
    pub reported_lost: BTreeMap<String, u64>,
    /// Missed beyond what was reported as lost, over all offered kinds.
    pub silent_lost: u64,
    /// All readiness probes sent after the workload were reported in time.
    pub drained: bool,
    /// What held events between the kernel and the monitor's reader.
    pub buffer: Option<Buffer>,
    /// Whether more went through that buffer than it can hold: where not, no loss says nothing.
    pub loss_tested: bool,
    /// Whether one figure may stand for the whole cell; `None` unless it was a sustained one.
    pub stationary: Option<Stationarity>,
    /// Blind windows, by [`Start::AFTER`](crate::record::Start::AFTER); empty where none were measured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gap_ms: BTreeMap<String, Gap>,
    /// What snapshots told; `None` where blind windows were not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotScore>,
    /// How its timetable was kept, where it has one.
    pub pace: Option<OpenLoop>,
    /// What it took.
    pub cost: CostScore,
    /// What may have disturbed it.
    pub noise: Noise,
    /// What the ledger was held against, beside the workload itself.
    #[serde(default)]
    pub cross_check: Option<CrossCheck>,
    /// What else the monitor counted, with the unit in the name.
    pub notes: BTreeMap<String, u64>,
}

/// The events of one kind in one cell.
/// matched + missed = truths; matched + duplicates + false positives + unrelated + what is reported of
/// [`Cell::ambiguous`] = events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KindScore {
    /// Whether the monitor offers this kind; where it does not, missing it is no fault.
    pub offered: bool,
    /// How many there were.
    pub truths: u64,
    /// How many of them were reported.
    pub matched: u64,
    /// How many of them were not.
    pub missed: u64,
    /// Events about what another event had reported already.
    pub duplicates: u64,
    /// Events about the workload's processes without such an event.
    pub false_positives: u64,
    /// How late the matched ones were received; `None` when there were none to tell from.
    pub latency_us: Option<Latency>,
}

/// Events of one kind that are known by their number: see [`Cell::ambiguous`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ambiguous {
    /// How many there were, beside the truths of the kind.
    pub truths: u64,
    /// How many reported events there are for them: never more than `truths`.
    pub reported: u64,
}

impl Cell {
    /// The row of a cell of which nothing was measured.
    pub fn blank(run: &CellRun) -> Self {
        Self {
            workload: run.workload.clone(),
            configuration: run.configuration.clone(),
            stands_for: run.stands_for.clone(),
            repetition: run.repetition,
            order: run.order,
            baseline: run.baseline,
            experiment: run.experiment,
            status: run.status,
            error: run.error.clone(),
            blind: run.blind.clone(),
            kinds: Keyed::default(),
            ambiguous: Keyed::default(),
            truth_source: run.truth_source.clone(),
            fields: Keyed::default(),
            lineage: None,
            unrelated: 0,
            unverified: 0,
            reported_lost: run.reported_lost.clone(),
            silent_lost: 0,
            drained: run.drained,
            buffer: run.buffer.clone(),
            loss_tested: false,
            stationary: None,
            gap_ms: BTreeMap::new(),
            snapshot: None,
            pace: None,
            cost: CostScore::default(),
            noise: run.noise,
            cross_check: run.cross_check.clone(),
            notes: run.notes.clone(),
        }
    }

    /// The row of a cell whose files cannot be scored.
    pub fn failed(run: &CellRun, error: String) -> Self {
        Self {
            status: Status::Failed,
            error: Some(error),
            ..Self::blank(run)
        }
    }

    /// The configuration that its figures are about.
    pub fn subject(&self) -> &str {
        self.stands_for.as_ref().unwrap_or(&self.configuration)
    }

    /// All events of the cell.
    pub fn events(&self) -> u64 {
        let matchable: u64 = self.kinds.0.values().map(|kind| kind.truths).sum();
        let ambiguous: u64 = self.ambiguous.0.values().map(|of| of.truths).sum();
        matchable + ambiguous
    }
}

/// Kinds with something to say about them, in the order of every table.
pub fn offered(kinds: &Keyed<Kind, KindScore>) -> impl Iterator<Item = (Kind, &KindScore)> {
    let all = kinds.0.iter().map(|(kind, score)| (*kind, score));
    all.filter(|(_, score)| score.offered)
}
