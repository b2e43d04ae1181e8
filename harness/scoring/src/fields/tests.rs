use contract::{Clock, DetailsBuf, EventRef, Fields, Pid, argv_bytes};

use super::*;
use crate::matching::match_events;

#[test]
fn a_cut_must_be_owned_up_to() {
    let of = |due: &str, told: &str, piece: Piece, cut| {
        let bytes = told.as_bytes();
        compare(
            &Due::Text(due.as_bytes(), piece),
            Some(Value::Text { bytes, cut }),
        )
    };
    let (path, argv): (Piece, Piece) = (path_piece, argv_piece);
    assert_eq!(
        of("/bin/true", "/bin/true", path, false),
        Correctness::Correct
    );
    assert_eq!(
        of("/bin/true", "/bin/tr", path, true),
        Correctness::Truncated
    );
    assert_eq!(of("/bin/true", "/bin/tr", path, false), Correctness::Wrong);
    assert_eq!(of("/bin/true", "/bin/fa", path, true), Correctness::Wrong);
    assert_eq!(
        of("/bin/true", "n/true", path, true),
        Correctness::Truncated
    );
    assert_eq!(
        of("a\0bcd\0", "a\0bc\0", argv, true),
        Correctness::Truncated
    );
    assert_eq!(of("a\0bcd\0", "cd\0", argv, true), Correctness::Wrong);
    assert_eq!(of("a\0", "a\0b\0", argv, true), Correctness::Wrong);
    assert_eq!(compare(&Due::Text(b"a", path), None), Correctness::Missing);
    assert_eq!(
        compare(&Due::Number(1), Some(Value::Number(1))),
        Correctness::Correct
    );
    let text = Value::Text {
        bytes: b"1",
        cut: false,
    };
    assert_eq!(compare(&Due::Number(1), Some(text)), Correctness::Wrong);
}

/// 10 executes `shell` and forks 11, which executes `first` and then `second`; before that another
/// process had pid 11 and executed `other`.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    let mut write = |kind, pid, after, ppid, exe: Option<&str>| {
        let exe_span = exe.map(|exe| ledger.arena.push(exe.as_bytes()));
        let argv = exe.map(|exe| ledger.arena.push(&argv_bytes([exe, "x"])));
        let fields = Fields {
            ppid,
            exe: exe_span,
            argv,
            ..Fields::default()
        };
        ledger.truths.push(Truth {
            after,
            before: after + 5,
            due: None,
            fields,
            pid,
            kind,
            loose: false,
        });
    };
    write(Kind::Fork, 11, 10, Some(9), None);
    write(Kind::Exec, 11, 20, None, Some("other"));
    write(Kind::Exit, 11, 30, None, None);
    write(Kind::Fork, 10, 100, Some(9), None);
    write(Kind::Exec, 10, 200, None, Some("shell"));
    write(Kind::Fork, 11, 300, Some(10), None);
    write(Kind::Exec, 11, 400, None, Some("first"));
    write(Kind::Exec, 11, 500, None, Some("second"));
    write(Kind::Exit, 11, 600, None, None);
    ledger
}

/// What becomes of an exe and an argv told of the exec of `pid` at `at`.
fn told(pid: Pid, at: u64, exe: &str) -> [FieldScore; 2] {
    let mut log = EventLog::default();
    let argv = argv_bytes([exe, "x"]);
    log.push(EventRef {
        happened: at + 1,
        exe: Some(exe.as_bytes()),
        argv: Some(&argv),
        ..EventRef::new(Kind::Exec, pid, 1000)
    });
    let claims = Claims::none(Clock::Exact).with(Kind::Exec, &[Field::Exe, Field::Argv]);
    let ledger = ledger();
    let matching = match_events(&ledger, &log.events, claims.clock, None);
    let scores = judge(&ledger, &log, &matching, &claims, |_, _, _| {});
    [Field::Exe, Field::Argv].map(|field| scores.0[&field])
}

#[test]
fn what_was_true_before_is_stale() {
    let of = |pid, at, exe| {
        let [exe, argv] = told(pid, at, exe);
        assert_eq!(exe, argv);
        (exe.correct, exe.stale, exe.wrong)
    };
    assert_eq!(of(11, 500, "second"), (1, 0, 0));
    assert_eq!(of(11, 500, "first"), (0, 1, 0), "its own earlier image");
    assert_eq!(of(11, 400, "shell"), (0, 1, 0), "its parent's");
    assert_eq!(of(11, 500, "shell"), (0, 1, 0), "its parent's");
    assert_eq!(
        of(11, 500, "other"),
        (0, 0, 1),
        "the last owner's of its pid"
    );
    assert_eq!(of(11, 400, "second"), (0, 0, 1), "what it ran later");
    assert_eq!(of(10, 200, "first"), (0, 0, 1), "its child's");
    assert_eq!(of(11, 500, "third"), (0, 0, 1));
}

#[test]
fn a_parent_that_only_forked_runs_what_its_own_parent_ran() {
    let mut ledger = ledger();
    // 11 forks 12 before it executes anything: 12 is born as `shell`.
    let mut fork = ledger.truths[5];
    (fork.pid, fork.after, fork.before) = (12, 350, 355);
    fork.fields.ppid = Some(11);
    let mut exec = ledger.truths[7];
    (exec.pid, exec.after, exec.before) = (12, 360, 365);
    ledger.truths.extend([fork, exec]);
    let place = ledger.truths.len() as u32 - 1;
    let images = Images::new(&ledger);
    let ran = |place: u32, name: &[u8]| {
        let exe = ledger.truths[place as usize].fields.exe;
        exe.map(|span| ledger.arena.get(span)) == Some(name)
    };
    assert!(images.any_earlier(place, |place| ran(place, b"shell")));
    assert!(!images.any_earlier(place, |place| ran(place, b"first")));
}

/// What becomes of `field` told of the exec of 11 at 500, whose own user is 7 and cgroup 70; it ran in
/// cgroup 60 before, and its parent is user 5's.
fn detail(field: Field, put: impl Fn(&mut DetailsBuf)) -> FieldScore {
    let mut ledger = ledger();
    for (place, uid, cgroup) in [(4, 5, 50), (6, 7, 60), (7, 7, 70)] {
        let mut known = DetailsBuf::default();
        known.text(Field::Cwd, b"/a/b");
        known.number(Field::Uid, uid as u64);
        known.number(Field::Cgroup, cgroup as u64);
        known.number(Field::PidNs, 1_u32);
        ledger.truths[place].fields.details = ledger.arena.push_details(known.details());
    }
    let (mut log, mut told) = (EventLog::default(), DetailsBuf::default());
    put(&mut told);
    log.push(EventRef {
        happened: 501,
        details: told.details(),
        ..EventRef::new(Kind::Exec, 11, 1000)
    });
    let claims = Claims::none(Clock::Exact).with(Kind::Exec, &[field]);
    let matching = match_events(&ledger, &log.events, claims.clock, None);
    let scores = judge(&ledger, &log, &matching, &claims, |_, _, _| {});
    assert_eq!(
        scores.0.len(),
        Field::USUAL.len() + 1,
        "and no field that is not offered"
    );
    scores.0[&field]
}

#[test]
fn details_are_judged_as_other_fields_are() {
    let number = |field, number: u64| {
        let score = detail(field, |told| told.number(field, number));
        (score.correct, score.stale, score.wrong)
    };
    let (correct, stale, wrong) = ((1, 0, 0), (0, 1, 0), (0, 0, 1));
    assert_eq!(number(Field::Uid, 7), correct);
    assert_eq!(number(Field::Uid, 5), stale, "its parent's");
    assert_eq!(number(Field::Uid, 6), wrong);
    assert_eq!(number(Field::Cgroup, 60), stale, "its own before");
    assert_eq!(
        number(Field::InnerPid, 11),
        correct,
        "its namespace is known, and no other pid in it"
    );
    assert_eq!(number(Field::InnerPid, 1), wrong);
    assert_eq!(number(Field::StartNs, 303), correct, "within its fork");
    assert_eq!(number(Field::StartNs, 305 + TICK), correct, "a tick later");
    assert_eq!(number(Field::StartNs, 306 + TICK), wrong);
    assert_eq!(detail(Field::Uid, |_| ()).missing, 1);
    assert_eq!(
        detail(Field::Gid, |told| told.number(Field::Gid, 1_u32)).judged(),
        0,
        "not known"
    );
    let cut = |bytes| {
        detail(Field::Cwd, |told| {
            told.put(Field::Cwd, Value::Text { bytes, cut: true });
        })
    };
    assert_eq!((cut(b"/b").truncated, cut(b"/c").wrong), (1, 1));
}
