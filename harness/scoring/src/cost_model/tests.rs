use contract::Kind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::observe::IDLE;
use super::*;
use crate::by_key::Keyed;
use crate::cell::KindScore;
use crate::cost::CostScore;
use crate::record::{CellRun, Experiment};

/// Name, experiment, forks and execs in a cell, seconds.
type Shape = (&'static str, Experiment, u64, u64, f64);

const FAMILIES: [Shape; 4] = [
    ("fork-bomb", Experiment::Overhead, 3000, 1, 0.3),
    ("short-lived/fork", Experiment::Overhead, 900, 900, 0.3),
    ("static-binary", Experiment::Overhead, 4000, 4000, 0.3),
    (IDLE, Experiment::Foreign, 1, 2, 1.0),
];

/// What is planted: CPUs at no events, microseconds for each fork and for each exec.
type Planted = [f64; 3];

fn cell(shape: Shape, configuration: &str, repetition: u32, own: f64, system: f64) -> Cell {
    let (workload, experiment, forks, execs, seconds) = shape;
    let run = CellRun {
        experiment,
        repetition,
        ..CellRun::nothing(workload, configuration)
    };
    let mut cell = Cell::blank(&run);
    cell.status = crate::record::Status::Ok;
    cell.kinds = Keyed::each(|kind| {
        let truths = if kind == Kind::Exec { execs } else { forks };
        KindScore {
            offered: configuration != "null",
            truths,
            matched: truths,
            ..KindScore::default()
        }
    });
    let per_event = |cpus: f64| Some(cpus * seconds * 1e6 / (2 * forks + execs) as f64);
    cell.cost = CostScore {
        wall_ms: Some(seconds * 1000.0),
        own_cpu_us_per_event: per_event(own),
        system_cpu_us_per_event: per_event(system),
        ..CostScore::default()
    };
    cell
}

/// About a normal law of variance 1.
fn noise(dice: &mut StdRng) -> f64 {
    (0..12).map(|_| dice.random::<f64>()).sum::<f64>() - 6.0
}

/// A record with blocks of two `null` cells and one of `ebpf`, all as disturbed as the short cells of a real
/// machine are: 12 % of the monitor's CPU, 2 % of the system's.
fn record(
    shapes: &[Shape],
    own: Planted,
    system: Planted,
    blocks: u32,
    dice: &mut StdRng,
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &shape in shapes {
        let (_, _, forks, execs, seconds) = shape;
        let cost =
            |of: Planted| of[0] + (of[1] * forks as f64 + of[2] * execs as f64) / seconds / 1e6;
        let base = if shape.0 == IDLE { 0.02 } else { 1.9 };
        for block in 1..=blocks {
            for configuration in ["null", "null", "ebpf"] {
                let extra = if configuration == "null" {
                    0.0
                } else {
                    cost(system)
                };
                let all = (base + extra) * (1.0 + 0.02 * noise(dice));
                let own = cost(own) * (1.0 + 0.12 * noise(dice));
                cells.push(cell(shape, configuration, block, own, all));
            }
        }
    }
    cells
}

fn only(cells: &[Cell]) -> CostModel {
    let mut all = cost_model(&[cells]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn what_is_planted_lies_in_its_interval_in_95_of_100_simulations() {
    const RUNS: u32 = 400;
    for own in [[0.01, 2.0, 5.0], [0.0, 1.0, 0.0]] {
        let system = [0.02, 8.0, 12.0];
        let mut hits = [0_u32; 8];
        for seed in 0..RUNS {
            let mut dice = StdRng::seed_from_u64(u64::from(seed));
            let model = only(&record(&FAMILIES, own, system, 12, &mut dice));
            let (found, all) = (model.own.unwrap(), model.system.unwrap());
            let predicted = |of: Planted| of[0] + of[1] * 60.0 / 1e6 + of[2] * 40.0 / 1e6;
            let covered = [(&found, own), (&all, system)].map(|(fit, planted)| {
                let terms = [fit.base_cpus, fit.fork_us, fit.exec_us];
                let terms = terms
                    .iter()
                    .zip(planted)
                    .map(|(one, due)| one.unwrap().covers(due));
                let rate = fit.predict(60.0, 40.0).unwrap().covers(predicted(planted));
                terms.chain([rate]).collect::<Vec<bool>>()
            });
            for (count, hit) in hits.iter_mut().zip(covered.concat()) {
                *count += u32::from(hit);
            }
        }
        // Of 400 simulations at 95 %, fewer than 367 are one case in a thousand.
        assert!(
            hits.iter().all(|&count| count >= 367),
            "{own:?}: {hits:?} of {RUNS}"
        );
    }
}

#[test]
fn intervals_are_no_wider_than_the_noise_calls_for() {
    let mut dice = StdRng::seed_from_u64(1);
    let model = only(&record(
        &FAMILIES,
        [0.01, 2.0, 5.0],
        [0.02, 8.0, 12.0],
        45,
        &mut dice,
    ));
    let exec = model.own.unwrap().exec_us.unwrap();
    assert!(exec.high.unwrap() - exec.low.unwrap() < 2.0, "{exec:?}");
    assert!((exec.value - 5.0).abs() < 1.0, "{exec:?}");
}

#[test]
fn what_always_comes_together_is_not_told_apart() {
    let mut dice = StdRng::seed_from_u64(2);
    let planted = [0.01, 2.0, 5.0];
    let two = record(&FAMILIES[1..3], planted, planted, 12, &mut dice);
    let fit = only(&two).own.unwrap();
    assert!(fit.exec_us.is_none() && fit.base_cpus.is_some(), "{fit:?}");
    assert!((fit.execs_per_fork.unwrap() - 1.0).abs() < 1e-9, "{fit:?}");
    assert!(fit.fork_us.unwrap().covers(7.0), "{fit:?}");
    assert!(fit.predict(100.0, 100.0).is_some() && fit.predict(100.0, 10.0).is_none());

    let one = record(&FAMILIES[..1], planted, planted, 12, &mut dice);
    let fit = only(&one).own.unwrap();
    assert!(fit.exec_us.is_none() && fit.base_cpus.is_none(), "{fit:?}");
    assert!(fit.predict(100.0, 0.0).is_some() && fit.predict(100.0, 1.0).is_none());
}

#[test]
fn a_workload_that_costs_otherwise_widens_the_intervals() {
    let mut dice = StdRng::seed_from_u64(3);
    let planted = [0.01, 2.0, 5.0];
    let width = |cells: &[Cell]| {
        let fit = only(cells).own.unwrap();
        let exec = fit.exec_us.unwrap();
        (fit.misfit, exec.high.unwrap() - exec.low.unwrap())
    };
    let mut cells = record(&FAMILIES, planted, planted, 12, &mut dice);
    let (before, narrow) = width(&cells);
    let other = ("short-lived/spawn", Experiment::Overhead, 900, 900, 0.3);
    cells.extend(record(&[other], [0.05, 20.0, 50.0], planted, 12, &mut dice));
    let (after, wide) = width(&cells);
    assert!(
        after > 3.0 * before && wide > 2.0 * narrow,
        "{before} {after} {narrow} {wide}"
    );
}

#[test]
fn cells_that_do_not_tell_are_left_out() {
    let mut dice = StdRng::seed_from_u64(4);
    let planted = [0.01, 2.0, 5.0];
    let plain = record(&FAMILIES, planted, planted, 12, &mut dice);
    let mut more = plain.clone();
    let mut odd = plain[2].clone();
    odd.cost.own_cpu_us_per_event = Some(1e6);
    for change in [
        |cell: &mut Cell| cell.experiment = Experiment::Loss,
        |cell: &mut Cell| cell.status = crate::record::Status::Failed,
        |cell: &mut Cell| cell.workload = "noisy-neighbour".into(),
        |cell: &mut Cell| cell.kinds.0.values_mut().for_each(|kind| kind.matched = 0),
    ] {
        let mut cell = odd.clone();
        change(&mut cell);
        more.push(cell);
    }
    assert_eq!(only(&more), only(&plain));
    assert!(cost_model(&[&[]]).is_empty());
    // One cell of each workload has no error to weigh it by.
    let first: Vec<Cell> = plain
        .iter()
        .filter(|cell| cell.repetition == 1)
        .cloned()
        .collect();
    assert!(cost_model(&[&first]).is_empty());
}

#[test]
fn a_command_is_held_against_the_model_and_never_part_of_it() {
    let mut dice = StdRng::seed_from_u64(5);
    let planted = [0.01, 2.0, 5.0];
    let plain = record(&FAMILIES, planted, planted, 12, &mut dice);
    let git = ("real/git", Experiment::Foreign, 300, 200, 2.0);
    let slow = ("real/slow", Experiment::Foreign, 300, 200, 2.0);
    let mut cells = plain.clone();
    cells.extend(record(&[git], planted, planted, 12, &mut dice));
    cells.extend(record(&[slow], [0.5, 0.0, 0.0], planted, 12, &mut dice));
    let model = only(&cells);
    assert_eq!(model.own, only(&plain).own);
    let of = |workload: &str, cpu| {
        let mut all = model.predictions.iter();
        all.find(|one| one.workload == workload && one.cpu == cpu)
            .unwrap()
    };
    let git = of("real/git", Cpu::Own);
    assert_eq!((git.agrees, git.seen), (Some(true), Some(1.0)), "{git:?}");
    assert!((git.forks_per_s - 150.0).abs() < 1e-6 && (git.execs_per_s - 100.0).abs() < 1e-6);
    assert_eq!(of("real/git", Cpu::System).agrees, Some(true));
    let slow = of("real/slow", Cpu::Own);
    assert_eq!(slow.agrees, Some(false), "{slow:?}");
}
