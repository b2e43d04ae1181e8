//! Which trial comes next. Pure, and so tested against monitors whose cliff is known.
//!
//! After RFC 2544: a curve of rates up to the generator's ceiling, then by halving the highest rate
//! that held, confirmed by repeats; the same for what was merely not lost; half of that rate for
//! comparison; the longest burst, back to back. One bad trial counts against its rate and all above.

use super::trial::{Load, Trial};

/// Trials of every figure that is reported.
pub const CONFIRM: usize = 3;

/// A rate is found to this part of the ceiling.
const STEPS: u32 = 32;
const CURVE: [u32; 5] = [4, 8, 16, 24, 32];
const SHORTEST_BURST: f64 = 16.0;

/// One trial, reduced to what was offered and whether it passed.
type Try = (u32, bool);

/// The next trial of a monitor, none when all is known. `null` loses nothing by definition, so of
/// it only the rate that it holds is asked for: the generator's own.
pub fn next(ceiling: u32, trials: &[Trial], null: bool) -> Option<Load> {
    let rates = ladder(ceiling);
    let held = rate_tries(trials, Trial::holds);
    let kept = rate_tries(trials, Trial::lossless);
    let rate = curve(ceiling, trials)
        .or_else(|| seek(&rates, &held))
        .or_else(|| if null { None } else { seek(&rates, &kept) })
        .or_else(|| half(&held));
    let burst = || if null { None } else { burst(ceiling, trials) };
    rate.map(Load::Rate).or_else(|| burst().map(Load::Burst))
}

/// How many trials are still to come, as far as one can tell: what is between the best and the worst
/// is taken to pass in its lower half, and what was never reached to pass.
pub fn left(ceiling: u32, trials: &[Trial], null: bool) -> usize {
    let middle = |tries: &[Try]| {
        let failed = lowest_failed(tries).unwrap_or(u32::MAX);
        highest_passed(tries) + (failed - highest_passed(tries)) / 2
    };
    let holds = middle(&rate_tries(trials, Trial::holds));
    let kept = middle(&rate_tries(trials, Trial::lossless));
    let whole = middle(&burst_tries(trials));
    let mut all = trials.to_vec();
    while let Some(load) = next(ceiling, &all, null) {
        let (lossless, reached) = match load {
            Load::Rate(rate) => (rate <= kept, rate <= holds),
            Load::Burst(length) => (length <= whole, true),
        };
        all.push(Trial {
            load,
            missed: u64::from(!lossless),
            reached,
        });
    }
    all.len() - trials.len()
}

/// The highest that passed below the lowest that did not; 0 when none did.
pub fn highest_passed(tries: &[Try]) -> u32 {
    let failed = lowest_failed(tries).unwrap_or(u32::MAX);
    let passed = tries.iter().filter(|(at, passed)| *passed && *at < failed);
    passed.map(|(at, _)| *at).max().unwrap_or(0)
}

/// The lowest that did not pass.
pub fn lowest_failed(tries: &[Try]) -> Option<u32> {
    let failed = tries.iter().filter(|(_, passed)| !passed);
    failed.map(|(at, _)| *at).min()
}

/// The trials of a rate, and whether each passed.
pub fn rate_tries(trials: &[Trial], passed: fn(&Trial) -> bool) -> Vec<Try> {
    let at = |trial: &Trial| match trial.load {
        Load::Rate(rate) => Some((rate, passed(trial))),
        Load::Burst(_) => None,
    };
    trials.iter().filter_map(at).collect()
}

/// The bursts, and whether each was seen whole.
pub fn burst_tries(trials: &[Trial]) -> Vec<Try> {
    let at = |trial: &Trial| match trial.load {
        Load::Burst(length) => Some((length, trial.lossless())),
        Load::Rate(_) => None,
    };
    trials.iter().filter_map(at).collect()
}

fn ladder(ceiling: u32) -> Vec<u32> {
    let mut rates: Vec<u32> = (1..=STEPS).map(|step| at(ceiling, step)).collect();
    rates.dedup();
    rates
}

fn at(ceiling: u32, step: u32) -> u32 {
    ((u64::from(ceiling) * u64::from(step) / u64::from(STEPS)) as u32).max(1)
}

fn curve(ceiling: u32, trials: &[Trial]) -> Option<u32> {
    let tried = rate_tries(trials, Trial::holds);
    let points = CURVE.iter().map(|&step| at(ceiling, step));
    points
        .into_iter()
        .find(|point| tried.iter().all(|(at, _)| at != point))
}

/// Halves what lies between the best and the worst, then repeats the best until it is confirmed.
fn seek(ladder: &[u32], tries: &[Try]) -> Option<u32> {
    let (passed, failed) = (
        highest_passed(tries),
        lowest_failed(tries).unwrap_or(u32::MAX),
    );
    let between: Vec<_> = ladder
        .iter()
        .filter(|&&at| passed < at && at < failed)
        .collect();
    match between.get(between.len() / 2) {
        Some(middle) => Some(**middle),
        None => short_of(passed, tries),
    }
}

fn short_of(at: u32, tries: &[Try]) -> Option<u32> {
    let made = tries.iter().filter(|one| one.0 == at).count();
    (at > 0 && made < CONFIRM).then_some(at)
}

fn half(held: &[Try]) -> Option<u32> {
    short_of(highest_passed(held) / 2, held)
}

fn burst(ceiling: u32, trials: &[Trial]) -> Option<u32> {
    let longest = ceiling.max(SHORTEST_BURST as u32);
    let tries = burst_tries(trials);
    if tries.is_empty() {
        return Some(longest);
    }
    let steps = (0..).map(|step| SHORTEST_BURST * 2_f64.powf(f64::from(step) / 2.0));
    let mut ladder: Vec<u32> = steps
        .map(|length| length.round() as u32)
        .take_while(|&length| length < longest)
        .collect();
    ladder.push(longest);
    seek(&ladder, &tries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A monitor that holds up to `holds`, loses from `loses` on, and bursts from `bursts` on.
    struct Known {
        holds: u32,
        loses: u32,
        bursts: u32,
    }

    impl Known {
        fn judge(&self, load: Load) -> Trial {
            let (missed, reached) = match load {
                Load::Rate(rate) => (u64::from(rate >= self.loses), rate <= self.holds),
                Load::Burst(length) => (u64::from(length >= self.bursts), true),
            };
            Trial {
                load,
                missed,
                reached,
            }
        }

        fn search(&self, ceiling: u32) -> Vec<Trial> {
            let mut trials = Vec::new();
            while let Some(load) = next(ceiling, &trials, false) {
                trials.push(self.judge(load));
                assert!(trials.len() < 60, "no end: {trials:?}");
            }
            trials
        }
    }

    #[test]
    fn a_known_cliff_is_found_to_a_step_and_confirmed() {
        let ceiling = 9600;
        let step = ceiling / STEPS;
        for holds in [0, 1, 299, 300, 2000, 4801, 9599, 20_000] {
            for loses in [1, 310, 5000, 9600, 50_000] {
                let known = Known {
                    holds,
                    loses,
                    bursts: holds.max(1),
                };
                let trials = known.search(ceiling);
                let confirmed = |tries: &[Try], due: u32| {
                    let found = highest_passed(tries);
                    assert!(found <= due && due - found <= step, "{found} for {due}");
                    let made = tries.iter().filter(|one| one.0 == found).count();
                    assert!(found == 0 || made >= CONFIRM);
                };
                let most = holds.min(loses - 1).min(ceiling);
                confirmed(&rate_tries(&trials, Trial::holds), most);
                confirmed(
                    &rate_tries(&trials, Trial::lossless),
                    (loses - 1).min(ceiling),
                );
                let burst = highest_passed(&burst_tries(&trials));
                assert!(burst < known.bursts);
                assert!(burst * 3 / 2 >= (known.bursts - 1).min(ceiling) || known.bursts < 25);
            }
        }
    }

    #[test]
    fn what_is_left_grows_less_and_ends_at_nothing() {
        let known = Known {
            holds: 4801,
            loses: 5000,
            bursts: 700,
        };
        let all = known.search(9600);
        for made in 0..all.len() {
            let found = left(9600, &all[..made], false);
            let due = all.len() - made;
            assert!((1..=30).contains(&found), "{found}, not {due}");
        }
        assert_eq!(left(9600, &all, false), 0);
        assert!(left(9600, &[], true) < left(9600, &[], false));
    }

    #[test]
    fn one_bad_repeat_counts_and_the_search_ends() {
        // Whatever fails at random, the search ends and nothing at or below the best ever failed.
        for seed in 1..200_u64 {
            let mut trials: Vec<Trial> = Vec::new();
            let mut dice = seed;
            while let Some(load) = next(6400, &trials, false) {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (missed, reached) = (u64::from(dice >> 62 == 0), dice >> 60 & 3 != 0);
                trials.push(Trial {
                    load,
                    missed,
                    reached,
                });
                assert!(trials.len() < 200, "no end with seed {seed}");
            }
            let held = rate_tries(&trials, Trial::holds);
            let best = highest_passed(&held);
            assert!(held.iter().all(|(at, passed)| *passed || *at > best));
        }
    }

    #[test]
    fn of_null_only_the_generators_own_rate_is_asked() {
        let known = Known {
            holds: 5000,
            loses: u32::MAX,
            bursts: u32::MAX,
        };
        let mut trials = Vec::new();
        while let Some(load) = next(6400, &trials, true) {
            assert!(matches!(load, Load::Rate(_)));
            trials.push(known.judge(load));
        }
        assert_eq!(highest_passed(&rate_tries(&trials, Trial::holds)), 5000);
    }
}
