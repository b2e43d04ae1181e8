//! On the real kernel. These tests change audit settings, so they hold the lock.

use std::collections::HashSet;
use std::io::pipe;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::Instant;

use contract::{EventRef, Kind, argv_bytes};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_AUDIT};

use super::super::session::recover;
use super::super::wire::{Control, Field};
use super::super::{Audit, rules, wire};
use super::support::{agree, compile, events, exec_line, keep, options, start, state};
use crate::test_support::{Forked, on_machine_for};

#[test]
#[ignore = "needs root"]
fn every_way_to_make_and_end_a_process_is_told_from_threads() {
    on_machine_for!(Audit);
    let dir = tempfile::tempdir().unwrap();
    let program = compile(dir.path());
    let before = state();
    let running = start(dir.path(), options(&[]));
    let (root, lines) = events(&program, &["mixed"]);
    let (counters, journal) = running.stop();
    assert_eq!(state(), before, "settings and rules must be as found");
    assert_eq!(counters.reported_lost["lost"], 0, "{counters:?}");
    assert_eq!(counters.notes["undrained"], 0, "{counters:?}");
    assert!(lines.iter().any(|(kind, _, _)| kind == "thread") && lines.len() > 300);
    agree(&journal, root, &lines);
    let pids: HashSet<u32> = lines.iter().map(|line| line.1).chain([root]).collect();
    let text = lines.iter().map(|(k, p, n)| format!("{k} {p} {n}\n"));
    keep(
        "mixed",
        dir.path(),
        &pids,
        &format!("root {root} 0\n{}", text.collect::<String>()),
    );
}

#[test]
#[ignore = "needs root"]
fn a_burst_is_seen_whole() {
    on_machine_for!(Audit);
    let dir = tempfile::tempdir().unwrap();
    let program = compile(dir.path());
    let begun = Instant::now();
    events(&program, &["burst", "5000"]);
    let alone = begun.elapsed();
    let running = start(dir.path(), options(&[]));
    let begun = Instant::now();
    let (root, lines) = events(&program, &["burst", "5000"]);
    let watched = begun.elapsed();
    let (counters, journal) = running.stop();
    println!("5000 forks: {alone:?} alone, {watched:?} watched; {counters:?}");
    assert_eq!((lines.len(), counters.reported_lost["lost"]), (10_000, 0));
    agree(&journal, root, &lines);
}

/// Arguments that are hard to quote.
fn hostile() -> Vec<Vec<Vec<u8>>> {
    let many = (0..2000).map(|n| format!("argument {n}").into_bytes());
    vec![
        vec![],
        vec![
            b"".into(),
            b" ".into(),
            b"a\nb\r\n".into(),
            b"type=SYSCALL msg=".into(),
        ],
        vec![
            b"\"".into(),
            b"it's \"so\"".into(),
            b"\xff\xfe\x80".into(),
            "é☃".into(),
        ],
        vec![
            b"a0=\"x\" a1=41".into(),
            b"\x01\x7f\t".into(),
            b"DEADBEEF".into(),
            b"(null)".into(),
        ],
        vec![
            vec![b'x'; 131_071],
            b"after".into(),
            vec![b'\n'; 7500],
            vec![b'y'; 7499],
        ],
        (7430..7540).step_by(13).map(|n| vec![b'z'; n]).collect(),
        many.collect(),
    ]
}

#[test]
#[ignore = "needs root"]
fn arguments_are_exact() {
    on_machine_for!(Audit);
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), options(&[]));
    let mut due = Vec::new();
    let exe = std::fs::canonicalize("/bin/true").unwrap();
    for words in hostile() {
        let words = words.iter().map(|word| std::ffi::OsStr::from_bytes(word));
        let mut child = Command::new(&exe).args(words.clone()).spawn().unwrap();
        let argv = [exe.as_os_str()].into_iter().chain(words);
        due.push((child.id(), argv_bytes(argv.map(OsStrExt::as_bytes))));
        assert!(child.wait().unwrap().success());
    }
    let (_, journal) = running.stop();
    for (pid, argv) in &due {
        let of = |kind| -> Vec<EventRef<'_>> {
            let events = journal.events.iter();
            let events = events.filter(|event| event.pid == *pid && event.kind == kind);
            events.map(|event| journal.report(event)).collect()
        };
        let execs = of(Kind::Exec);
        assert_eq!(execs.len(), 1, "{pid}");
        assert_eq!(execs[0].exe, Some(exe.as_os_str().as_bytes()));
        assert!(execs[0].argv == Some(argv) && !execs[0].cut.argv, "{pid}");
        assert_eq!(execs[0].ppid, Some(std::process::id()));
        assert!(of(Kind::Exit).len() == 1 && of(Kind::Exit)[0].status == Some(0));
        let stamp = (execs[0].happened, execs[0].received);
        assert!(stamp.0 < stamp.1 + super::super::LATE, "{stamp:?}");
    }
    let line = |(pid, argv): &(u32, Vec<u8>)| exec_line(*pid, exe.as_os_str().as_bytes(), argv);
    let text: String = due.iter().map(line).collect();
    let pids = due.iter().map(|(pid, _)| *pid).collect();
    keep("nasty", dir.path(), &pids, &text);
}

#[test]
#[ignore = "needs root"]
fn a_killed_capture_is_undone_and_others_rules_survive() {
    on_machine_for!(Audit);
    let dir = tempfile::tempdir().unwrap();
    recover().unwrap();
    let mut control = Control::open().unwrap();
    let foreign = rules::exclude(&[1327]).unwrap();
    control.add(&foreign).unwrap();
    let before = state();
    let host = Forked::new(|begun| {
        let running = start(dir.path(), options(&[("backlog", "1000"), ("wait", "99")]));
        begun();
        running.thread.join().unwrap().unwrap();
    });
    let during = state();
    let said = recover().unwrap();
    assert!(
        said.is_empty() && state() == during,
        "a living one is left alone"
    );
    host.kill();
    let said = recover().unwrap();
    let after = state();
    control.delete(&foreign).unwrap();
    assert_ne!(during, before);
    assert_eq!(after, before, "{said:?}");
    assert!(
        said.iter().any(|line| line.contains("rules were removed")),
        "{said:?}"
    );
    assert!(recover().unwrap().is_empty(), "nothing is left to undo");
}

#[test]
#[ignore = "needs root"]
fn beside_a_daemon_it_listens_and_leaves_it_alone() {
    on_machine_for!(Audit);
    let dir = tempfile::tempdir().unwrap();
    let program = compile(dir.path());
    let mut daemon = Socket::new(NETLINK_AUDIT).unwrap();
    daemon.bind_auto().unwrap();
    let kernel = SocketAddr::new(0, 0);
    let me = std::process::id();
    daemon.send_to(&wire::registration(me), &kernel, 0).unwrap();
    let mut buffer = Vec::with_capacity(1 << 14);
    daemon.recv(&mut buffer, 0).unwrap();
    let before = state();
    assert_eq!(before.0.pid, me);
    let (stopped, stop) = pipe().unwrap();
    let reader = std::thread::spawn(move || drain(&daemon, &stopped));
    let running = start(dir.path(), options(&[]));
    let (root, lines) = events(&program, &["mixed"]);
    let during = state();
    let (counters, journal) = running.stop();
    let after = state();
    Control::open().unwrap().set(Field::Pid, 0).unwrap();
    drop(stop);
    assert!(
        reader.join().unwrap() > 0,
        "the daemon's records come as ever"
    );
    assert_eq!((during.0.pid, counters.notes["multicast"]), (me, 1));
    assert_eq!(after, before);
    assert_eq!(counters.reported_lost["socket_drops"], 0);
    agree(&journal, root, &lines);
}

/// What an audit daemon does: reads. Says how many records there were.
fn drain(socket: &Socket, stop: &impl AsFd) -> usize {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut batch = crate::common::recv_batch::RecvBatch::new(64, 12 << 10);
    let mut count = 0;
    loop {
        count += batch.receive(socket, 0).unwrap_or(0);
        let both = [socket.as_fd(), stop.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        poll(&mut { both }, PollTimeout::NONE).unwrap();
        let mut gone = [PollFd::new(stop.as_fd(), PollFlags::POLLIN)];
        if poll(&mut gone, PollTimeout::ZERO).unwrap() > 0 {
            return count;
        }
    }
}

/// What another program may do to a capture while it watches; back again afterwards.
fn disturbed(disturb: impl FnOnce(&mut Control), back: impl FnOnce(&mut Control)) -> String {
    let dir = tempfile::tempdir().unwrap();
    recover().unwrap();
    let before = state();
    let running = start(dir.path(), options(&[]));
    let mut control = Control::open().unwrap();
    disturb(&mut control);
    let why = running.error();
    back(&mut control);
    recover().unwrap();
    assert_eq!(state(), before, "{why}");
    assert!(
        why.contains("another program") && why.contains("at 20"),
        "{why}"
    );
    why
}

#[test]
#[ignore = "needs root"]
fn rules_that_another_program_removes_are_missed() {
    on_machine_for!(Audit);
    let remove = |control: &mut Control| {
        for rule in control.rules().unwrap() {
            control.delete(&rule).unwrap();
        }
    };
    let why = disturbed(remove, |_| ());
    assert!(why.contains("removed ") && why.contains(" rules"), "{why}");
}

#[test]
#[ignore = "needs root"]
fn auditing_that_another_program_switches_off_is_missed() {
    on_machine_for!(Audit);
    let off = |control: &mut Control| control.set(Field::Enabled, 0).unwrap();
    assert!(disturbed(off, |_| ()).contains("switched auditing off"));
}

#[test]
#[ignore = "needs root"]
fn a_rule_of_another_program_that_blinds_is_told() {
    on_machine_for!(Audit);
    let blind = || rules::exclude(&[1300]).unwrap();
    let why = disturbed(
        |control| control.add(&blind()).unwrap(),
        |control| assert!(control.delete(&blind()).unwrap()),
    );
    assert!(why.contains("hides"), "{why}");
}
