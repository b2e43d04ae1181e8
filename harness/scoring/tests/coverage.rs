//! An interval that says 95 % holds the truth in 95 of 100 records: 1,000 records with known
//! truths are made up, scored, and counted. What is asked is 93 % to 97 %.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

use std::collections::BTreeMap;

use contract::Kind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::record::{CellRun, FORMAT, Machine, Record};
use scoring::stats;
use scoring::{Cell, Interval, Keyed, KindScore, LatencyHistogram, Scored, Summary};
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

const RECORDS: u64 = 1000;
const TRUTHS: u64 = 20_000;
const LOSS: f64 = 0.01;
const SLOWDOWN: f64 = 1.3;
const MEDIAN_NS: f64 = 80_000.0;
const SPREAD: f64 = 0.8;

struct World(StdRng);

impl World {
    /// A draw from the standard normal law.
    fn normal(&mut self) -> f64 {
        let (size, turn) = (1.0 - self.0.random::<f64>(), self.0.random::<f64>());
        (-2.0 * size.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }

    fn missed(&mut self, rate: f64) -> u64 {
        let chance = self.0.random::<f64>();
        Binomial::new(rate, TRUTHS).unwrap().inverse_cdf(chance)
    }

    fn cell(&mut self, monitor: &str, repetition: u32, order: u32, wall: f64) -> Scored {
        let run = CellRun {
            order,
            baseline: monitor == "null",
            repetition,
            drained: true,
            ..CellRun::nothing("storm", monitor)
        };
        let mut cell = Cell::blank(&run);
        let missed = self.missed(LOSS);
        let mut kinds = Keyed::each(|_| KindScore::default());
        kinds.0.insert(
            Kind::Exec,
            KindScore {
                offered: monitor != "null",
                truths: TRUTHS,
                matched: TRUTHS - missed,
                missed,
                ..KindScore::default()
            },
        );
        cell.kinds = kinds;
        cell.cost.wall_ms = Some(wall);
        let latency = (monitor != "null").then(|| self.latency());
        Scored::new(cell, latency)
    }

    /// Events of one run: all of them as late as the run is, and each as late as it is.
    fn latency(&mut self) -> [LatencyHistogram; 3] {
        let mut all = [(); 3].map(|()| LatencyHistogram::new().unwrap());
        let run = 0.3 * self.normal();
        for _ in 0..400 {
            let nanos = MEDIAN_NS * (run + SPREAD * self.normal()).exp();
            all[Kind::Exec as usize].take(nanos as u64).unwrap();
        }
        all
    }

    /// `repetitions` pairs whose machine is as noisy as this one: some per cent.
    fn record(&mut self, repetitions: u32) -> Summary {
        let mut scored = Vec::new();
        for repetition in 1..=repetitions {
            let mut noisy = |wall: f64| wall * (0.07 * self.normal()).exp();
            let (base, own) = (noisy(1000.0), noisy(1000.0 * SLOWDOWN));
            scored.push(self.cell("null", repetition, 2 * repetition, base));
            scored.push(self.cell("made", repetition, 2 * repetition + 1, own));
        }
        Summary::new(description(), scored).unwrap()
    }
}

fn description() -> Record {
    Record {
        format: FORMAT,
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

/// How often each interval held its truth.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    fn saw(&mut self, name: &'static str, held: bool) {
        *self.0.entry(name).or_default() += u64::from(held);
    }

    fn latency(&mut self, name: &'static str, found: Interval, quantile: f64) {
        let z = Normal::standard().inverse_cdf(quantile);
        let truth = MEDIAN_NS * (SPREAD * z).exp() / 1000.0;
        self.saw(
            name,
            found.low <= truth && found.high.is_none_or(|h| truth <= h),
        );
    }

    #[track_caller]
    fn covers(&self, of: &str, most: f64) {
        for (name, held) in &self.0 {
            let share = *held as f64 / RECORDS as f64;
            println!("{of}: {name} {:.1} %", share * 100.0);
        }
        for (name, held) in &self.0 {
            let share = *held as f64 / RECORDS as f64;
            // Nowhere narrower than the exact one: too wide where events are independent.
            let most = if *name == "loss" { 0.99 } else { most };
            assert!((0.93..=most).contains(&share), "{of}: {name}: {share}");
        }
    }
}

#[test]
fn intervals_of_a_record_cover() {
    let mut world = World(StdRng::seed_from_u64(2026));
    let mut tally = Tally::default();
    for _ in 0..RECORDS {
        let summary = world.record(5);
        let made = summary.of("storm", "made").unwrap();
        let loss = made.loss.get(Kind::Exec).unwrap();
        tally.saw("loss", loss.low <= LOSS && LOSS <= loss.high);
        let slow = made.slowdown.unwrap();
        let held = slow.low.unwrap() <= SLOWDOWN && SLOWDOWN <= slow.high.unwrap();
        tally.saw("slowdown", held);
        let late = made.latency_us.kinds_interval.get(Kind::Exec).unwrap();
        tally.latency("p50", late.p50, 0.5);
        tally.latency("p90", late.p90, 0.9);
        tally.latency("p99", late.p99, 0.99);
    }
    tally.covers("5 repetitions", 0.97);
}

/// Counts are whole numbers, so the exact interval holds the truth more often than it says, and
/// the fewer are lost the more so. That is its promise: never less.
#[test]
fn of_rare_losses_the_exact_interval_says_too_little_rather_than_too_much() {
    let mut world = World(StdRng::seed_from_u64(7));
    for rate in [0.000_02, 0.000_1, 0.000_5, 0.002] {
        let mut tally = Tally::default();
        for _ in 0..RECORDS {
            let (low, high) = stats::binomial(world.missed(rate), TRUTHS);
            tally.saw("loss", low <= rate && rate <= high);
        }
        println!("loss of {rate}: {} of {RECORDS}", tally.0["loss"]);
        assert!(tally.0["loss"] >= RECORDS * 94 / 100, "{rate}");
    }
}

/// Repetitions whose rates differ, as bursts make them differ.
#[test]
fn loss_in_bursts_is_covered_too() {
    let mut world = World(StdRng::seed_from_u64(11));
    let mut tally = Tally::default();
    let mean = 0.05 * (0.4_f64 * 0.4 / 2.0).exp();
    for _ in 0..RECORDS {
        let counts: Vec<_> = (0..5)
            .map(|_| {
                let rate = 0.05 * (0.4 * world.normal()).exp();
                (world.missed(rate.min(1.0)), TRUTHS)
            })
            .collect();
        let (low, high) = stats::share(&counts);
        tally.saw("bursts", low <= mean && mean <= high);
    }
    // The rates are lopsided, and five of them say little about their tail.
    let share = tally.0["bursts"] as f64 / RECORDS as f64;
    println!("bursts: {:.1} %", share * 100.0);
    assert!(share > 0.93, "{share}");
}

/// One repetition of ten loses, and then a part of everything: most records of few repetitions have
/// seen no loss at all, and must not say that there is next to none.
#[test]
fn loss_in_one_repetition_of_ten_is_covered() {
    for (repetitions, lost) in [(3, 0.05), (5, 0.05), (10, 0.05), (10, 0.5), (20, 0.01)] {
        let share = in_one_of_ten(repetitions, lost, RECORDS);
        println!(
            "one in ten, {repetitions} repetitions: {:.1} %",
            share * 100.0
        );
        assert!(share >= 0.95, "{repetitions} {lost}: {share}");
    }
}

#[test]
#[ignore = "slow"]
fn loss_in_one_repetition_of_ten_is_covered_in_long() {
    for repetitions in [2, 3, 5, 8, 14, 30, 60] {
        for lost in [0.001, 0.01, 0.05, 0.2, 0.5, 1.0] {
            let share = in_one_of_ten(repetitions, lost, 20_000);
            println!("{repetitions} repetitions, {lost}: {:.2} %", share * 100.0);
            assert!(share >= 0.94, "{repetitions} {lost}: {share}");
        }
    }
}

fn in_one_of_ten(repetitions: usize, lost: f64, records: u64) -> f64 {
    let mut world = World(StdRng::seed_from_u64(17 + repetitions as u64));
    let mut held = 0;
    for _ in 0..records {
        let mut missed = || match world.0.random::<f64>() < 0.1 {
            true => world.missed(lost),
            false => 0,
        };
        let counts: Vec<_> = (0..repetitions).map(|_| (missed(), TRUTHS)).collect();
        let (low, high) = stats::share(&counts);
        held += u64::from(low <= lost / 10.0 && lost / 10.0 <= high);
    }
    held as f64 / records as f64
}
