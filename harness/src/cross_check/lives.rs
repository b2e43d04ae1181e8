//! All processes of the machine that are not the workload's, as scoring needs them: pure.
//!
//! Of a process that ended, accounting has the second in which it began and how long it lived, and the
//! file was open from one known time to another: from these follow bounds that are wide by a second at
//! most on either side.

use contract::{Ledger, Life, Nanos, Pid};
use foldhash::{HashSet, HashSetExt};
use monitors::accounting::AcctRecord;

use super::accounting::Kept;
use super::machine::Alive;

const SECOND: Nanos = 1_000_000_000;

/// In these `ac_etime` is counted.
const ACCOUNTING_TICK: f64 = 1e7;

/// All lives of `kept` but those of the workload with this ledger, whose records stand in the places
/// `ours`. Where a driver makes its processes, they are known by the pids in the ledger alone.
pub(super) fn beside(kept: &Kept, ledger: &Ledger, ours: Option<Vec<usize>>) -> Vec<Life> {
    let mut own = vec![false; kept.records.len()];
    let ours = ours.unwrap_or_else(|| of_pids(&kept.records, ledger));
    ours.into_iter().for_each(|place| own[place] = true);
    others(kept, |place| own[place])
}

/// All lives but those whose records stand in the places that are `own`.
pub(crate) fn others(Kept { records, alive }: &Kept, own: impl Fn(usize) -> bool) -> Vec<Life> {
    let ended = records.iter().enumerate();
    let ended = ended.filter(|(place, _)| !own(*place));
    let mut all: Vec<Life> = ended
        .map(|(_, record)| self::ended(record, alive))
        .collect();
    all.sort_unstable_by_key(|life| (life.pid, life.from));
    let known = all.clone();
    let mut seen: HashSet<(Pid, u64)> = HashSet::new();
    for &(pid, started) in alive.first.iter().chain(&alive.last) {
        let begun = (started * alive.tick).saturating_sub(alive.boot);
        let of_pid = known.partition_point(|life| life.pid < pid);
        let mut of_pid = known[of_pid..].iter().take_while(|life| life.pid == pid);
        let has_ended = of_pid.any(|life| life.from <= begun + alive.tick && begun <= life.until);
        if !has_ended && seen.insert((pid, started)) {
            all.push(Life {
                pid,
                from: begun,
                until: Nanos::MAX,
                // Of one that is still there nothing tells whether it has.
                executed: true,
            });
        }
    }
    all
}

/// The places of the records with a pid of the ledger.
fn of_pids(records: &[AcctRecord], ledger: &Ledger) -> Vec<usize> {
    let pids = ledger.truths.iter().map(|truth| truth.pid);
    let pids: HashSet<Pid> = pids.chain(ledger.owned.iter().map(|one| one.pid)).collect();
    let places = 0..records.len();
    places
        .filter(|&place| pids.contains(&records[place].pid))
        .collect()
}

/// The bounds of a life that ended.
pub(crate) fn ended(record: &AcctRecord, alive: &Alive) -> Life {
    let lived = (f64::from(record.lived_ticks) * ACCOUNTING_TICK) as Nanos;
    // Rounded down to a tick, and to 24 bits.
    let lived_at_most = lived + ACCOUNTING_TICK as Nanos + lived / (1 << 23);
    let begun = Nanos::from(record.begun_s) * SECOND;
    let [lowest, highest] = [
        alive.wall[0].min(alive.wall[1]),
        alive.wall[0].max(alive.wall[1]),
    ];
    let begun_from = begun.saturating_sub(SECOND).saturating_sub(highest);
    let begun_until = (begun + SECOND).saturating_sub(lowest);
    Life {
        pid: record.pid,
        from: begun_from.max(alive.on.saturating_sub(lived_at_most)),
        until: alive.off.min(begun_until + lived_at_most),
        executed: record.executed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Nanos = 1_700_000_000 * SECOND;

    fn alive(first: &[(Pid, u64)], last: &[(Pid, u64)]) -> Alive {
        Alive {
            uid: Some(65534),
            on: 100 * SECOND,
            off: 110 * SECOND,
            wall: [WALL, WALL],
            boot: 0,
            tick: SECOND / 100,
            first: first.to_vec(),
            last: last.to_vec(),
        }
    }

    /// Begun and lived in seconds of CLOCK_MONOTONIC, as the kernel would write it.
    fn ended(pid: Pid, begun: f64, lived: f64) -> AcctRecord {
        let end_s = (begun + lived).floor() as u32;
        AcctRecord {
            executed: pid.is_multiple_of(2),
            status: 0,
            uid: 0,
            pid,
            ppid: 1,
            begun_s: 1_700_000_000 + end_s - lived.floor() as u32,
            lived_ticks: (lived * 100.0).floor() as f32,
        }
    }

    fn of(records: &[AcctRecord], alive: Alive) -> Vec<Life> {
        let records = records.to_vec();
        others(&Kept { records, alive }, |_| false)
    }

    #[test]
    fn a_life_holds_its_true_times_and_little_more() {
        for (begun, lived) in [(100.2, 0.004), (100.9, 5.3), (104.99, 1.02), (3.1, 99.7)] {
            let found = of(&[ended(7, begun, lived)], alive(&[], &[]));
            let at = |seconds: f64| (seconds * 1e9) as Nanos;
            let (from, until) = (found[0].from, found[0].until);
            assert!(from <= at(begun) && at(begun + lived) <= until, "{found:?}");
            assert!(at(begun) - from <= SECOND * 21 / 10, "{found:?}");
            assert!(until - at(begun + lived) <= SECOND * 21 / 10, "{found:?}");
            assert!(!found[0].executed);
        }
    }

    #[test]
    fn what_is_alive_is_counted_once_and_never_ends() {
        let both = (40, 500);
        let (gone, came) = ((42, 9_000), (44, 10_500));
        let records = [ended(42, 90.0, 13.0)];
        let found = of(&records, alive(&[both, gone], &[both, came]));
        let mut pids: Vec<_> = found.iter().map(|life| (life.pid, life.until)).collect();
        pids.sort_unstable();
        assert_eq!(pids.len(), 3);
        assert_eq!((pids[0], pids[2]), ((40, Nanos::MAX), (44, Nanos::MAX)));
        assert!(pids[1].0 == 42 && pids[1].1 < Nanos::MAX);
        let reused = of(&records, alive(&[], &[(42, 10_900)]));
        assert_eq!(reused.len(), 2, "{reused:?}");
    }
}
