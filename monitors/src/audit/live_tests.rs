//! Tests on the real kernel. They need root and change audit settings, so they hold the lock.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{PipeWriter, Write, pipe};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Instant;

use contract::{
    Counters, EventLog, EventRef, Kind, Monitor, Options, Session, Spool, SpoolReader, argv_bytes,
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_AUDIT};

use super::session::recover;
use super::wire::{Control, Field, Status};
use super::{Audit, OPTIONS, rules, wire};

/// None, and a word about it, unless this is root and the monitor can run.
fn allowed() -> Option<nix::fcntl::Flock<File>> {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root");
        return None;
    }
    let lock = crate::common::host_lock::lock().unwrap();
    let missing = Audit.missing(&options(&[]));
    if missing.is_empty() {
        return Some(lock);
    }
    println!("skipped: {}", missing[0]);
    None
}

fn options(given: &[(&'static str, &'static str)]) -> Options {
    Options::new("audit", OPTIONS, given.iter().copied()).unwrap()
}

/// Everything that must be as it was; counters are not.
fn state() -> (Status, Vec<rules::Rule>) {
    let mut control = Control::open().unwrap();
    let mut status = control.status().unwrap();
    (status.lost, status.backlog, status.backlog_wait_time_actual) = (0, 0, 0);
    (status, control.rules().unwrap())
}

/// A capture in a thread of this process.
struct Running {
    stop: PipeWriter,
    thread: JoinHandle<Counters>,
    spool: PathBuf,
}

fn start(dir: &Path, options: Options) -> Running {
    let (ready, wait) = mpsc::channel();
    let (stopped, stop) = pipe().unwrap();
    let spool = dir.join("spool");
    let (path, dir) = (spool.clone(), dir.to_owned());
    let thread = std::thread::spawn(move || {
        let spool = Spool::new(File::create(path).unwrap()).unwrap();
        let mut session = Session {
            options: &options,
            dir: &dir,
            stop: stopped.as_fd(),
            spool,
            ready: &mut |_| Ok(ready.send(())?),
        };
        Audit.capture(&mut session).unwrap()
    });
    wait.recv().expect("capture ends before it is ready");
    Running {
        stop,
        thread,
        spool,
    }
}

impl Running {
    fn stop(self) -> (Counters, EventLog) {
        drop(self.stop);
        let counters = self.thread.join().unwrap();
        (counters, decode(&self.spool))
    }
}

pub(super) fn decode(spool: &Path) -> EventLog {
    let mut reader = SpoolReader::new(File::open(spool).unwrap());
    let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    decoder.finish(&mut journal);
    assert_eq!(reader.rest(), 0);
    journal
}

fn compile(dir: &Path) -> PathBuf {
    let program = dir.join("forkers");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/audit/forkers.c");
    let mut cc = Command::new("cc");
    cc.arg("-O1").arg("-pthread").arg(source);
    let done = cc.arg("-o").arg(&program).status().unwrap();
    assert!(done.success());
    program
}

/// Runs the program; the lines it prints, and its own pid.
fn events(program: &Path, words: &[&str]) -> (u32, Vec<(String, u32, u32)>) {
    let mut command = Command::new(program);
    command.args(words).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (pid, lines(std::str::from_utf8(&output.stdout).unwrap()))
}

/// Kind, pid, and parent or status.
pub(super) fn lines(text: &str) -> Vec<(String, u32, u32)> {
    let line = |line: &str| {
        let mut words = line.split(' ');
        let kind = words.next().unwrap().to_owned();
        let mut number = || words.next().map_or(0, |word| word.parse().unwrap());
        (kind, number(), number())
    };
    text.lines().map(line).collect()
}

/// Each line was reported once, and nothing about the program's processes or threads besides.
pub(super) fn agree(journal: &EventLog, root: u32, lines: &[(String, u32, u32)]) {
    let mut due: HashMap<(Kind, u32, u32), i32> = HashMap::new();
    let mut pids = vec![];
    for (kind, pid, number) in lines {
        pids.push(*pid);
        if let Ok(kind) = kind.parse() {
            *due.entry((kind, *pid, *number)).or_default() += 1;
        }
    }
    for event in &journal.events {
        let about = pids.contains(&event.pid) || event.fields.ppid == Some(root);
        let number = match event.kind {
            Kind::Fork => event.fields.ppid.unwrap_or_default(),
            // Where the status cannot be known the program says 0.
            Kind::Exit => event.fields.status.unwrap_or_default() as u32,
            Kind::Exec => continue,
        };
        if about && event.pid != root {
            *due.entry((event.kind, event.pid, number)).or_default() -= 1;
        }
    }
    due.retain(|_, count| *count != 0);
    assert!(
        due.is_empty(),
        "missed (above 0) or false positives: {due:?}"
    );
}

#[test]
fn every_way_to_make_and_end_a_process_is_told_from_threads() {
    let Some(_lock) = allowed() else { return };
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
fn a_burst_is_seen_whole() {
    let Some(_lock) = allowed() else { return };
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
fn nasty() -> Vec<Vec<Vec<u8>>> {
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
fn arguments_are_exact() {
    let Some(_lock) = allowed() else { return };
    let dir = tempfile::tempdir().unwrap();
    let running = start(dir.path(), options(&[]));
    let mut due = Vec::new();
    let exe = std::fs::canonicalize("/bin/true").unwrap();
    for words in nasty() {
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
        assert!(stamp.0 < stamp.1 + super::LATE, "{stamp:?}");
    }
    let line = |(pid, argv): &(u32, Vec<u8>)| exec_line(*pid, exe.as_os_str().as_bytes(), argv);
    let text: String = due.iter().map(line).collect();
    let pids = due.iter().map(|(pid, _)| *pid).collect();
    keep("nasty", dir.path(), &pids, &text);
}

/// One exec, as the text file beside recorded bytes has it.
pub(super) fn exec_line(pid: u32, exe: &[u8], argv: &[u8]) -> String {
    format!(
        "exec {pid} {} {}\n",
        exe.escape_ascii(),
        argv.escape_ascii()
    )
}

/// With ROLLCALL_RECORD=FOLDER: keeps what the kernel said of these processes, nobody else's
/// affairs, and beside it the truth, for the tests that need no root.
fn keep(name: &str, from: &Path, pids: &HashSet<u32>, truth: &str) {
    let Ok(to) = std::env::var("ROLLCALL_RECORD") else {
        return;
    };
    let to = Path::new(&to).join(name);
    std::fs::write(to.with_extension("txt"), truth).unwrap();
    let mut spool = Spool::new(File::create(to.with_extension("spool")).unwrap()).unwrap();
    let mut reader = SpoolReader::new(File::open(from.join("spool")).unwrap());
    let mut serials = HashSet::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        let (kind, payload) = wire::split(frame.bytes).unwrap();
        let ours = match (kind, super::record::split(payload)) {
            (1300, Ok((head, text))) => {
                let call = super::record::syscall(text).unwrap();
                pids.contains(&call.pid) && serials.insert(head.serial)
            }
            (1309, Ok((head, _))) => serials.contains(&head.serial),
            (1701, Ok((_, text))) => {
                let pid = super::record::fields(text).find(|(name, _)| *name == b"pid");
                let pid = std::str::from_utf8(pid.unwrap().1).unwrap();
                pids.contains(&pid.parse().unwrap())
            }
            (kind, _) => kind == super::OFFSET,
        };
        if ours {
            spool.write(frame.received, frame.bytes).unwrap();
        }
    }
    spool.flush().unwrap();
}

/// Not a test: the process that `recovery` kills.
#[test]
#[ignore = "run by another test, to be killed"]
fn host() {
    let Ok(dir) = std::env::var("ROLLCALL_AUDIT_HOST") else {
        return;
    };
    let running = start(
        Path::new(&dir),
        options(&[("backlog", "1000"), ("wait", "99")]),
    );
    println!("ready");
    std::io::stdout().flush().unwrap();
    running.thread.join().unwrap();
}

#[test]
fn a_killed_capture_is_undone_and_others_rules_survive() {
    let Some(_lock) = allowed() else { return };
    let dir = tempfile::tempdir().unwrap();
    recover().unwrap();
    let mut control = Control::open().unwrap();
    let foreign = rules::exclude(1327);
    control.add(&foreign).unwrap();
    let before = state();
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "audit::live_tests::host",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env("ROLLCALL_AUDIT_HOST", dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(host.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(out).map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("ready")));
    let during = state();
    let said = recover().unwrap();
    assert!(
        said.is_empty() && state() == during,
        "a living one is left alone"
    );
    host.kill().unwrap();
    host.wait().unwrap();
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
fn beside_a_daemon_it_listens_and_leaves_it_alone() {
    let Some(_lock) = allowed() else { return };
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
