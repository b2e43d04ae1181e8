use contract::{EventRef, Fields, Truth};

use super::*;

const SECOND: Nanos = 1_000_000_000;

/// Processes that fork at 10 s, execute, and end at 30 s.
fn sleepers(pids: std::ops::Range<Pid>) -> Ledger {
    let mut ledger = Ledger::default();
    for pid in pids {
        let exe = ledger.arena.push(b"/bin/sleeper");
        let argv = ledger.arena.push(format!("s\0{pid}\0").as_bytes());
        for (kind, at) in Kind::ALL.into_iter().zip([10, 11, 30]) {
            let exec = kind == Kind::Exec;
            let fields = Fields {
                ppid: (kind != Kind::Exit).then_some(1),
                exe: exec.then_some(exe),
                argv: exec.then_some(argv),
                ..Fields::default()
            };
            ledger.truths.push(Truth {
                after: at * SECOND,
                before: at * SECOND + 5,
                due: None,
                fields,
                pid,
                kind,
                loose: true,
            });
        }
    }
    ledger
}

fn line(log: &mut EventLog, pid: Pid, argv: &str, began: Nanos, received: Nanos) {
    log.push(EventRef {
        happened: began,
        ppid: Some(1),
        exe: Some(b"/bin/sleeper"),
        argv: Some(argv.as_bytes()),
        origin: Origin::Snapshot,
        ..EventRef::new(Kind::Exec, pid, received)
    });
}

#[test]
fn each_line_is_counted_as_what_it_is() {
    let ledger = sleepers(100..110);
    let (began, read) = (10 * SECOND - TICK / 2, 20 * SECOND);
    let mut log = EventLog::default();
    for pid in 100..106 {
        line(&mut log, pid, &format!("s\0{pid}\0"), began, read);
    }
    line(&mut log, 106, "other\0", began, read);
    // Told again, never there, another process of the machine, and one that has not begun.
    line(&mut log, 100, "s\x00100\x00", began, read + 1);
    line(&mut log, 7, "s\0", began, read);
    line(&mut log, 8, "s\0", began, read);
    line(&mut log, 107, "s\x00107\x00", 3 * SECOND, read);
    // Known by a program that it begins; told by its fork although the snapshot has it.
    let alive = |kind, pid| EventRef {
        happened: 11 * SECOND + 1,
        ..EventRef::new(kind, pid, read)
    };
    log.push(alive(Kind::Exec, 108));
    log.push(alive(Kind::Fork, 101));
    let other = Life {
        pid: 8,
        from: 0,
        until: 40 * SECOND,
        executed: true,
    };
    let found = SnapshotScore::of(&log, &ledger, Some(&[other]));
    let due = SnapshotScore {
        running: 10,
        known: 8,
        duplicates: 2,
        false_positives: 2,
        unrelated: 1,
        correct: 20,
        wrong: 1,
    };
    assert_eq!(found, due);
}

#[test]
fn without_a_snapshot_nothing_is_known_and_nothing_is_wrong() {
    let found = SnapshotScore::of(&EventLog::default(), &sleepers(1..6), Some(&[]));
    let due = SnapshotScore {
        running: 5,
        ..SnapshotScore::default()
    };
    assert_eq!(found, due);
}
