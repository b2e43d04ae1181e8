//! Every event of known programs is a line.

use std::path::Path;
use std::process::{Command, Stdio};

use contract::{Kind, Origin};
use monitors::event_json::EventLine;
use nix::sys::signal::Signal;

use crate::common::{Traces, can_run};
use crate::session::{Watch, each, events, programs, serial, until};

/// The argv of the program `number` of [`programs`].
fn argv(number: usize) -> Vec<u8> {
    let argv = format!("/bin/true\0{number}\0a \"b\"\n\u{202e}\0");
    [argv.as_bytes(), b"\xff\\\0"].concat()
}

/// One event of each kind, the exec with its argv.
fn is_whole_life(monitor: &str, number: usize, of: &[&EventLine]) {
    for kind in Kind::ALL {
        let count = of.iter().filter(|event| event.kind == kind).count();
        assert_eq!(count, 1, "{monitor}: {of:#?}");
    }
    let exec = of.iter().find(|event| event.kind == Kind::Exec).unwrap();
    // netlink looks the process up, which may have ended by then.
    let looked_up = monitor == "netlink" && exec.argv.is_none();
    assert!(
        looked_up || exec.argv.as_ref() == Some(&argv(number)),
        "{monitor}: {of:#?}"
    );
}

#[test]
#[ignore = "needs root"]
fn every_event_of_known_programs_is_a_line() {
    let _alone = serial();
    let monitors = ["netlink", "audit", "ebpf"];
    for monitor in monitors.into_iter().filter(|name| can_run(name)) {
        let audit = monitors::audit::State::now().unwrap();
        let before = Traces::now();
        let mut watch = Watch::start(&[monitor, "--format", "json"]);
        let events = events(watch.child.stdout.take().unwrap());
        let pids = programs(50, &[]);
        let mut all = until(each(&Kind::ALL, &pids), &events);
        watch.signal(Signal::SIGTERM);
        let (code, stderr) = watch.end();
        all.extend(events);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.contains("events ("), "{stderr}");
        assert!(stderr.contains("no loss reported"), "{stderr}");
        for (number, pid) in pids.iter().enumerate() {
            let of: Vec<_> = all.iter().filter(|event| event.pid == *pid).collect();
            is_whole_life(monitor, number, &of);
        }
        assert_eq!(Traces::now(), before, "{monitor}");
        assert_eq!(monitors::audit::State::now().unwrap(), audit, "{monitor}");
    }
}

#[test]
fn preload_prints_the_environment_with_which_a_program_is_seen() {
    let _alone = serial();
    let before = Traces::now();
    let mut watch = Watch::start(&["preload", "--format", "json"]);
    let events = events(watch.child.stdout.take().unwrap());
    let line = watch
        .stderr
        .iter()
        .find(|line| line.starts_with("LD_PRELOAD="))
        .unwrap();
    let env: Vec<_> = line
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let pids = programs(5, &env);
    // No hook saw the forks, so each exec is held back for some milliseconds: its exit comes first.
    until(each(&[Kind::Exec], &pids), &events);
    watch.signal(Signal::SIGINT);
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(0), "{stderr}");
    let library = Path::new(&env[0].1);
    assert!(!library.exists(), "{} is left", library.display());
    assert_eq!(Traces::now(), before);
}

#[test]
#[ignore = "needs root"]
fn filters_leave_only_what_was_asked_for() {
    let _alone = serial();
    if !can_run("ebpf") {
        return;
    }
    let me = std::process::id().to_string();
    let mut watch = Watch::start(&[
        "ebpf",
        "--format",
        "json",
        "--pid",
        &me,
        "--kind",
        "exec",
        "--kind",
        "exit",
        "--exe",
        "/sh$|/dash$",
    ]);
    let events = events(watch.child.stdout.take().unwrap());
    programs(3, &[]);
    let mut shell = Command::new("/bin/sh")
        .args(["-c", "/bin/true; :"])
        .spawn()
        .unwrap();
    shell.wait().unwrap();
    let all = until(each(&[Kind::Exit], &[shell.id()]), &events);
    // The child of the shell runs the shell until it executes another program.
    let seen: Vec<_> = all.iter().map(|event| (event.kind, event.pid)).collect();
    assert_eq!(seen, [(Kind::Exec, shell.id()), (Kind::Exit, shell.id())]);
    watch.signal(Signal::SIGINT);
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("2 written"), "{stderr}");
    assert!(stderr.contains("filtered out"), "{stderr}");
}

/// What runs already is told once, as what it is; what is not wanted is not told.
#[test]
#[ignore = "needs root"]
fn what_runs_already_is_told_once_unless_it_is_not_wanted() {
    let _alone = serial();
    for monitor in ["ebpf", "netlink"].into_iter().filter(|name| can_run(name)) {
        for wanted in [true, false] {
            let mut old = Command::new("/bin/sh");
            old.args(["-c", "read x; :"]).stdin(Stdio::piped());
            let mut old = old.spawn().unwrap();
            let pid = old.id().to_string();
            let args = [monitor, "--format", "json", "--pid", &pid, "--no-snapshot"];
            let args = if wanted { &args[..5] } else { &args[..] };
            let mut watch = Watch::start(args);
            let events = events(watch.child.stdout.take().unwrap());
            let mut seen = Vec::new();
            if wanted {
                seen = until(each(&[Kind::Exec], &[old.id()]), &events);
            }
            drop(old.stdin.take());
            old.wait().unwrap();
            seen.extend(until(each(&[Kind::Exit], &[old.id()]), &events));
            let seen: Vec<_> = seen
                .iter()
                .map(|event| (event.kind, event.origin))
                .collect();
            let due = [(Kind::Exec, Origin::Snapshot), (Kind::Exit, Origin::Live)];
            let due = if wanted { &due[..] } else { &due[1..] };
            assert_eq!(seen, due, "{monitor}");
            watch.signal(Signal::SIGINT);
            let (code, stderr) = watch.end();
            assert_eq!(code, Some(0), "{stderr}");
            assert_eq!(stderr.contains("of the snapshot"), wanted, "{stderr}");
        }
    }
}

/// netlink looks each program up after the fact; of those that ended before, it is not known what they
/// ran, which is not the same as having run something else.
#[test]
#[ignore = "needs root"]
fn kind_6_programs_that_ended_before_they_were_looked_up_are_unknown() {
    let _alone = serial();
    if !can_run("netlink") {
        return;
    }
    let watch = Watch::start(&[
        // Without those that run already: what follows counts execs.
        "netlink",
        "--no-snapshot",
        "--format",
        "json",
        "--kind",
        "exec",
        "--exe",
        "/true$",
    ]);
    programs(500, &[]);
    watch.signal(Signal::SIGINT);
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(0), "{stderr}");
    let summary = stderr.lines().last().unwrap();
    let number = |after: &str| {
        let before = summary
            .split(after)
            .next()
            .filter(|text| text.len() < summary.len());
        let digits = before.map(|text| text.rsplit([' ', ',']).next().unwrap());
        digits.map_or(0, |digits| digits.parse::<usize>().unwrap())
    };
    // On a busy machine this test may read too slowly: that is said, too.
    let written = number(" written") + number(" not written because");
    let unknown = number(" not shown because");
    assert!(written + unknown >= 500, "{summary}");
    assert!(number(" exec,") >= written + unknown, "{summary}");
}

/// preload's programs write to a ring of their own: their exits may be told before their forks.
#[test]
fn kind_8_the_exits_of_a_tree_are_not_lost_by_their_order() {
    let _alone = serial();
    let me = std::process::id().to_string();
    let mut watch = Watch::start(&[
        "preload", "--format", "json", "--pid", &me, "--kind", "exit",
    ]);
    let mut line = watch
        .stderr
        .iter()
        .find(|line| line.starts_with("LD_PRELOAD="));
    let line = line.take().unwrap();
    let env = line.split(' ').filter_map(|pair| pair.split_once('='));
    let mut shell = Command::new("/bin/bash")
        .args(["-c", "for i in {1..400}; do /bin/true; done; :"])
        .envs(env)
        .spawn()
        .unwrap();
    let events = events(watch.child.stdout.take().unwrap());
    assert!(shell.wait().unwrap().success());
    let all = until(each(&[Kind::Exit], &[shell.id()]), &events);
    watch.signal(Signal::SIGINT);
    let (code, stderr) = watch.end();
    let all: std::collections::HashSet<_> =
        all.into_iter().chain(events).map(|one| one.pid).collect();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(all.len(), 401, "{stderr}");
}
