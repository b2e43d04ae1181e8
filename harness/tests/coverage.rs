//! How many intervals of two records of the same lie apart by chance alone. Whether each holds its truth
//! is a test of the crate that makes them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod made;

use contract::Kind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::record::CellRun;
use scoring::{Cell, Keyed, KindScore, LatencyHistogram, Scored, Summary};
use statrs::distribution::{Binomial, DiscreteCDF};

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
            ..made::run("storm", monitor, repetition)
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
        Summary::new(made::record(&["storm"], &["null", "made"]), scored).unwrap()
    }
}

/// Two records of the same: how many of their intervals lie apart by chance alone. `harness compare`
/// says 1 in 180.
#[test]
fn of_two_records_of_the_same_one_interval_in_180_lies_apart() {
    let mut world = World(StdRng::seed_from_u64(13));
    let (mut intervals, mut apart) = (0, 0);
    for repetitions in [3, 5] {
        for _ in 0..350 {
            let (one, other) = (world.record(repetitions), world.record(repetitions));
            let found = report::compare(&one, &other, ["one", "other"].map(String::from));
            let found = serde_json::to_value(found).unwrap();
            let n = |name: &str| found[name].as_u64().unwrap();
            intervals += n("intervals");
            apart += n("apart");
        }
    }
    let share = apart as f64 / intervals as f64;
    println!("{apart} of {intervals} lie apart: 1 in {:.0}", 1.0 / share);
    assert!((0.003..=0.01).contains(&share), "{share}");
}
