use contract::Kind;

use super::*;
use crate::cell::KindScore;
use crate::latency::LatencyHistogram;
use crate::overhead::Verdict;
use crate::record::{Buffer, CellRun, Machine, Record};
use crate::summary::Summary;

fn record() -> Record {
    Record {
        format: crate::record::FORMAT,
        record: "made".into(),
        started: String::new(),
        command: Vec::new(),
        seed: 1,
        scale: 1.0,
        repetitions: 1,
        precision: None,
        version: "0".into(),
        commit: None,
        sources: None,
        machine: Machine::default(),
        workloads: Vec::new(),
        monitors: Vec::new(),
        recovered: Vec::new(),
        notes: Vec::new(),
    }
}

/// A cell that missed so many of 1000 execs, on which its exe was right as often, in so many
/// milliseconds.
fn cell(experiment: Experiment, monitor: &str, repetition: u32, missed: u64, ms: f64) -> Cell {
    let mut run = CellRun::nothing("storm", monitor);
    (run.experiment, run.repetition, run.drained) = (experiment, repetition, true);
    let mut cell = Cell::blank(&run);
    cell.kinds = Keyed::each(|kind| KindScore {
        offered: kind == Kind::Exec && monitor != "null",
        truths: 1000,
        matched: 1000 - missed,
        missed,
        ..KindScore::default()
    });
    cell.fields.0.insert(
        Field::Exe,
        FieldScore {
            offered: true,
            correct: missed,
            wrong: 1000 - 2 * missed,
            ..FieldScore::default()
        },
    );
    cell.silent_lost = missed;
    cell.cost.wall_ms = Some(ms);
    cell.cost.system_cpu_us_per_event = Some(ms / 10.0);
    cell.cost.own_cpu_us_per_event = Some(ms / 100.0);
    cell
}

/// So many blocks, with both nulls and a monitor that takes twice as long, more or less.
fn blocks(count: u32, missed: u64) -> Vec<Cell> {
    let mut cells = Vec::new();
    for repetition in 1..=count {
        let swing = |place: u32| 1.0 + f64::from((repetition * 7 + place * 3) % 5) / 100.0;
        let null = |place| {
            cell(
                Experiment::Overhead,
                "null",
                repetition,
                0,
                100.0 * swing(place),
            )
        };
        cells.push(Cell {
            baseline: true,
            ..null(0)
        });
        cells.push(null(1));
        let ms = 200.0 * swing(2);
        cells.push(cell(Experiment::Overhead, "m", repetition, missed, ms));
    }
    cells
}

fn summary(cells: Vec<Cell>) -> Summary {
    let scored = cells.into_iter().map(|cell| Scored::new(cell, None));
    Summary::new(record(), scored.collect()).unwrap()
}

#[test]
fn overhead_comes_from_the_blocks_against_both_nulls() {
    let summary = summary(blocks(6, 0));
    let found = summary.of("storm", "m").unwrap();
    let slowdown = found.slowdown.unwrap();
    assert_eq!((slowdown.pairs, slowdown.verdict), (6, Verdict::More));
    assert!((1.9..2.1).contains(&slowdown.ratio), "{slowdown:?}");
    let extra = found.system_cpu_us_per_event.unwrap();
    assert!((extra.ratio - slowdown.ratio).abs() < 1e-9);
    // The baseline takes some 10.2 us, and the monitor as much again.
    assert!((9.5..11.0).contains(&extra.estimate.value), "{extra:?}");
    let stall = found.stall.wall_ms.unwrap();
    assert!((95.0..110.0).contains(&stall.estimate.value), "{stall:?}");
    assert_eq!(summary.overhead.len(), 2);
    let overall = &summary.overhead[1];
    assert_eq!((&*overall.configuration, overall.workloads), ("m", 1));
    let together = overall.slowdown.unwrap();
    assert!((together.ratio - slowdown.ratio).abs() < 1e-9 && together.pairs == 0);
}

#[test]
fn null_against_null_is_the_noise_floor() {
    let summary = summary(blocks(6, 0));
    let floor = summary.noise_floor.of("storm").unwrap();
    assert_eq!(floor.pairs, 6);
    assert!(floor.low <= floor.ratio && floor.ratio <= floor.high);
    assert!(floor.factor >= floor.high && floor.factor * floor.low >= 1.0);
    assert!(floor.system_cpu_us_per_event > 0.0 && floor.residual_sd.is_some());
    let pairs = summary.noise_floor.null_pairs;
    assert_eq!((pairs.outside, pairs.of), (0, 1));
    let null = summary.of("storm", "null").unwrap().slowdown.unwrap();
    assert_eq!((null.ratio, null.low), (floor.ratio, Some(floor.low)));
    // A second null that always takes a third longer is outside.
    let mut apart = blocks(6, 0);
    let second = apart
        .iter_mut()
        .filter(|one| one.configuration == "null" && !one.baseline);
    second.for_each(|one| one.cost.wall_ms = one.cost.wall_ms.map(|ms| ms * 1.3));
    assert_eq!(self::summary(apart).noise_floor.null_pairs.outside, 1);
}

#[test]
fn a_single_block_has_a_ratio_and_no_verdict() {
    let summary = summary(blocks(1, 0));
    let slowdown = summary.of("storm", "m").unwrap().slowdown.unwrap();
    assert_eq!((slowdown.low, slowdown.high), (None, None));
    assert_eq!((slowdown.pairs, slowdown.verdict), (1, Verdict::Unknown));
    assert!(slowdown.ratio > 1.9 && summary.noise_floor.all.is_none());
    assert_eq!(summary.noise_floor.null_pairs.of, 0);
}

#[test]
fn loss_comes_from_the_loss_cells_where_there_are_any() {
    let only_overhead = summary(blocks(4, 10));
    let found = only_overhead.of("storm", "m").unwrap();
    let loss = found.loss.get(Kind::Exec).unwrap();
    assert_eq!(
        (loss.missed, loss.truths, found.missed_elsewhere),
        (40, 4000, 0)
    );
    assert_eq!((loss.repetitions, found.silent_lost), (4, 40));
    let mut cells = blocks(4, 10);
    cells.push(cell(Experiment::Loss, "m", 1, 100, 6000.0));
    cells.push(cell(Experiment::Loss, "m", 2, 300, 6000.0));
    let both = summary(cells);
    let found = both.of("storm", "m").unwrap();
    let loss = found.loss.get(Kind::Exec).unwrap();
    assert_eq!((loss.missed, loss.truths, loss.rate), (400, 2000, 0.2));
    assert_eq!((found.missed_elsewhere, found.silent_lost), (40, 400));
    let exe = found.correct.get(Field::Exe).unwrap();
    assert!(exe.low < exe.share && exe.share < exe.high);
    // Fields are judged in all cells: 400 in the sustained ones, 40 in the blocks.
    assert_eq!(found.fields.get(Field::Exe).unwrap().correct, 440);
    // Loss cells never feed the overhead, nor the CPU per event.
    assert_eq!(found.slowdown.unwrap().pairs, 4);
    assert!(found.own_cpu_us_per_event.unwrap().value < 3.0);
}

#[test]
fn a_configuration_without_loss_cells_is_not_judged_by_others() {
    let mut cells = blocks(4, 10);
    cells.push(cell(Experiment::Loss, "other", 1, 100, 6000.0));
    let summary = summary(cells);
    let found = summary.of("storm", "m").unwrap();
    assert!(found.loss.0.is_empty() && !found.loss_tested);
    assert_eq!(found.missed_elsewhere, 40);
}

#[test]
fn what_was_not_tested_says_so_and_the_highest_fill_counts() {
    let tested = |tested: [bool; 2]| {
        let cells = [1, 2].map(|repetition| {
            let mut cell = cell(Experiment::Loss, "m", repetition, 0, 6000.0);
            cell.loss_tested = tested[repetition as usize - 1];
            cell.buffer = Some(Buffer {
                capacity: Some(1000),
                peak: Some(100 * u64::from(repetition)),
                unit: "bytes".into(),
                least_per_event: Some(10),
            });
            cell
        });
        summary(cells.into()).of("storm", "m").unwrap().clone()
    };
    assert!(tested([true, true]).loss_tested && !tested([true, false]).loss_tested);
    let buffer = tested([true, true]).buffer.unwrap();
    assert_eq!((buffer.peak, buffer.headroom), (Some(200), Some(5.0)));
}

#[test]
fn detection_latency_is_pooled_and_its_percentiles_lie_in_their_intervals() {
    let scored = (1..=5).map(|repetition| {
        let mut latency = [(); 3].map(|()| LatencyHistogram::new().unwrap());
        for n in 1..=1000_u64 {
            let late = n * 100 + u64::from(repetition) * 5000;
            latency[Kind::Exec as usize].take(late).unwrap();
        }
        let cell = cell(Experiment::Overhead, "m", repetition, 0, 100.0);
        Scored::new(cell, Some(latency))
    });
    let summary = Summary::new(record(), scored.collect()).unwrap();
    let found = &summary.of("storm", "m").unwrap().latency_us;
    let (all, within) = (found.all.as_ref().unwrap(), found.all_interval.unwrap());
    assert_eq!(all.n, 5000);
    assert!(within.p50.low <= all.p50 && within.p50.high.unwrap() >= all.p50);
    assert!(
        within.p50.low > 40.0 && within.p50.high.unwrap() < 95.0,
        "{within:?}"
    );
    assert!(found.kinds_interval.get(Kind::Fork).is_none());
}

#[test]
fn a_loss_cell_under_the_configurations_own_buffer_counts_before_a_smaller_one() {
    let mut cells = blocks(2, 0);
    cells.push(Cell {
        stands_for: Some("m".into()),
        ..cell(Experiment::Loss, "m{ring=1M}", 1, 7, 5000.0)
    });
    cells.push(cell(Experiment::Loss, "m", 1, 2, 5000.0));
    let summary = summary(cells);
    let found = summary.of("storm", "m").unwrap();
    let missed: u64 = found.loss.0.values().map(|loss| loss.missed).sum();
    assert_eq!((missed, found.missed_elsewhere), (2, 7));
    assert_eq!(found.loss_configuration, None);
}

#[test]
fn a_loss_cell_with_a_smaller_buffer_stands_for_the_configuration() {
    let mut cells = blocks(2, 0);
    cells.push(Cell {
        stands_for: Some("m".into()),
        ..cell(Experiment::Loss, "m{ring=1M}", 1, 7, 5000.0)
    });
    let summary = summary(cells);
    let found = summary.of("storm", "m").unwrap();
    let missed: u64 = found.loss.0.values().map(|loss| loss.missed).sum();
    assert_eq!((missed, found.repetitions), (7, 3));
    assert_eq!(found.loss_configuration.as_deref(), Some("m{ring=1M}"));
    assert!(summary.of("storm", "m{ring=1M}").is_none());
    assert_eq!(
        summary.of("storm", "null").unwrap().loss_configuration,
        None
    );
}
