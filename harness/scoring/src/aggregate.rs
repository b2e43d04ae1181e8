//! What all repetitions of one workload under one monitor say together.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::{Field, Kind};
use serde::{Deserialize, Serialize};

use crate::baselines::Baselines;
use crate::by_key::{Key, Keyed};
use crate::cell::{Cell, offered};
use crate::fields::FieldScore;
use crate::latency::{Intervals, Latency, LatencyHistogram};
use crate::noise_floor::{Extra, Floor, NoiseFloor, Verdict};
use crate::open_loop::{self, OpenLoopScore};
use crate::record::Status;
use crate::scored::Scored;
use crate::stall::{self, Stall};
use crate::stats::{self, Estimate};

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
    /// Loss of the kinds that are offered.
    pub loss: Keyed<Kind, Loss>,
    /// Fields of all matched events.
    pub fields: Keyed<Field, FieldScore>,
    /// Events about what had been reported already.
    pub duplicates: u64,
    /// Events about events that never were.
    pub false_positives: u64,
    /// Losses the monitor reports, by cause.
    pub reported_lost: BTreeMap<String, u64>,
    /// Missed beyond what was reported as lost, cell by cell.
    pub silent_lost: u64,
    /// Cells whose last readiness probes were not reported in time.
    pub undrained: usize,
    /// Cells of which too much CPU time was stolen or throttled, reruns notwithstanding.
    pub stolen: usize,
    /// How late the matched events were received.
    pub latency_us: LatencyScore,
    /// How the timetable was kept, where the workload has one.
    pub pace: Option<OpenLoopScore>,
    /// How long the workload was held up.
    #[serde(default)]
    pub stall: Stall,
    /// Wall time of the workload against that of its paired baseline.
    pub slowdown: Option<Slowdown>,
    /// CPU of the monitor's cgroup, in microseconds.
    pub own_cpu_us_per_event: Option<Estimate>,
    /// CPU of the whole machine beyond that of the paired baseline, in microseconds.
    pub system_cpu_us_per_event: Option<Extra>,
    /// Events a second, mean over cells.
    pub events_per_s: Option<f64>,
    /// Most memory the monitor's process had in any cell.
    pub peak_rss_bytes: Option<u64>,
}

/// Loss of one kind, pooled over repetitions, with its interval: see [`stats::loss`]. Losses come
/// in bursts, so `worst` says what a rate cannot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// missed / truths.
    pub rate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many were missed.
    pub missed: u64,
    /// Of how many.
    pub truths: u64,
    /// The rate of the worst repetition.
    pub worst: f64,
}

/// LatencyHistogram pooled over repetitions, in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LatencyScore {
    /// All kinds together.
    pub all: Option<Latency>,
    /// By kind.
    pub kinds: Keyed<Kind, Latency>,
    /// Between what the percentiles of `all` may lie.
    pub all_interval: Option<Intervals>,
    /// Between what those of `kinds` may lie.
    #[serde(default)]
    pub kinds_interval: Keyed<Kind, Intervals>,
    /// Points (quantile, microseconds) of all kinds together.
    pub curve: Vec<(f64, f64)>,
}

/// A ratio of wall times.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Slowdown {
    /// Geometric mean over pairs; 2 is twice as long.
    pub ratio: f64,
    /// Lower end of its bootstrap interval; `None` of a single pair.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// From how many pairs.
    pub pairs: usize,
    /// Whether it stands out of the noise.
    pub verdict: Verdict,
}

/// Puts the cells of one workload under one monitor together.
pub(super) fn compare(
    (workload, monitor): (&str, &str),
    cells: &[&Scored],
    baselines: &Baselines<'_>,
    noise: &NoiseFloor,
    seed: u64,
) -> Result<Comparison> {
    let of = |status| cells.iter().filter(move |s| s.cell.status == status);
    let sound: Vec<&Scored> = of(Status::Ok).copied().collect();
    let sum = |figure: &dyn Fn(&Cell) -> u64| sound.iter().map(|s| figure(&s.cell)).sum();
    let floor = noise.of(workload);
    Ok(Comparison {
        workload: workload.to_owned(),
        configuration: monitor.to_owned(),
        repetitions: sound.len(),
        failed: of(Status::Failed).count(),
        unavailable: of(Status::Unavailable).count(),
        errors: errors(cells),
        blind: sound.iter().find_map(|scored| scored.cell.blind.clone()),
        loss: loss(&sound),
        fields: fields(&sound),
        duplicates: sum(&|cell| cell.kinds.0.values().map(|kind| kind.duplicates).sum()),
        false_positives: sum(&|cell| cell.kinds.0.values().map(|kind| kind.false_positives).sum()),
        reported_lost: reported_lost(&sound),
        silent_lost: sum(&|cell| cell.silent_lost),
        undrained: sound.iter().filter(|s| !s.cell.drained).count(),
        stolen: sound.iter().filter(|s| s.cell.noise.stolen).count(),
        latency_us: latency(&sound, seed)?,
        pace: open_loop::pool(sound.iter().filter_map(|s| s.cell.pace.as_ref()), seed),
        stall: stall::of(&sound, baselines, floor, seed),
        slowdown: slowdown(baselines.slowdown(&sound, seed), floor),
        own_cpu_us_per_event: figures(&sound, |c| c.cost.own_cpu_us_per_event, seed),
        system_cpu_us_per_event: Extra::of(
            baselines.extra_cpu(&sound, seed),
            floor.map(Floor::differences),
        ),
        events_per_s: figures(&sound, |c| c.cost.events_per_s, seed).map(|mean| mean.value),
        peak_rss_bytes: sound
            .iter()
            .filter_map(|s| s.cell.cost.peak_rss_bytes)
            .max(),
    })
}

fn errors(cells: &[&Scored]) -> Vec<String> {
    let mut errors: Vec<_> = cells.iter().filter_map(|s| s.cell.error.clone()).collect();
    errors.sort();
    errors.dedup();
    errors
}

fn loss(cells: &[&Scored]) -> Keyed<Kind, Loss> {
    let mut counts: BTreeMap<Kind, Vec<(u64, u64)>> = BTreeMap::new();
    for scored in cells {
        for (kind, score) in offered(&scored.cell.kinds) {
            let of = counts.entry(kind).or_default();
            of.push((score.missed, score.truths));
        }
    }
    let with_interval = |(kind, counts): (Kind, Vec<(u64, u64)>)| {
        let (missed, truths) = stats::pool(&counts);
        let (low, high) = stats::loss(&counts);
        let worst = counts.iter().map(|&(k, n)| rate(k, n)).fold(0.0, f64::max);
        let loss = Loss {
            rate: rate(missed, truths),
            low,
            high,
            missed,
            truths,
            worst,
        };
        (kind, loss)
    };
    Keyed(counts.into_iter().map(with_interval).collect())
}

fn rate(missed: u64, truths: u64) -> f64 {
    if truths == 0 {
        return 0.0;
    }
    missed as f64 / truths as f64
}

fn fields(cells: &[&Scored]) -> Keyed<Field, FieldScore> {
    if cells.is_empty() {
        return Keyed::default();
    }
    Keyed::each(|field| {
        let mut sum = FieldScore::default();
        for score in cells
            .iter()
            .filter_map(|scored| scored.cell.fields.get(field))
        {
            sum.offered |= score.offered;
            sum.correct += score.correct;
            sum.wrong += score.wrong;
            sum.truncated += score.truncated;
            sum.stale += score.stale;
            sum.missing += score.missing;
        }
        sum
    })
}

fn reported_lost(cells: &[&Scored]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (cause, n) in cells.iter().flat_map(|scored| &scored.cell.reported_lost) {
        let sum = sums.entry(cause.clone()).or_insert(0_u64);
        *sum = sum.saturating_add(*n);
    }
    sums
}

fn latency(cells: &[&Scored], seed: u64) -> Result<LatencyScore> {
    let mut score = LatencyScore::default();
    let each: Vec<&[LatencyHistogram; 3]> =
        cells.iter().filter_map(|s| s.latency.as_ref()).collect();
    for &kind in Kind::EVERY {
        let repetitions: Vec<_> = each.iter().map(|of| of[kind as usize].clone()).collect();
        let pooled = LatencyHistogram::pool(&repetitions)?;
        score
            .kinds
            .0
            .extend(pooled.percentiles().map(|of| (kind, of)));
        let intervals = Intervals::of(&repetitions, &pooled, seed);
        score
            .kinds_interval
            .0
            .extend(intervals.map(|of| (kind, of)));
    }
    let whole: Vec<_> = each
        .iter()
        .map(|of| LatencyHistogram::pool(*of))
        .collect::<Result<_>>()?;
    let all = LatencyHistogram::pool(&whole)?;
    score.all_interval = Intervals::of(&whole, &all, seed);
    score.all = all.percentiles();
    score.curve = all.curve();
    Ok(score)
}

fn figures(
    cells: &[&Scored],
    figure: impl Fn(&Cell) -> Option<f64>,
    seed: u64,
) -> Option<Estimate> {
    let values: Vec<f64> = cells.iter().filter_map(|s| figure(&s.cell)).collect();
    stats::mean(&values, seed)
}

fn slowdown(found: Option<Estimate>, floor: Option<&Floor>) -> Option<Slowdown> {
    found.map(|found| Slowdown {
        ratio: found.value,
        low: found.low,
        high: found.high,
        pairs: found.n,
        verdict: Verdict::of(&found, 1.0, floor.map(Floor::ratios)),
    })
}
