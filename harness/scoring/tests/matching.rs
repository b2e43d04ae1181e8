//! Matching against arbitrary input, against a slow matching that is plainly right, and against
//! the near misses of real techniques.

use contract::{Clock, Event, Fields, Kind, Ledger, Owned, Pid, Truth};
use proptest::prelude::*;
use scoring::matching::Verdict::{self, Duplicate, FalsePositive, Matched, Unrelated};
use scoring::matching::{Matching, match_events};
use std::num::NonZeroU64;

const MS: u64 = 1_000_000;
const COARSE: Clock = Clock::Coarse {
    early: 0,
    late: 4 * MS,
};

fn truth(kind: Kind, pid: Pid, after: u64, before: u64) -> Truth {
    Truth {
        due: None,
        after,
        before,
        fields: Fields::default(),
        pid,
        kind,
        loose: false,
    }
}

fn event(kind: Kind, pid: Pid, happened: u64, received: u64) -> Event {
    Event {
        happened: NonZeroU64::new(happened),
        received,
        fields: Fields::default(),
        pid,
        kind,
    }
}

fn child_of(mut event: Event, ppid: Pid) -> Event {
    event.fields.ppid = Some(ppid);
    event
}

fn ledger(truths: &[Truth]) -> Ledger {
    Ledger {
        truths: truths.to_vec(),
        ..Ledger::default()
    }
}

/// A process that forks at `from`, executes in the middle and ends at `from + 1000`.
fn life(pid: Pid, from: u64) -> [Truth; 3] {
    [
        truth(Kind::Fork, pid, from, from + 10),
        truth(Kind::Exec, pid, from + 500, from + 510),
        truth(Kind::Exit, pid, from + 1000, from + 1010),
    ]
}

fn matched(matching: &Matching, truths: usize) -> Vec<Option<usize>> {
    (0..truths).map(|truth| matching.event_of(truth)).collect()
}

fn verdicts(ledger: &Ledger, events: &[Event], clock: Clock) -> Vec<Verdict> {
    match_events(ledger, events, clock).verdicts().to_vec()
}

/// The span an event can speak of, from its definition.
fn reach(event: &Event, clock: Clock) -> (u64, u64) {
    let (from, until) = match (event.happened, clock) {
        (None, _) | (_, Clock::None) => (0, u64::MAX),
        (Some(at), Clock::ExitsLate(late)) if event.kind == Kind::Exit => {
            (at.get().saturating_sub(late), at.get())
        }
        (Some(at), Clock::Exact | Clock::ExitsLate(_)) => (at.get(), at.get()),
        (Some(at), Clock::Coarse { early, late }) => (
            at.get().saturating_sub(late),
            at.get().saturating_add(early),
        ),
    };
    let until = until.min(event.received);
    (from.min(until), until)
}

fn fits(truth: &Truth, event: &Event, clock: Clock) -> bool {
    let (from, until) = reach(event, clock);
    let same = truth.pid == event.pid && truth.kind == event.kind;
    same && from <= truth.before.max(truth.after) && until >= truth.after
}

/// The size of a maximum matching, by augmenting paths.
fn most(ledger: &Ledger, events: &[Event], clock: Clock) -> usize {
    fn place(
        truth: usize,
        fits: &[Vec<bool>],
        seen: &mut [bool],
        of: &mut [Option<usize>],
    ) -> bool {
        for event in 0..seen.len() {
            if fits[truth][event] && !std::mem::replace(&mut seen[event], true) {
                let free = match of[event] {
                    None => true,
                    Some(owner) => place(owner, fits, seen, of),
                };
                if free {
                    of[event] = Some(truth);
                    return true;
                }
            }
        }
        false
    }
    let row = |truth: &Truth| events.iter().map(|e| fits(truth, e, clock)).collect();
    let table: Vec<Vec<bool>> = ledger.truths.iter().map(row).collect();
    let mut of = vec![None; events.len()];
    (0..table.len())
        .filter(|&truth| place(truth, &table, &mut vec![false; events.len()], &mut of))
        .count()
}

/// What must hold whatever the input.
fn check_sums(ledger: &Ledger, events: &[Event], clock: Clock) -> Matching {
    let matching = match_events(ledger, events, clock);
    let mut taken = vec![false; events.len()];
    for (index, truth) in ledger.truths.iter().enumerate() {
        let Some(found) = matching.event_of(index) else {
            continue;
        };
        assert!(
            fits(truth, &events[found], clock),
            "{truth:?} got {:?}",
            events[found]
        );
        assert!(
            !std::mem::replace(&mut taken[found], true),
            "event {found} is taken twice"
        );
        assert_eq!(matching.verdicts()[found], Matched);
    }
    let matched = taken.iter().filter(|taken| **taken).count() as u64;
    let count = |verdict| -> u64 {
        Kind::ALL
            .iter()
            .map(|&kind| matching.count(events, kind, verdict))
            .sum()
    };
    assert_eq!(count(Matched), matched);
    assert_eq!(
        matched + count(Duplicate) + count(FalsePositive) + count(Unrelated),
        events.len() as u64
    );
    // A repeat is always of something that an event has reported.
    for (event, verdict) in events.iter().zip(matching.verdicts()) {
        let mut reported = ledger.truths.iter().enumerate();
        let repeats = reported
            .any(|(index, truth)| fits(truth, event, clock) && matching.event_of(index).is_some());
        assert!(
            *verdict != Duplicate || repeats,
            "{event:?} repeats nothing"
        );
        // Without a clock a very late repeat and an invention look alike.
        let clocked = event.happened.is_some() && clock != Clock::None;
        assert!(
            *verdict != FalsePositive || !repeats || !clocked,
            "{event:?} is a repeat"
        );
    }
    matching
}

fn any_kind() -> impl Strategy<Value = Kind> {
    (0..3_usize).prop_map(|index| Kind::ALL[index])
}

fn any_clock() -> impl Strategy<Value = Clock> {
    prop_oneof![
        Just(Clock::Exact),
        Just(Clock::None),
        (0..6_u64).prop_map(Clock::ExitsLate),
        (0..6_u64, 0..6_u64).prop_map(|(early, late)| Clock::Coarse { early, late }),
    ]
}

fn small_truth() -> impl Strategy<Value = Truth> {
    (any_kind(), 1..3_u32, 0..30_u64, 0..12_u64)
        .prop_map(|(kind, pid, after, width)| truth(kind, pid, after, after + width))
}

fn small_event() -> impl Strategy<Value = Event> {
    (any_kind(), 1..4_u32, 0..40_u64, 0..40_u64, 0..3_u32).prop_map(
        |(kind, pid, happened, received, ppid)| {
            child_of(event(kind, pid, happened, received), ppid)
        },
    )
}

/// Real ones are small; the largest make every table as long as it may get, so they are rare.
fn wild_pid() -> impl Strategy<Value = Pid> {
    prop_oneof![200 => 0..70_000_u32, 1 => any::<u32>()]
}

fn wild_truth() -> impl Strategy<Value = Truth> {
    (any_kind(), wild_pid(), any::<u64>(), any::<u64>())
        .prop_map(|(kind, pid, after, before)| truth(kind, pid, after, before))
}

fn wild_event() -> impl Strategy<Value = Event> {
    (any_kind(), wild_pid(), any::<u64>(), any::<u64>())
        .prop_map(|(kind, pid, happened, received)| event(kind, pid, happened, received))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn as_many_pairs_as_can_be(
        truths in prop::collection::vec(small_truth(), 0..12),
        events in prop::collection::vec(small_event(), 0..12),
        clock in any_clock(),
    ) {
        let ledger = ledger(&truths);
        let matching = check_sums(&ledger, &events, clock);
        let found = matched(&matching, truths.len()).iter().flatten().count();
        prop_assert_eq!(found, most(&ledger, &events, clock));
    }

    #[test]
    fn one_tangled_group_too(
        windows in prop::collection::vec((0..40_u64, 0..40_u64), 0..9),
        stamps in prop::collection::vec((1..60_u64, 1..60_u64), 0..9),
        clock in any_clock(),
    ) {
        let truths: Vec<_> =
            windows.iter().map(|&(after, width)| truth(Kind::Exec, 7, after, after + width)).collect();
        let events: Vec<_> =
            stamps.iter().map(|&(at, received)| event(Kind::Exec, 7, at, received)).collect();
        let ledger = ledger(&truths);
        let matching = check_sums(&ledger, &events, clock);
        let found = matched(&matching, truths.len()).iter().flatten().count();
        prop_assert_eq!(found, most(&ledger, &events, clock));
    }

    #[test]
    fn any_bytes_keep_the_sums(
        truths in prop::collection::vec(prop_oneof![wild_truth(), small_truth()], 0..30),
        events in prop::collection::vec(prop_oneof![wild_event(), small_event()], 0..30),
        owned in prop::collection::vec((0..5_u32, any::<u64>(), any::<u64>()), 0..5),
        clock in any_clock(),
    ) {
        // A window that ends before it begins, or a pid no kernel gives, is still counted.
        let owned = owned.into_iter().map(|(pid, from, until)| Owned { pid, from, until });
        let ledger = Ledger { truths, owned: owned.collect(), ..Ledger::default() };
        check_sums(&ledger, &events, clock);
    }

    #[test]
    fn order_of_the_ledger_does_not_matter(
        truths in prop::collection::vec(small_truth(), 0..12),
        events in prop::collection::vec(small_event(), 0..12),
        clock in any_clock(),
    ) {
        let reversed: Vec<_> = truths.iter().rev().copied().collect();
        let one = match_events(&ledger(&truths), &events, clock);
        let two = match_events(&ledger(&reversed), &events, clock);
        prop_assert_eq!(one.verdicts(), two.verdicts());
    }
}

#[test]
fn nothing_against_nothing() {
    let matching = match_events(&Ledger::default(), &[], Clock::Exact);
    assert!(matching.verdicts().is_empty());
    let alone = [event(Kind::Exec, 5, 1, 2)];
    assert_eq!(
        verdicts(&Ledger::default(), &alone, Clock::Exact),
        [Unrelated]
    );
    let matching = match_events(&ledger(&life(5, 100)), &[], Clock::None);
    assert_eq!(matched(&matching, 3), [None, None, None]);
}

#[test]
fn a_pid_off_by_one_matches_nothing() {
    let truths = life(100, 1000);
    let events = [
        event(Kind::Fork, 101, 1005, 1100),
        event(Kind::Fork, 99, 1005, 1100),
        child_of(event(Kind::Fork, 101, 1200, 1300), 100),
    ];
    let ledger = ledger(&truths);
    assert_eq!(
        verdicts(&ledger, &events, Clock::Exact),
        [Unrelated, Unrelated, FalsePositive]
    );
    assert_eq!(
        matched(&match_events(&ledger, &events, Clock::Exact), 3),
        [None, None, None]
    );
}

#[test]
fn an_exit_stamped_after_the_wait_is_still_that_exit() {
    let clock = Clock::ExitsLate(50);
    for (kind, at, expected) in [
        (Kind::Exit, 2011, Matched),
        (Kind::Exit, 2060, Matched),
        (Kind::Exit, 2061, Unrelated),
        (Kind::Exec, 1511, FalsePositive),
    ] {
        let events = [event(kind, 7, at, 9000)];
        let found = verdicts(&ledger(&life(7, 1000)), &events, clock);
        assert_eq!(found, [expected], "{kind} at {at}");
    }
}

#[test]
fn emulated_cpus_may_stand_still_before_a_stamp() {
    const SECOND: u64 = 1_000_000_000;
    let late = Clock::ExitsLate(SECOND / 5);
    let coarse = Clock::Coarse {
        early: SECOND / 4,
        late: 0,
    };
    // A life ends 1,000 ns after it began at the latest: this exit is stamped a second after, or
    // before.
    let begun = 10 * SECOND;
    for (clock, at) in [(late, begun + SECOND), (coarse, begun - SECOND)] {
        let events = [event(Kind::Exit, 7, at, 20 * SECOND)];
        let of = |clock| matched(&match_events(&ledger(&life(7, begun)), &events, clock), 3);
        assert_eq!(of(clock)[2], None, "{clock:?}");
        assert_eq!(of(clock.emulated())[2], Some(0), "{clock:?}");
    }
    assert_eq!(Clock::Exact.emulated(), Clock::Exact);
}

#[test]
fn the_window_is_closed_and_sharp() {
    let truths = life(7, 1000);
    for (at, expected) in [
        (1499, FalsePositive),
        (1500, Matched),
        (1510, Matched),
        (1511, FalsePositive),
    ] {
        let events = [event(Kind::Exec, 7, at, 9000)];
        assert_eq!(
            verdicts(&ledger(&truths), &events, Clock::Exact),
            [expected],
            "at {at}"
        );
    }
    // Before its first and after its last event the process was not the workload's.
    for (kind, at) in [(Kind::Fork, 999), (Kind::Exit, 2011)] {
        let events = [event(kind, 7, at, 9000)];
        assert_eq!(
            verdicts(&ledger(&truths), &events, Clock::Exact),
            [Unrelated],
            "{kind} at {at}"
        );
    }
}

#[test]
fn an_event_cannot_speak_of_what_came_after_it_was_received() {
    let truths = life(7, 1000);
    let events = [event(Kind::Exec, 7, 0, 1499)];
    assert_eq!(
        verdicts(&ledger(&truths), &events, Clock::None),
        [FalsePositive]
    );
    let events = [event(Kind::Exec, 7, 1505, 1400)];
    assert_eq!(
        verdicts(&ledger(&truths), &events, Clock::Exact),
        [FalsePositive]
    );
}

#[test]
fn a_reused_pid_is_two_processes() {
    let truths = [life(7, 1000), life(7, 5000)].concat();
    // The first owner's reports were lost: with or without a clock the second owner gets its own.
    for clock in [Clock::Exact, Clock::None] {
        let events = [
            event(Kind::Fork, 7, 5005, 5100),
            event(Kind::Exec, 7, 5505, 5600),
            event(Kind::Exit, 7, 6005, 6100),
        ];
        let matching = check_sums(&ledger(&truths), &events, clock);
        assert_eq!(
            matched(&matching, 6),
            [None, None, None, Some(0), Some(1), Some(2)]
        );
    }
}

#[test]
fn a_reused_pid_with_the_second_report_lost() {
    let truths = [life(7, 1000), life(7, 5000)].concat();
    for clock in [Clock::Exact, Clock::None] {
        let events = [event(Kind::Exec, 7, 1505, 1600)];
        let matching = check_sums(&ledger(&truths), &events, clock);
        assert_eq!(
            matched(&matching, 6),
            [None, Some(0), None, None, None, None]
        );
    }
}

#[test]
fn the_next_owner_of_a_pid_is_outside() {
    // 7 lives, ends, is somebody else's between, and is the workload's again.
    let truths = [life(7, 1000), life(7, 9_000_000_000)].concat();
    let events = [
        event(Kind::Exec, 7, 5_000_000_000, 5_000_000_100),
        event(Kind::Exec, 7, 0, 5_000_000_100),
    ];
    assert_eq!(
        verdicts(&ledger(&truths), &events[..1], Clock::Exact),
        [Unrelated]
    );
    // Without a clock the first such report may be a late one, and so it is counted as such.
    let matching = check_sums(&ledger(&truths), &events[1..], Clock::None);
    assert_eq!(matched(&matching, 6)[1], Some(0));
}

#[test]
fn a_coarse_clock_reads_early_and_still_finds_its_truth() {
    // audit: stamps from the last tick, up to 4 ms before the call.
    let truths: Vec<_> = (0..50_u32)
        .flat_map(|n| life(100 + n, 10 * MS + u64::from(n) * 300_000))
        .collect();
    let ticked = |at: u64| at / (4 * MS) * (4 * MS);
    let events: Vec<_> = truths
        .iter()
        .map(|t| event(t.kind, t.pid, ticked(t.after), t.before + 50))
        .collect();
    let matching = check_sums(
        &ledger(&truths),
        &events,
        Clock::Coarse {
            early: 4 * MS,
            late: 0,
        },
    );
    assert!(matching.verdicts().iter().all(|v| *v == Matched));
    assert!((0..truths.len()).all(|t| matching.event_of(t) == Some(t)));
    // Taken for an exact one, the same clock matches next to nothing: the claims matter.
    let strict = check_sums(&ledger(&truths), &events, Clock::Exact);
    assert!(strict.verdicts().iter().any(|v| *v != Matched));
}

#[test]
fn a_coarse_clock_that_reads_late() {
    let truths = life(7, 10 * MS);
    let events = [event(Kind::Exec, 7, 13 * MS, 14 * MS)];
    assert_eq!(verdicts(&ledger(&truths), &events, COARSE), [Matched]);
    let events = [event(Kind::Exec, 7, 15 * MS, 16 * MS)];
    assert_eq!(verdicts(&ledger(&truths), &events, COARSE), [Unrelated]);
}

#[test]
fn several_execs_in_a_row_each_get_their_own() {
    let mut truths = vec![truth(Kind::Fork, 7, 100, 110)];
    truths.extend((0..5).map(|n| truth(Kind::Exec, 7, 200 + n * 100, 250 + n * 100)));
    truths.push(truth(Kind::Exit, 7, 900, 910));
    let all: Vec<_> = (0..5)
        .map(|n| event(Kind::Exec, 7, 220 + n * 100, 1000 + n))
        .collect();
    let matching = check_sums(&ledger(&truths), &all, Clock::Exact);
    assert_eq!(
        matched(&matching, 7)[1..6],
        [Some(0), Some(1), Some(2), Some(3), Some(4)]
    );
    // With the third lost, the others stay where they belong.
    let some = [all[0], all[1], all[3], all[4]];
    let matching = check_sums(&ledger(&truths), &some, Clock::Exact);
    assert_eq!(
        matched(&matching, 7)[1..6],
        [Some(0), Some(1), None, Some(2), Some(3)]
    );
}

#[test]
fn a_fork_whose_child_was_never_seen() {
    // The fork itself is reported, nothing else of the child.
    let truths = life(7, 1000);
    let events = [event(Kind::Fork, 7, 1005, 1100)];
    let matching = check_sums(&ledger(&truths), &events, Clock::Exact);
    assert_eq!(matched(&matching, 3), [Some(0), None, None]);
}

#[test]
fn an_exec_from_a_thread_counts_for_its_process() {
    // Process 7, thread 8: the exec is due under 7. A monitor that says 8 missed it and false positives.
    let ledger = Ledger {
        truths: life(7, 1000).to_vec(),
        owned: vec![Owned {
            pid: 8,
            from: 1200,
            until: 1510,
        }],
        ..Ledger::default()
    };
    let right = [event(Kind::Exec, 7, 1505, 1600)];
    assert_eq!(verdicts(&ledger, &right, Clock::Exact), [Matched]);
    let wrong = [event(Kind::Exec, 8, 1505, 1600)];
    assert_eq!(verdicts(&ledger, &wrong, Clock::Exact), [FalsePositive]);
}

#[test]
fn a_thread_reported_as_a_process_is_false_positive() {
    // Nothing in the ledger about 5000, yet it is said to come from 7 while 7 was the workload's.
    let ledger = ledger(&life(7, 1000));
    let during = child_of(event(Kind::Fork, 5000, 1300, 1400), 7);
    let later = child_of(event(Kind::Fork, 5000, 4_000_000_000, 4_000_000_001), 7);
    let stranger = child_of(event(Kind::Fork, 5000, 1300, 1400), 8);
    let events = [during, later, stranger];
    assert_eq!(
        verdicts(&ledger, &events, Clock::Exact),
        [FalsePositive, Unrelated, Unrelated]
    );
    assert_eq!(
        verdicts(&ledger, &events, Clock::None),
        [FalsePositive, Unrelated, Unrelated]
    );
}

#[test]
fn a_failed_call_leaves_the_rest_of_the_life_alone() {
    // Ten execs that failed inside one life, then one that never was.
    let failed = (0..10_u64).map(|n| Owned {
        pid: 7,
        from: 1010 + n,
        until: 1011 + n,
    });
    let ledger = Ledger {
        truths: life(7, 1000).to_vec(),
        owned: failed.collect(),
        ..Ledger::default()
    };
    let events = [event(Kind::Exec, 7, 1700, 1800)];
    assert_eq!(verdicts(&ledger, &events, Clock::Exact), [FalsePositive]);
}

#[test]
fn repeats_are_repeats_however_late() {
    let truths = life(7, 1000);
    let late = 60_000_000_000;
    let events = [
        event(Kind::Exit, 7, 2005, late),
        event(Kind::Exit, 7, 2005, 2100),
        event(Kind::Exit, 7, 2006, late + 1),
    ];
    let matching = check_sums(&ledger(&truths), &events, Clock::Exact);
    assert_eq!(
        matching.verdicts(),
        [Duplicate, Matched, Duplicate].as_slice()
    );
    // Without a clock, as long as patience lasts.
    let soon = [
        event(Kind::Exit, 7, 0, 2100),
        event(Kind::Exit, 7, 0, 900_000_000),
        event(Kind::Exit, 7, 0, late),
    ];
    let matching = check_sums(&ledger(&truths), &soon, Clock::None);
    assert_eq!(
        matching.verdicts(),
        [Matched, Duplicate, Unrelated].as_slice()
    );
}

#[test]
fn the_next_owner_may_be_stamped_before_the_last_one_ends() {
    // The parent of the second 7 took its stamp, was held up, and forked after the first 7 ended.
    let truths = [
        truth(Kind::Fork, 7, 100, 110),
        truth(Kind::Exit, 7, 300, 320),
        truth(Kind::Fork, 7, 290, 400),
        truth(Kind::Exit, 7, 600, 610),
    ];
    let events = [
        event(Kind::Fork, 7, 105, 1000),
        event(Kind::Exit, 7, 310, 1000),
        event(Kind::Fork, 7, 350, 1000),
        event(Kind::Exit, 7, 605, 1000),
        event(Kind::Exec, 7, 500, 1000),
    ];
    let matching = check_sums(&ledger(&truths), &events, Clock::Exact);
    assert_eq!(matched(&matching, 4), [Some(0), Some(1), Some(2), Some(3)]);
    assert_eq!(matching.verdicts()[4], FalsePositive);
}

#[test]
fn a_pid_no_kernel_gives_costs_no_memory() {
    let truths = [truth(Kind::Exec, u32::MAX, 1, 2)];
    let events = [event(Kind::Exec, u32::MAX, 1, 2)];
    let matching = match_events(&ledger(&truths), &events, Clock::Exact);
    assert_eq!(matched(&matching, 1), [None]);
    assert_eq!(matching.verdicts(), [Unrelated]);
}
