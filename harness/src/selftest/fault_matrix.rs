//! What is planted in each ledger, and where it cannot be.

use std::collections::BTreeMap;

use contract::{Claims, Clock, Ledger, Nanos};

/// One run of `replay` each, alone and together.
pub(super) const FAULTS: &[&str] = &[
    "",
    "drop=0.01",
    "drop=0.5",
    "drop=1",
    "drop=0.2,dropkind=fork",
    "drop=0.2,dropkind=exec",
    "drop=0.2,dropkind=exit",
    "drop=0.1,burst=20",
    "tail=7",
    "drop=0.05,burst=5,tail=30",
    "drop=0.1,reported=0",
    "drop=0.1,reported=0.37",
    "duplicate=0.1",
    "duplicate=1,shuffle=9",
    "false_positive=0.05",
    "false_positive=0.3,offer=exec",
    "unrelated=0.2",
    "shuffle=16",
    "shuffle=1000,law=exponential",
    "swap=0.2",
    "swap=1,wrong=0.1,field=ppid",
    "missing=0.3,field=ppid",
    "drop=0.3,dropkind=fork,swap=0.3",
    "delay=0",
    "delay=2000,law=uniform",
    "delay=300,law=exponential",
    "delay=100,law=heavy",
    "wrong=0.1,field=ppid",
    "wrong=0.2,field=argv",
    "truncated=0.2,field=argv",
    "missing=0.3",
    "wrong=0.1,truncated=0.1,missing=0.1",
    "stale=0.4",
    "stale=0.5,field=argv,wrong=0.2",
    "details=yes",
    "details=yes,wrong=0.2,stale=0.3,missing=0.1,truncated=0.1",
    "details=yes,wrong=0.3,field=cwd",
    "details=yes,wrong=0.1,field=start_ns",
    "details=yes,wrong=0.1,missing=0.1,field=inner_pid",
    "details=yes,stale=1,field=cgroup",
    "details=yes,stale=0.5,field=uid,drop=0.2,duplicate=0.1",
    "offer=exit,drop=0.2",
    "clock=coarse,drop=0.1,duplicate=0.1,false_positive=0.1,unrelated=0.1",
    "clock=none,drop=0.1,duplicate=0.05,false_positive=0.1,unrelated=0.1",
    EVERYTHING,
];

/// All faults at once.
pub(crate) const EVERYTHING: &str = "drop=0.1,burst=4,tail=5,reported=0.5,duplicate=0.1,false_positive=0.1,\
unrelated=0.1,shuffle=8,swap=0.1,delay=200,law=heavy,wrong=0.1,truncated=0.1,missing=0.1";

/// Whether one pid's events of one kind are so far apart that a clock like that of `claims`
/// tells them from each other. Where it cannot, which of them was dropped could not be said.
pub(super) fn tells_apart(ledger: &Ledger, claims: &Claims) -> bool {
    let mut by_place: BTreeMap<_, Vec<(Nanos, Nanos)>> = BTreeMap::new();
    for truth in &ledger.truths {
        let of = by_place.entry((truth.pid, truth.kind)).or_default();
        of.push((truth.after, truth.before));
    }
    by_place.values_mut().all(|windows| {
        windows.sort_unstable();
        let apart = |blur: Nanos| windows.windows(2).all(|two| two[0].1 + blur < two[1].0);
        match claims.clock {
            Clock::Exact | Clock::ExitsLate(_) => apart(0),
            Clock::Coarse { early, late } => apart(early + late),
            Clock::None => windows.len() == 1,
        }
    })
}
