//! A program that guesses: it claims pids without having seen anything. What it claims of processes
//! that never were are false positives, and an honest monitor has none.

use contract::{Clock, Event, Kind, Ledger, Life, Pid};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scoring::matching::Verdict::{FalsePositive, Matched, Unrelated};
use scoring::matching::{Matching, match_events};

use crate::made::{MS, event, truth};

/// Pids from 300 to here are given out by the machine that is made up.
const PIDS: std::ops::Range<Pid> = 300..340;
/// What the guessers claim.
const CLAIMED: std::ops::Range<Pid> = 250..400;
/// How coarse the record of all processes is.
const SLACK: u64 = 10 * MS;

/// A machine on which the workload's processes and others use the same pids by turns.
struct Machine {
    ledger: Ledger,
    others: Vec<Life>,
    /// Everything that happened: kind, pid, time.
    events: Vec<(Kind, Pid, u64)>,
    end: u64,
}

fn machine(seed: u64) -> Machine {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut machine = Machine {
        ledger: Ledger::default(),
        others: Vec::new(),
        events: Vec::new(),
        end: 20_000 * MS,
    };
    for pid in PIDS {
        // Some pids are never given out.
        let mut at = rng.random_range(1000 * MS..30_000 * MS);
        while at < machine.end {
            let lasts = rng.random_range(MS..3000 * MS);
            let (ours, executed) = (rng.random::<bool>(), rng.random::<bool>());
            machine.live(pid, at, lasts, ours, executed);
            at += lasts + rng.random_range(3 * SLACK..4000 * MS);
        }
    }
    machine.events.sort_by_key(|event| event.2);
    machine
}

impl Machine {
    fn live(&mut self, pid: Pid, from: u64, lasts: u64, ours: bool, executed: bool) {
        let mut kinds = vec![(Kind::Fork, from), (Kind::Exit, from + lasts)];
        if executed {
            kinds.push((Kind::Exec, from + lasts / 2));
        }
        for (kind, at) in kinds {
            self.events.push((kind, pid, at));
            if ours {
                self.ledger.truths.push(truth(kind, pid, at, at + 5));
            }
        }
        if !ours {
            self.others.push(Life {
                pid,
                from: from - SLACK,
                until: from + lasts + SLACK,
                executed,
            });
        }
    }

    fn lives_of(&self, pid: Pid) -> usize {
        self.others.iter().filter(|life| life.pid == pid).count()
    }

    fn never_was(&self, pid: Pid) -> bool {
        self.events.iter().all(|event| event.1 != pid)
    }

    fn matching(&self, events: &[Event], clock: Clock) -> Matching {
        match_events(&self.ledger, events, clock, Some(&self.others))
    }
}

fn report(kind: Kind, pid: Pid, at: u64, late: u64, clock: Clock) -> Event {
    let happened = if clock == Clock::None { 0 } else { at + 2 };
    event(kind, pid, happened, at + 2 + late)
}

fn sum(matching: &Matching, events: &[Event], verdict: scoring::matching::Verdict) -> usize {
    let of = |kind: &Kind| matching.count(events, *kind, verdict) as usize;
    Kind::ALL.iter().map(of).sum()
}

#[test]
fn an_honest_monitor_has_no_false_positive() {
    for (seed, clock) in (0..100).flat_map(|seed| [(seed, Clock::Exact), (seed, Clock::None)]) {
        let machine = machine(seed);
        let all = machine.events.iter();
        let told: Vec<Event> = all
            .map(|&(kind, pid, at)| report(kind, pid, at, 50_000, clock))
            .collect();
        let matching = machine.matching(&told, clock);
        let truths = machine.ledger.truths.len();
        assert_eq!(sum(&matching, &told, Matched), truths, "{seed} {clock:?}");
        let unrelated = sum(&matching, &told, Unrelated);
        assert_eq!(unrelated, told.len() - truths, "{seed} {clock:?}");
    }
}

/// An event of another process, such as a readiness probe, is not taken for one of the workload's
/// that was missed, although it has the pid that the workload's process had.
#[test]
fn the_pid_of_another_process_never_counts_as_the_workloads() {
    for (seed, clock) in (0..100).flat_map(|seed| [(seed, Clock::Exact), (seed, Clock::None)]) {
        let machine = machine(seed);
        let ours = |kind, pid, at| {
            let mut truths = machine.ledger.truths.iter();
            truths.any(|truth| (truth.kind, truth.pid, truth.after) == (kind, pid, at))
        };
        let others = machine.events.iter();
        let others = others.filter(|(kind, pid, at)| !ours(*kind, *pid, *at));
        let told: Vec<Event> = others
            .map(|&(kind, pid, at)| report(kind, pid, at, 50_000, clock))
            .collect();
        let matching = machine.matching(&told, clock);
        assert_eq!(
            sum(&matching, &told, Unrelated),
            told.len(),
            "{seed} {clock:?}"
        );
    }
}

#[test]
fn guesses_about_processes_that_never_were_are_false_positives() {
    for seed in 0..40 {
        let machine = machine(seed);
        let last_pid = PIDS.end - 5;
        for range in [CLAIMED, last_pid - 60..last_pid] {
            for (clock, late) in [
                (Clock::Exact, 0),
                (Clock::Exact, 1300 * MS),
                (Clock::None, 0),
                (Clock::None, 1300 * MS),
            ] {
                for times in [1, 5] {
                    guess(&machine, range.clone(), clock, late, times);
                }
            }
        }
    }
}

/// Claims a fork, an exec and an exit of every pid in `range`, so many times over the run.
fn guess(machine: &Machine, range: std::ops::Range<Pid>, clock: Clock, late: u64, times: u64) {
    let mut claims = Vec::new();
    for turn in 1..=times {
        let at = machine.end / times * turn;
        for (pid, kind) in range
            .clone()
            .flat_map(|pid| Kind::ALL.map(|kind| (pid, kind)))
        {
            claims.push(report(kind, pid, at, late, clock));
        }
    }
    let matching = machine.matching(&claims, clock);
    let never: Vec<Pid> = range
        .clone()
        .filter(|pid| machine.never_was(*pid))
        .collect();
    let wrong = never.len() * Kind::ALL.len() * times as usize;
    let false_positives = sum(&matching, &claims, FalsePositive);
    assert!(
        false_positives >= wrong && wrong > 0,
        "{clock:?} {late}: {false_positives} of {wrong}"
    );
    for (claim, verdict) in claims.iter().zip(matching.verdicts()) {
        let near = SLACK + 1000 * MS;
        let at = claim.received - late;
        let lived = |life: &&Life| life.pid == claim.pid && life.from <= at + late + near;
        let mut lives = machine.others.iter().filter(lived);
        let there = lives.any(|life| life.until >= at - near);
        assert!(*verdict != Unrelated || there, "{claim:?}");
    }
    for (pid, kind) in range.flat_map(|pid| [(pid, Kind::Fork), (pid, Kind::Exit)]) {
        let both = claims.iter().zip(matching.verdicts());
        let unrelated = both.filter(|(claim, verdict)| {
            (claim.pid, claim.kind, **verdict) == (pid, kind, Unrelated)
        });
        assert!(
            unrelated.count() <= machine.lives_of(pid),
            "{kind} of {pid}"
        );
    }
}

#[test]
fn a_process_is_born_once_and_ends_once_and_executes_if_it_ever_did() {
    let life = |pid, executed| Life {
        pid,
        from: 1000 * MS,
        until: 2000 * MS,
        executed,
    };
    let others = [life(7, true), life(8, false)];
    let told: Vec<Event> = [7, 8]
        .into_iter()
        .flat_map(|pid| Kind::ALL.map(|kind| (pid, kind)))
        .flat_map(|(pid, kind)| {
            [1500, 1600, 3500].map(|at| event(kind, pid, at * MS, at * MS + 10))
        })
        .collect();
    let matching = match_events(&Ledger::default(), &told, Clock::Exact, Some(&others));
    let verdicts: Vec<_> = matching.verdicts().chunks(3).collect();
    let once = [Unrelated, FalsePositive, FalsePositive];
    let never = [FalsePositive; 3];
    let often = [Unrelated, Unrelated, FalsePositive];
    assert_eq!(verdicts, [once, often, once, once, never, once]);
    let unknown = match_events(&Ledger::default(), &told, Clock::Exact, None);
    assert_eq!(unknown.verdicts(), [Unrelated; 18]);
}
