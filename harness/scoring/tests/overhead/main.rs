//! Intervals of 95 % hold the truth in 93 to 97 of 100 runs, whatever the noise and whatever ends
//! the run. The fast tests watch for regressions; the slow ones take the figures of the documents:
//!
//! ```text
//! cargo test --release -p rollcall-scoring --test overhead -- --ignored --nocapture
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test prints its figures"
)]

mod methods;
mod simulated;
mod tables;
mod tally;

use methods::{fixed, stopped, together};
use scoring::overhead::power::power;
use scoring::overhead::{Stopping, Verdict, fit};
use simulated::{CONFIGURATIONS, Machine, Noise, TRUTH};

#[test]
fn intervals_cover_at_a_fixed_number_of_blocks() {
    for noise in [
        Noise::Lognormal,
        Noise::NoisyMonitor,
        Noise::FlaggedSteal,
        Noise::Everything,
    ] {
        for blocks in [3, 8] {
            let [tally, ..] = fixed(noise, blocks, 300);
            let text = format!("{noise:?} {blocks}: {tally:?}");
            assert!(
                tally.mean() > 0.93 && tally.worst() > 0.90 && tally.coverage(0) > 0.91,
                "{text}"
            );
        }
    }
}

#[test]
fn intervals_cover_when_precision_ends_the_run() {
    for noise in [Noise::Lognormal, Noise::NoisyMonitors, Noise::HeavyTails] {
        let [tally, _] = stopped(noise, 2, 0.1, 300);
        assert!(tally.worst() > 0.92, "{noise:?}: {tally:?}");
        assert!(tally.half_width() <= 10.0, "{noise:?}: {tally:?}");
    }
}

#[test]
fn intervals_over_workloads_cover() {
    let tally = together(Noise::Everything, None, 5, 200);
    assert!(tally.mean() > 0.93, "{tally:?}");
}

#[test]
fn a_planted_overhead_is_told_and_none_is_not() {
    let (mut told, mut wrong) = (0, 0);
    for seed in 0..200 {
        let mut machine = Machine::new(Noise::Correlated, CONFIGURATIONS, 1.0, seed);
        machine.run(0..14);
        let fit = fit(&machine.cells, CONFIGURATIONS, Stopping::Fixed);
        let verdict = |of: usize| Verdict::of(fit.effects[of].map(|of| of.interval).as_ref());
        // 22 % against a half-width of 4 %.
        told += u32::from(verdict(3) == Verdict::More);
        wrong += u32::from(verdict(1) != Verdict::None);
    }
    assert!(told == 200 && wrong <= 20, "{told}, {wrong}");
}

#[test]
fn power_is_as_predicted() {
    let (mut told, mut width, runs) = (0, 0.0, 400);
    for seed in 0..runs {
        let mut machine = Machine::new(Noise::Lognormal, CONFIGURATIONS, 1.0, seed);
        machine.run(0..14);
        let fit = fit(&machine.cells, CONFIGURATIONS, Stopping::Fixed);
        let interval = fit.effects[2].unwrap().interval;
        told += u32::from(Verdict::of(Some(&interval)) == Verdict::More);
        width += interval.half_width() / interval.ratio;
    }
    let found = f64::from(told) / runs as f64;
    let expected = power(width / runs as f64, 14.0, TRUTH[2].exp_m1()).unwrap();
    assert!(
        (found - expected).abs() < 0.06,
        "{found}, expected {expected}"
    );
}
