use contract::{Clock, Event, Kind, Ledger, Owned, Pid, Truth};
use proptest::prelude::*;
use scoring::matching::match_events;

use crate::made::{child_of, event, ledger, matched, truth};
use crate::reference::{check_sums, most};

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
        let one = match_events(&ledger(&truths), &events, clock, None);
        let two = match_events(&ledger(&reversed), &events, clock, None);
        prop_assert_eq!(one.verdicts(), two.verdicts());
    }
}
