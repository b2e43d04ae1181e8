use super::*;

fn before() -> Processes {
    let one = |ppid, uid, exe: &str| Process {
        ppid,
        uid: Some(uid),
        exe: Some(exe.into()),
        ..Process::default()
    };
    // The child has the lower pid: they had come round.
    Processes::from([
        (1, one(0, 0, "/sbin/init")),
        (50, one(1, 7, "/bin/sh")),
        (20, one(50, 7, "/bin/sh")),
    ])
}

fn user(pid: Pid) -> Option<u32> {
    (pid == 100).then_some(9)
}

/// Kind, pid, ppid, exe: 0 and "" where they are not told.
type Told = (Kind, Pid, Pid, &'static str);

/// What each of `events`, one a microsecond, is found to be, by its place; in the order in which that
/// is said. The technique tells times: `happened` of each, 0 where it does not.
fn judged_at(wanted: Wanted, events: &[(Told, Nanos)]) -> Vec<(usize, Verdict)> {
    let mut filter = Filter::new(wanted, true, before, Asked::AfterExec(user));
    let mut found = Vec::new();
    let mut out = |report: &EventRef<'_>, verdict| found.push((report.received as usize, verdict));
    for (place, &((kind, pid, ppid, exe), happened)) in events.iter().enumerate() {
        let mut report = EventRef::new(kind, pid, place as Nanos);
        report.happened = happened;
        report.ppid = (ppid != 0).then_some(ppid);
        report.exe = (!exe.is_empty()).then_some(exe.as_bytes());
        filter.take(&report, &mut out);
    }
    filter.finish(&mut out);
    assert_eq!(found.len(), events.len(), "each event is judged once");
    found
}

fn judged(wanted: Wanted, events: &[Told]) -> Vec<(usize, Verdict)> {
    let events: Vec<_> = events.iter().map(|event| (*event, 0)).collect();
    judged_at(wanted, &events)
}

/// The places of those that are found to be `verdict`.
fn which(verdict: Verdict, judged: &[(usize, Verdict)]) -> Vec<usize> {
    let of = judged.iter().filter(|one| one.1 == verdict);
    of.map(|one| one.0).collect()
}

fn passed(wanted: Wanted, events: &[Told]) -> Vec<usize> {
    which(Verdict::Wanted, &judged(wanted, events))
}

const EVENTS: &[Told] = &[
    (Kind::Fork, 100, 20, ""),        // 0
    (Kind::Exec, 100, 20, "/bin/ls"), // 1
    (Kind::Fork, 101, 100, ""),       // 2
    (Kind::Exit, 100, 0, ""),         // 3
    (Kind::Exit, 101, 0, ""),         // 4
    (Kind::Fork, 100, 1, ""),         // 5: the pid is another's
    (Kind::Exec, 100, 1, "/bin/cat"), // 6
    (Kind::Exit, 100, 0, ""),         // 7
];

fn only(set: &dyn Fn(&mut Wanted)) -> Wanted {
    let mut wanted = Wanted::default();
    set(&mut wanted);
    wanted
}

fn program(pattern: &str) -> Wanted {
    let exe = Some(Regex::new(pattern).unwrap());
    only(&|it| it.exe.clone_from(&exe))
}

fn tree(root: Pid) -> Wanted {
    only(&|it| it.trees = vec![root])
}

#[test]
fn without_wishes_everything_passes() {
    assert_eq!(passed(Wanted::default(), EVENTS).len(), EVENTS.len());
}

#[test]
fn kinds_trees_users_and_programs_are_told_apart() {
    assert_eq!(
        passed(only(&|it| it.kinds = vec![Kind::Exec]), EVENTS),
        [1, 6]
    );
    assert_eq!(passed(tree(50), EVENTS), [0, 1, 2, 3, 4]);
    // The child of ls runs ls until it executes something else.
    assert_eq!(passed(program("^/bin/ls$"), EVENTS), [1, 2, 3, 4]);
    assert_eq!(
        passed(only(&|it| it.users = vec![9]), EVENTS),
        [1, 2, 3, 4, 6, 7]
    );
    assert_eq!(passed(only(&|it| it.users = vec![7]), EVENTS), [0]);
}

#[test]
fn kind_6_a_program_that_was_not_looked_up_is_unknown() {
    let events = &[
        (Kind::Fork, 100, 20, ""),
        (Kind::Exec, 100, 0, ""),
        (Kind::Exit, 100, 0, ""),
    ];
    let found = judged(program("^/bin/ls$"), events);
    assert_eq!(which(Verdict::Unknown, &found), [1, 2]);
    // What rules it out beside rules it out.
    let mut wanted = program("^/bin/ls$");
    wanted.trees = vec![1];
    let stranger = [
        (Kind::Fork, 100, 7777, ""),
        (Kind::Exec, 100, 7777, "/bin/cat"),
    ];
    assert_eq!(which(Verdict::Unwanted, &judged(wanted, &stranger)), [1]);
}

#[test]
fn kind_7_a_user_that_cannot_be_asked_is_unknown() {
    // 101 ended before it could be asked, and may have become another user's.
    let events = &[(Kind::Fork, 101, 50, ""), (Kind::Exec, 101, 50, "/bin/ls")];
    let found = judged(only(&|it| it.users = vec![7]), events);
    assert_eq!(found, [(0, Verdict::Wanted), (1, Verdict::Unknown)]);
}

/// The program became another user's after it was started, and its child was born as that one's.
#[test]
fn kind_7_a_user_that_events_tell_is_never_asked_for() {
    let events = [
        (Kind::Fork, 100, 20, Some(7)),
        (Kind::Exec, 100, 20, Some(7)),
        (Kind::Fork, 101, 100, Some(9)),
        (Kind::Exit, 101, 0, Some(9)),
        (Kind::Exit, 100, 0, Some(9)),
        (Kind::Exit, 4711, 0, Some(7)), // nothing else was told of it
        (Kind::Exit, 50, 0, None),      // it was another user's before
    ];
    let wanted = only(&|it| it.users = vec![7]);
    let mut filter = Filter::new(wanted, true, before, Asked::Event);
    let mut found = Vec::new();
    for (kind, pid, ppid, euid) in events {
        let mut report = EventRef::new(kind, pid, 0);
        (report.ppid, report.euid) = (Some(ppid), euid);
        filter.take(&report, &mut |_, verdict| found.push(verdict));
    }
    let due = [[Verdict::Wanted; 2].as_slice(), &[Verdict::Unwanted; 3]].concat();
    assert_eq!(found[..5], due);
    assert_eq!(found[5..], [Verdict::Wanted, Verdict::Unknown]);
}

/// Between the first look and the first event the root ended, and its pid became a stranger's.
#[test]
fn kind_7_a_stranger_that_got_the_pid_while_the_watch_began_is_not_adopted() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static STARTED: AtomicU64 = AtomicU64::new(1000);
    let now = || {
        let mut all = before();
        let started = STARTED.fetch_add(1, Ordering::Relaxed);
        all.entry(20).and_modify(|one| one.started = Some(started));
        all
    };
    let begin = |root| Filter::new(tree(root), true, now, Asked::Event).begin();
    assert_eq!(begin(20), [20]);
    assert_eq!(begin(50), [] as [Pid; 0]);
}

#[test]
fn kind_7_a_tree_ends_with_its_root_process() {
    let events = &[
        (Kind::Fork, 100, 20, ""),
        (Kind::Exit, 20, 0, ""),
        (Kind::Exit, 100, 0, ""),
        (Kind::Fork, 20, 1, ""), // the root's pid is a stranger's
        (Kind::Exec, 20, 1, "/bin/cat"),
        (Kind::Fork, 101, 20, ""),
    ];
    assert_eq!(passed(tree(20), events), [0, 1, 2]);
    // The end of the root was lost, and its pid is forked again.
    assert_eq!(passed(tree(20), &events[3..]), [] as [usize; 0]);
    let absent = Filter::new(tree(4711), true, before, Asked::AfterExec(user)).absent();
    assert_eq!(absent, [4711]);
}

#[test]
fn kind_8_an_exit_that_comes_before_its_fork_waits_for_it() {
    let events = &[
        (Kind::Exit, 100, 0, ""),
        (Kind::Fork, 100, 20, ""),
        (Kind::Exit, 300, 0, ""),
        (Kind::Fork, 300, 1, ""),
    ];
    let found = judged(tree(50), events);
    let wanted = [(1, Verdict::Wanted), (0, Verdict::Wanted)];
    let others = [(3, Verdict::Unwanted), (2, Verdict::Unwanted)];
    assert_eq!(found, [wanted, others].concat());
}

#[test]
fn kind_8_an_exec_and_an_exit_before_their_fork_keep_their_order() {
    let events = &[
        (Kind::Exec, 100, 0, "/bin/ls"),
        (Kind::Exit, 100, 0, ""),
        (Kind::Fork, 100, 20, ""),
    ];
    let found = judged(tree(50), events);
    assert_eq!(which(Verdict::Wanted, &found), [2, 0, 1]);
    let mut both = tree(50);
    both.exe = program("ls").exe;
    assert_eq!(passed(both, events), [0, 1]);
}

#[test]
fn kind_8_a_late_fork_brings_no_dead_pid_back() {
    let late = &[
        ((Kind::Fork, 100, 20, ""), 10),
        ((Kind::Exit, 100, 0, ""), 20),
        // The same process once more, or one whose end was told before its fork.
        ((Kind::Fork, 100, 20, ""), 15),
        // A stranger has the pid now, and its own fork was lost.
        ((Kind::Exec, 100, 0, "/bin/cat"), 40),
    ];
    let found = judged_at(tree(50), late);
    assert_eq!(which(Verdict::Wanted, &found), [0, 1, 2]);
    assert_eq!(which(Verdict::Unknown, &found), [3]);
}

#[test]
fn a_child_is_told_by_a_parent_that_ended_before_its_fork_was_told() {
    let events = &[
        (Kind::Fork, 100, 20, ""),
        (Kind::Exit, 100, 0, ""),
        (Kind::Fork, 101, 100, ""),
    ];
    assert_eq!(passed(tree(50), events), [0, 1, 2]);
}

/// The shell's own exec is told after its first children have come and gone.
#[test]
fn kind_8_children_told_before_their_parent_wait_for_it() {
    let events = &[
        (Kind::Fork, 101, 100, ""),
        (Kind::Exec, 101, 100, "/bin/true"),
        (Kind::Exit, 101, 0, ""),
        (Kind::Fork, 102, 101, ""),
        (Kind::Exit, 102, 0, ""),
        (Kind::Exec, 100, 20, "/bin/sh"),
        (Kind::Fork, 103, 4711, ""), // of a parent that nothing tells of
        (Kind::Exit, 103, 0, ""),
    ];
    let found = judged(tree(50), events);
    let mut wanted = which(Verdict::Wanted, &found);
    wanted.sort_unstable();
    assert_eq!(wanted, [0, 1, 2, 3, 4, 5]);
    assert_eq!(which(Verdict::Unknown, &found), [6, 7]);
}

/// preload knows of a process from its first program with the library on, and tells its fork then.
#[test]
fn a_fork_told_of_a_root_that_was_there_before_leaves_its_tree_alone() {
    let (root, child) = (std::process::id(), Pid::MAX);
    let tree = Wanted {
        trees: vec![root],
        ..Wanted::default()
    };
    let mut filter = Filter::new(tree, true, process_table::now, Asked::AfterExec(user));
    let mut found = Vec::new();
    for (pid, ppid) in [(root, std::os::unix::process::parent_id()), (child, root)] {
        let mut fork = EventRef::new(Kind::Fork, pid, 1);
        fork.ppid = Some(ppid);
        filter.take(&fork, &mut |report, verdict| {
            found.push((report.pid, verdict));
        });
    }
    assert_eq!(found, [(root, Verdict::Wanted), (child, Verdict::Wanted)]);
}
