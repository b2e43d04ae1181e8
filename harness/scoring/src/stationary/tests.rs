use contract::{Clock, Event, EventLog, EventRef, Fields, Ledger, Truth};

use super::*;
use crate::fields::Correctness;
use crate::matching::match_events;

const SECOND: u64 = 1_000_000_000;

/// Pseudo-random numbers from 0 to 1.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Ten seconds of execs, four each ten milliseconds; of each, by the share of the run that is over: the
/// chance that it is missed, that its exe is wrong, and how late it is in microseconds.
fn cell(seed: u64, of: impl Fn(f64) -> (f64, f64, f64)) -> Stationarity {
    let (mut dice, mut ledger, mut log) = (Dice(seed), Ledger::default(), EventLog::default());
    for n in 0..4000_u64 {
        let after = SECOND + n * 2_500_000;
        let (missed, wrong, late) = of(n as f64 / 4000.0);
        let exe = ledger.arena.push(b"/bin/true");
        ledger.truths.push(Truth {
            after,
            before: after + 1000,
            due: None,
            fields: Fields {
                exe: Some(exe),
                ..Fields::default()
            },
            pid: n as u32 + 1,
            kind: Kind::Exec,
            loose: false,
        });
        if dice.roll() < missed {
            continue;
        }
        let told: &[u8] = if dice.roll() < wrong {
            b"/bin/false"
        } else {
            b"/bin/true"
        };
        let late = (late * 1000.0 * (0.5 + dice.roll())) as u64;
        log.push(EventRef {
            happened: after + 500,
            exe: Some(told),
            ..EventRef::new(Kind::Exec, n as u32 + 1, after + 1000 + late)
        });
    }
    stationarity(&ledger, &log, &[])
}

fn stationarity(ledger: &Ledger, log: &EventLog, own_cpu: &[(u64, u64)]) -> Stationarity {
    let claims = Claims::none(Clock::Exact).with(Kind::Exec, &[Field::Exe]);
    let events: &[Event] = &log.events;
    let matching = match_events(ledger, events, claims.clock, None);
    let mut slices = Slices::new(ledger, log, &matching).unwrap();
    let judged = |truth: &Truth, field: Field, found: Correctness| {
        slices.judged(truth, field, found.fault().is_none());
    };
    crate::fields::judge(ledger, log, &matching, &claims, judged);
    Stationarity::of(&slices, &claims, own_cpu)
}

fn words(found: &Stationarity) -> Vec<&str> {
    found.what.iter().map(|drift| &*drift.what).collect()
}

#[test]
fn what_stays_as_it_is_is_stationary() {
    let drifting = (0..100).filter(|seed| !cell(*seed, |_| (0.05, 0.3, 100.0)).stationary);
    // One in a hundred may be said to drift, were every difference to matter.
    assert!(drifting.count() <= 3);
}

#[test]
fn what_changes_half_way_is_named() {
    let found = cell(1, |at| (if at < 0.5 { 0.0 } else { 0.04 }, 0.0, 100.0));
    assert_eq!(words(&found), ["missed exec"]);
    assert!(!found.stationary && found.what[0].first < 0.001 && found.what[0].second > 0.03);
    let found = cell(2, |at| (0.0, if at < 0.4 { 0.9 } else { 0.1 }, 100.0));
    assert_eq!(words(&found), ["correct exe"]);
    let found = cell(3, |at| (0.0, 0.0, 100.0 + 300.0 * at));
    assert_eq!(words(&found), ["latency_us"]);
}

#[test]
fn a_difference_that_does_not_matter_is_none() {
    let found = cell(4, |at| (0.0, 0.0, if at < 0.5 { 100.0 } else { 104.0 }));
    assert!(found.stationary, "{found:?}");
}

#[test]
fn cpu_is_taken_between_its_samples() {
    let samples = [(100, 10), (200, 30)];
    assert_eq!(used_at(&samples, 150), Some(20.0));
    assert_eq!(used_at(&samples, 200), Some(30.0));
    assert_eq!(
        (used_at(&samples, 99), used_at(&samples, 201)),
        (None, None)
    );
}

#[test]
fn cpu_that_doubles_is_named() {
    let mut ledger = Ledger::default();
    for n in 0..10_000_u64 {
        let after = SECOND + n * 1_000_000;
        ledger.truths.push(Truth {
            after,
            before: after + 1000,
            due: None,
            fields: Fields::default(),
            pid: n as u32 + 1,
            kind: Kind::Exec,
            loose: false,
        });
    }
    let cpu = |second_half: u64| {
        let mut used = 0;
        let samples = (0..=110_u64).map(|tenth| {
            used += (if tenth < 55 { 1_000_000 } else { second_half }) + tenth % 3 * 10_000;
            (SECOND / 2 + tenth * SECOND / 10, used)
        });
        let samples: Vec<_> = samples.collect();
        stationarity(&ledger, &EventLog::default(), &samples)
    };
    assert!(cpu(1_000_000).stationary);
    assert_eq!(words(&cpu(2_000_000)), ["own_cpu_us_per_event"]);
}

#[test]
fn several_cells_name_each_drift_once() {
    let steady = cell(5, |_| (0.0, 0.0, 100.0));
    let drifting = cell(3, |at| (0.0, 0.0, 100.0 + 300.0 * at));
    let all = [&steady, &drifting, &drifting];
    let found = Stationarity::together(all.into_iter()).unwrap();
    assert_eq!(
        (found.stationary, words(&found)),
        (false, vec!["latency_us"])
    );
    assert_eq!(Stationarity::together(std::iter::empty()), None);
}
