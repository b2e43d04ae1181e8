use super::*;
use crate::cross_check::accounting::Alive;

const SECOND: Nanos = 1_000_000_000;
const RUNNER: Pid = 500;

fn record(pid: Pid, ppid: Pid, executed: bool) -> AcctRecord {
    AcctRecord {
        executed,
        status: 256,
        uid: 0,
        pid,
        ppid,
        begun_s: 1_700_000_105,
        lived_ticks: 10.0,
    }
}

fn kept(records: &[AcctRecord]) -> Kept {
    Kept {
        records: records.to_vec(),
        alive: Alive {
            uid: None,
            on: 100 * SECOND,
            off: 200 * SECOND,
            wall: [1_700_000_000 * SECOND; 2],
            boot: 0,
            tick: SECOND / 100,
            first: Vec::new(),
            last: Vec::new(),
        },
    }
}

fn outcome() -> Outcome {
    Outcome {
        runner: RUNNER,
        began: 104 * SECOND,
        over: 107 * SECOND,
        status: 0,
        counted: None,
        uncounted: None,
        left: Vec::new(),
    }
}

fn pids(records: &[AcctRecord]) -> Vec<Pid> {
    let own = own(&kept(records), &outcome());
    let mut pids: Vec<_> = own.iter().map(|&place| records[place].pid).collect();
    pids.sort_unstable();
    pids
}

#[test]
fn children_are_found_whatever_the_order_in_which_they_end() {
    let (first, child, grandchild) = (
        record(7, RUNNER, true),
        record(8, 7, false),
        record(9, 8, true),
    );
    assert_eq!(pids(&[grandchild, child, first]), [7, 8, 9]);
    assert_eq!(pids(&[first, child, grandchild]), [7, 8, 9]);
    // An orphan that the runner took in, one of another tree, and the runner itself.
    let others = [
        record(10, RUNNER, true),
        record(11, 1, true),
        record(RUNNER, 2, true),
    ];
    assert_eq!(pids(&[&[first], &others[..]].concat()), [7, 10]);
}

#[test]
fn an_earlier_owner_of_a_pid_lends_it_no_children() {
    let long_ago = AcctRecord {
        begun_s: 1_700_000_010,
        ..record(8, 7, true)
    };
    assert_eq!(pids(&[long_ago, record(7, RUNNER, true)]), [7]);
}

#[test]
fn a_process_has_a_fork_an_exit_with_its_status_and_an_exec_if_it_executed() {
    let all = kept(&[record(7, RUNNER, true), record(8, 7, false)]);
    let of = |place| -> Vec<Truth> { truths(&all, place, &outcome()).collect() };
    let kinds = |of: &[Truth]| of.iter().map(|truth| truth.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&of(0)), [Kind::Fork, Kind::Exec, Kind::Exit]);
    assert_eq!(kinds(&of(1)), [Kind::Fork, Kind::Exit]);
    let exit = of(1)[1];
    assert_eq!(
        (exit.pid, exit.fields.status, exit.loose),
        (8, Some(256), true)
    );
    let whole = outcome();
    assert!(exit.after >= whole.began && exit.after <= exit.before && exit.before <= whole.over);
}

#[test]
fn sources_that_disagree_are_told() {
    let counted = Counted { forks: 3, execs: 4 };
    assert_eq!(agree(counted, 3, 2), Ok(()));
    let why = agree(counted, 2, 2).unwrap_err();
    assert!(
        why.contains("processes: perf counters 3, process accounting 2"),
        "{why}"
    );
    assert!(agree(counted, 4, 2).is_err());
    assert!(agree(counted, 3, 5).unwrap_err().contains("execs"));
}
