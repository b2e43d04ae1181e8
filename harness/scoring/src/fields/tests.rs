use contract::{Clock, EventRef, Fields, Kind, Pid, argv_bytes};

use super::*;
use crate::matching::match_events;

#[test]
fn a_cut_must_be_owned_up_to() {
    let of = |due: &str, told: &str, piece| compare(due.as_bytes(), Some(told.as_bytes()), piece);
    let (path, argv): (Option<Piece>, Option<Piece>) = (Some(path_piece), Some(argv_piece));
    assert_eq!(of("/bin/true", "/bin/true", None), Correctness::Correct);
    assert_eq!(of("/bin/true", "/bin/tr", path), Correctness::Truncated);
    assert_eq!(of("/bin/true", "/bin/tr", None), Correctness::Wrong);
    assert_eq!(of("/bin/true", "/bin/fa", path), Correctness::Wrong);
    assert_eq!(of("/bin/true", "n/true", path), Correctness::Truncated);
    assert_eq!(of("a\0bcd\0", "a\0bc\0", argv), Correctness::Truncated);
    assert_eq!(of("a\0bcd\0", "cd\0", argv), Correctness::Wrong);
    assert_eq!(of("a\0", "a\0b\0", argv), Correctness::Wrong);
    assert_eq!(compare(b"a", None, path), Correctness::Missing);
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
    let exe = |truth: &Truth| truth.fields.exe.map(|span| ledger.arena.get(span));
    assert!(images.any_earlier(place, |truth| exe(truth) == Some(b"shell")));
    assert!(!images.any_earlier(place, |truth| exe(truth) == Some(b"first")));
}
