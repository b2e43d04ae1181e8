//! The course of a run with a precision, on a machine whose cells take what a seed says: no clock and no cell.

use rand::{RngExt, SeedableRng};
use scoring::overhead::Stopping;
use scoring::record::{CellRun, Cost, Status};

use super::*;
use crate::select;

/// Standard deviation of the logarithm of a cell, as on the reference machine.
const NOISE: f64 = 0.06;
/// An unmonitored cell, and by configuration by how much longer one takes.
const CELL: f64 = 0.2;
const COSTS: [f64; 3] = [1.0, 1.1, 1.8];
/// How much a cell's noise is like that of the one before it: what disturbs a machine lasts.
const ALIKE: f64 = 0.5;

/// From the law of Gauss, by its inverse polar form.
fn normal(rng: &mut StdRng) -> f64 {
    let (one, two): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * two).cos()
}

/// One more block of the workload at `place`, whose cells have so much noise.
fn simulated(overhead: &mut Overhead<'_>, place: usize, noise: f64, rng: &mut StdRng) {
    let turns = overhead.turns(place, rng);
    let series = &mut overhead.series[place];
    let number = series.blocks + 1;
    let level = 0.1 * normal(rng);
    let mut lasting = normal(rng);
    for (turn, order) in turns.into_iter().zip(100 * number..) {
        lasting = ALIKE * lasting + (1.0 - ALIKE * ALIKE).sqrt() * normal(rng);
        let wall = CELL * COSTS[turn.configuration] * (level + noise * lasting).exp();
        let row = CellRun {
            status: Status::Ok,
            repetition: number,
            order,
            cost: Some(Cost {
                wall_ns: (wall * 1e9) as u64,
                ..Cost::default()
            }),
            ..CellRun::nothing("w", "m")
        };
        series.take(turn, &row);
        series.time += Duration::from_secs_f64(wall);
    }
    series.blocks = number;
}

/// The last number of seconds in `text`, which may say minutes too.
fn seconds(text: &str) -> f64 {
    let of = |unit: &str, each: f64| {
        let mut found = text.split(' ').collect::<Vec<_>>();
        found.retain(|word| !word.is_empty());
        let at = found
            .iter()
            .position(|word| word.trim_end_matches(',') == unit);
        at.map_or(0.0, |at| found[at - 1].parse::<f64>().unwrap() * each)
    };
    of("h", 3600.0) + of("min", 60.0) + of("s", 1.0)
}

/// Runs until two per cent are reached: what is said after three blocks, and how long it takes from there.
fn course(seed: u64) -> (String, Duration) {
    let workloads = ["fork-bomb", "static-binary"]
        .map(|name| Calibrated::own(&select::workload(name).unwrap(), 1.0));
    let configurations = ["null", "ebpf"].map(|label| select::configuration(label).unwrap());
    let until = Until {
        precision: Some(0.02),
        ..Until::default()
    };
    let mut overhead = Overhead::new(&workloads, &configurations, until);
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut said, mut at_three) = (None, Duration::ZERO);
    loop {
        let open: Vec<usize> = (0..2).filter(|&place| !overhead.is_over(place)).collect();
        if open.is_empty() {
            break;
        }
        for place in open {
            simulated(&mut overhead, place, NOISE, &mut rng);
        }
        let spent: Duration = overhead.series.iter().map(|one| one.time).sum();
        if let Some(words) = overhead.forecast() {
            assert_eq!(overhead.blocks(), 3, "seed {seed}: {words}");
            assert!(
                said.replace(words).is_none(),
                "seed {seed}: it is said once"
            );
            at_three = spent;
        }
    }
    for series in &overhead.series {
        assert!(series.is_precise(0.02), "seed {seed}");
    }
    let all: Duration = overhead.series.iter().map(|one| one.time).sum();
    (said.unwrap(), all - at_three)
}

#[test]
fn two_per_cent_are_reached_and_foretold_after_three_blocks() {
    let mut within = 0;
    for seed in 0..20 {
        let (said, took) = course(seed);
        let begin = "a precision of 2 % takes about ";
        assert!(said.starts_with(begin), "seed {seed}: {said}");
        let (about, at_most) = said[begin.len()..]
            .split_once(" more, in nine of ten runs no more than ")
            .unwrap();
        let (about, at_most, took) = (seconds(about), seconds(at_most), took.as_secs_f64());
        assert!(
            about <= at_most && took < 10.0 * about,
            "seed {seed}: {said}, took {took}"
        );
        within += u32::from(took <= at_most + 1.0);
    }
    // Nine of ten, less three standard deviations of so few.
    assert!(within >= 14, "{within} of 20");
}

#[test]
fn without_a_precision_nothing_is_foretold() {
    let workloads = [Calibrated::own(
        &select::workload("fork-bomb").unwrap(),
        1.0,
    )];
    let configurations = ["null", "ebpf"].map(|label| select::configuration(label).unwrap());
    let mut overhead = Overhead::new(&workloads, &configurations, Until::default());
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..4 {
        simulated(&mut overhead, 0, NOISE, &mut rng);
        assert_eq!(overhead.forecast(), None);
    }
}

/// Of each workload in the test below, as the three families on the reference machine.
const NOISES: [f64; 3] = [0.08, 0.03, 0.07];

/// So long are cells measured, about as in the default comparison.
const TIME: Duration = Duration::from_secs(60);

/// Blocks of three workloads under two monitors for [`TIME`], by what `until` says.
fn shared_out<T>(until: Until, seed: u64, found: impl Fn(&Series) -> T) -> Vec<T> {
    let workloads = ["fork-bomb", "short-lived/fork", "static-binary$"]
        .map(|name| Calibrated::own(&select::workloads(&[name.into()]).unwrap()[0], 1.0));
    let labels = ["null", "ebpf", "audit"];
    let configurations = labels.map(|label| select::configuration(label).unwrap());
    let mut overhead = Overhead::new(&workloads, &configurations, until);
    let mut rng = StdRng::seed_from_u64(seed);
    let mut rounds = Rounds::default();
    let spent = |of: &[Series]| of.iter().map(|one| one.time).sum::<Duration>();
    while spent(&overhead.series) < TIME {
        let Some(place) = overhead.next(&mut rounds, &mut rng) else {
            break;
        };
        simulated(&mut overhead, place, NOISES[place], &mut rng);
    }
    overhead.series.iter().map(found).collect()
}

/// In so many runs.
const RUNS: u32 = 100;

/// The mean of the widest half-width of each run, and the share of intervals that hold the truth.
fn widths_and_coverage(until: Until) -> (f64, f64) {
    let (mut widest, mut hold) = (0.0, 0);
    for seed in 0..RUNS {
        let intervals = |series: &Series| {
            let effects = series.fit(Stopping::Fixed).effects;
            [1, 2].map(|place| (effects[place].unwrap().interval, COSTS[place]))
        };
        let found = shared_out(until, u64::from(seed), intervals);
        let widths = found.iter().flatten().map(|one| one.0.half_width());
        widest += widths.fold(0.0, f64::max);
        let holding = found.iter().flatten().filter(|one| one.0.contains(one.1));
        hold += holding.count();
    }
    let intervals = f64::from(RUNS) * NOISES.len() as f64 * 2.0;
    (widest / f64::from(RUNS), hold as f64 / intervals)
}

#[test]
fn a_time_is_shared_out_by_width_and_the_intervals_still_hold_the_truth() {
    let budget = Until {
        budget: Some(Duration::from_secs(3600)),
        ..Until::default()
    };
    let blocks = Until {
        blocks: Some(1000),
        ..Until::default()
    };
    let (by_width, coverage) = widths_and_coverage(budget);
    let (evenly, _) = widths_and_coverage(blocks);
    assert!(
        by_width < 0.92 * evenly,
        "{by_width} by width, {evenly} evenly"
    );
    // Of 600, less three standard deviations.
    assert!(coverage > 0.95 - 3.0 * 0.0089, "{coverage}");
}

#[test]
fn what_slows_most_has_most_cells_where_a_time_is_shared_out() {
    let budget = Until {
        budget: Some(Duration::from_secs(3600)),
        ..Until::default()
    };
    for cells in shared_out(budget, 1, |series| series.fit(Stopping::Fixed).cells) {
        assert!(cells[2] > cells[1] && cells[2] <= cells[0], "{cells:?}");
    }
}

#[test]
fn blocks_and_a_precision_are_of_each_workload() {
    for until in [
        Until {
            blocks: Some(14),
            ..Until::default()
        },
        Until {
            budget: Some(Duration::from_secs(3600)),
            precision: Some(1e-6),
            ..Until::default()
        },
    ] {
        let found = shared_out(until, 1, |series| {
            (series.blocks, series.fit(Stopping::Fixed).cells)
        });
        let blocks = found.iter().map(|one| one.0 as usize);
        assert!(
            blocks.clone().max() <= blocks.clone().min().map(|one| one + 1),
            "{found:?}"
        );
        let even = |(blocks, cells): &(u32, Vec<usize>)| cells[1..] == [*blocks as usize; 2];
        assert!(found.iter().all(even), "{found:?}");
    }
}
