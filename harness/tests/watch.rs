//! `harness watch`: every event of a known workload is a line, readers may be slow or leave, and
//! nothing is left behind.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands"
)]

mod common;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use common::{Traces, harness, is_root, said, scratch, within};
use contract::Kind;
use contract::bare_name;
use monitors::event_json::{self, EventLine};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A watch that is ready, and what it says on stderr from then on.
struct Watch {
    child: Child,
    words: Receiver<String>,
}

impl Watch {
    fn start(args: &[&str]) -> Self {
        let mut child = harness()
            .arg("watch")
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let words = heard(child.stderr.take().unwrap());
        let mut before = Vec::new();
        while !before
            .iter()
            .any(|line: &String| line.contains("watching with"))
        {
            match words.recv() {
                Ok(line) => before.push(line),
                Err(_) => panic!("harness watch {}: {before:?}", args.join(" ")),
            }
        }
        Self { child, words }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Its exit code and what it said at the end.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        (
            status.code(),
            self.words.iter().collect::<Vec<_>>().join("\n"),
        )
    }
}

fn heard(stderr: ChildStderr) -> Receiver<String> {
    let (sender, words) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    words
}

/// The events of a watch as they come.
fn events(stdout: impl Read + Send + 'static) -> Receiver<EventLine> {
    let (sender, told) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let told = event_json::read(&line).unwrap_or_else(|why| panic!("{why}: {line:?}"));
            if sender.send(told).is_err() {
                break;
            }
        }
    });
    told
}

/// All that came until every event that is `due` had its line, in whatever order: audit records a
/// fork when the call returns to the parent, and a child of vfork may be gone by then.
fn until_told(mut due: HashSet<(Kind, u32)>, told: &Receiver<EventLine>) -> Vec<EventLine> {
    let mut all = Vec::new();
    while !due.is_empty() {
        let next = told.recv_timeout(std::time::Duration::from_secs(20));
        let next = next.unwrap_or_else(|_| panic!("{due:?} did not come among {all:#?}"));
        due.remove(&(next.kind, next.pid));
        all.push(next);
    }
    all
}

/// One line of each of these kinds is due for each of these processes.
fn each(kinds: &[Kind], pids: &[u32]) -> HashSet<(Kind, u32)> {
    let of = |pid: &u32| kinds.iter().map(|kind| (*kind, *pid)).collect::<Vec<_>>();
    pids.iter().flat_map(of).collect()
}

fn able(monitor: &str) -> bool {
    let (_, doctor, _) = said(&["doctor"]);
    let line = doctor
        .lines()
        .find(|line| line.trim_start().starts_with(monitor));
    let able = line.unwrap().contains("can run");
    if !able {
        println!("skipped: {}", line.unwrap().trim());
    }
    able
}

/// Starts `count` programs one after the other; their pids.
fn programs(count: usize, env: &[(String, String)]) -> Vec<u32> {
    let one = |number: usize| {
        let mut command = Command::new("/bin/true");
        let mut child = command
            .args([number.to_string(), "a \"b\"\n\u{202e}".into()])
            .arg(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff\\"))
            .envs(env.iter().cloned())
            .spawn()
            .unwrap();
        child.wait().unwrap();
        child.id()
    };
    (0..count).map(one).collect()
}

#[test]
#[ignore = "needs root"]
fn every_event_of_known_programs_is_a_line() {
    let _alone = serial();
    for monitor in ["netlink", "audit", "ebpf"]
        .into_iter()
        .filter(|one| able(one))
    {
        let audit = monitors::audit::State::now().unwrap();
        let before = Traces::now();
        let mut watch = Watch::start(&[monitor, "--format", "json"]);
        let told = events(watch.child.stdout.take().unwrap());
        let pids = programs(50, &[]);
        let mut all = until_told(each(&Kind::ALL, &pids), &told);
        watch.signal(Signal::SIGTERM);
        let (code, words) = watch.end();
        all.extend(told);
        assert_eq!(code, Some(0), "{words}");
        assert!(
            words.contains("events (") && words.contains("no loss reported"),
            "{words}"
        );
        for (number, pid) in pids.iter().enumerate() {
            let of: Vec<_> = all.iter().filter(|told| told.pid == *pid).collect();
            let kinds: Vec<_> = of.iter().map(|told| told.kind).collect();
            let repeat = format!("repeat with: harness watch {monitor} --format json\n{of:#?}");
            for kind in Kind::ALL {
                assert_eq!(
                    kinds.iter().filter(|one| **one == kind).count(),
                    1,
                    "{repeat}"
                );
            }
            let exec = of.iter().find(|told| told.kind == Kind::Exec).unwrap();
            let argv = format!("/bin/true\0{number}\0a \"b\"\n\u{202e}\0");
            let argv = [argv.as_bytes(), b"\xff\\\0"].concat();
            // The proc connector's fields are looked up, and a process may be gone by then.
            let due = monitor != "netlink" || exec.argv.is_some();
            assert!(!due || exec.argv.as_ref() == Some(&argv), "{repeat}");
        }
        assert_eq!(Traces::now(), before, "{monitor}");
        assert_eq!(monitors::audit::State::now().unwrap(), audit, "{monitor}");
    }
}

#[test]
fn preload_says_what_a_program_needs_and_sees_it_then() {
    let _alone = serial();
    let before = Traces::now();
    let mut watch = Watch::start(&["preload", "--format", "json"]);
    let told = events(watch.child.stdout.take().unwrap());
    let line = watch
        .words
        .iter()
        .find(|line| line.starts_with("LD_PRELOAD="))
        .unwrap();
    let env: Vec<_> = line
        .split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let pids = programs(5, &env);
    // Nobody saw the forks, so each image is held back for some milliseconds: its end comes first.
    until_told(each(&[Kind::Exec], &pids), &told);
    watch.signal(Signal::SIGINT);
    let (code, words) = watch.end();
    assert_eq!(code, Some(0), "{words}");
    assert!(
        !Path::new(&env[0].1).exists(),
        "{} is still there",
        env[0].1
    );
    assert_eq!(Traces::now(), before);
}

#[test]
fn filters_leave_what_was_asked_for() {
    let _alone = serial();
    if !is_root() || !able("ebpf") {
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
    let told = events(watch.child.stdout.take().unwrap());
    programs(3, &[]);
    let mut shell = Command::new("/bin/sh")
        .args(["-c", "/bin/true; :"])
        .spawn()
        .unwrap();
    shell.wait().unwrap();
    let all = until_told(each(&[Kind::Exit], &[shell.id()]), &told);
    // The child of the shell runs the shell until it executes another program.
    let seen: Vec<_> = all.iter().map(|told| (told.kind, told.pid)).collect();
    assert_eq!(seen, [(Kind::Exec, shell.id()), (Kind::Exit, shell.id())]);
    watch.signal(Signal::SIGINT);
    let (code, words) = watch.end();
    assert_eq!(code, Some(0), "{words}");
    assert!(
        words.contains("2 written") && words.contains("filtered out"),
        "{words}"
    );
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let _alone = serial();
    if !is_root() || !able("netlink") {
        return;
    }
    let audit = monitors::audit::State::now().unwrap();
    for monitor in ["netlink", "audit"].into_iter().filter(|one| able(one)) {
        let before = Traces::now();
        let mut watch = Watch::start(&[monitor, "--format", "json"]);
        drop(watch.child.stdout.take());
        let (code, words) = watch.end();
        assert_eq!((code, words.as_str()), (Some(0), ""));
        assert_eq!(Traces::now(), before, "{monitor}");
        assert_eq!(monitors::audit::State::now().unwrap(), audit, "{monitor}");
    }
}

#[test]
fn a_reader_that_sleeps_costs_lines_that_add_up() {
    let _alone = serial();
    if !is_root() || !able("ebpf") {
        return;
    }
    let mut watch = Watch::start(&["ebpf", "--format", "json", "--kind", "exec"]);
    let stdout = watch.child.stdout.take().unwrap();
    // Five bytes of a line are six of JSON: 4 KiB of argv make 24, and 8 MiB may wait.
    let long = "\u{1}".repeat(8000);
    let run = || {
        let status = Command::new("/bin/true").arg(&long).status().unwrap();
        assert!(status.success());
    };
    let mut words = String::new();
    let warned = within(60, || {
        (0..50).for_each(|_| run());
        words.extend(watch.words.try_iter());
        words.contains("not written so far")
    });
    assert!(warned, "{words}");
    watch.signal(Signal::SIGINT);
    let reading = thread::spawn(move || {
        let lines = BufReader::new(stdout).split(b'\n').map(Result::unwrap);
        lines.filter(|line| event_json::read(line).is_ok()).count()
    });
    let (code, words) = watch.end();
    let read = reading.join().unwrap();
    assert_eq!(code, Some(0), "{words}");
    let number = |before: &str, after: &str| -> usize {
        let text = words.split(after).next().unwrap();
        let number = text.rsplit(before).next().unwrap();
        number.trim().parse().unwrap_or_else(|_| panic!("{words}"))
    };
    let (written, dropped) = (number(",", " written"), number(",", " not written because"));
    let (all, unwanted) = (number(":", " events ("), number(",", " filtered out"));
    assert!(dropped > 0);
    assert_eq!(
        (read, written + dropped + unwanted),
        (written, all),
        "{words}"
    );
}

/// The reader is stopped while programs end, more than there is room for; as soon as it goes on
/// the terminal has it, not only the summary.
#[test]
fn a_loss_is_said_while_it_watches() {
    let _alone = serial();
    for (label, cause) in [
        ("perf{pages=1}", "ring_full"),
        ("taskstats{rcvbuf=kernel}", "socket_drops"),
    ] {
        let name = bare_name(label);
        if !is_root() || !able(name) {
            continue;
        }
        let watch = Watch::start(&[label, "--format", "json", "--kind", "exec"]);
        watch.signal(Signal::SIGSTOP);
        programs(500, &[]);
        watch.signal(Signal::SIGCONT);
        let mut words = String::new();
        let told = within(10, || {
            words.extend(watch.words.try_iter());
            words.contains(&format!("events lost so far: {cause}"))
        });
        assert!(told, "{label}: {words}");
        watch.signal(Signal::SIGINT);
        let (code, words) = watch.end();
        assert_eq!(code, Some(0), "{label}: {words}");
        assert!(
            words.contains("; lost: ") && words.contains(cause),
            "{label}: {words}"
        );
    }
}

#[test]
fn misuse_is_said_before_anything_is_changed() {
    let _alone = serial();
    for (args, names) in [
        (&["watch", "nosuch"][..], "no monitor is called"),
        (&["watch", "replay"], "does not watch"),
        (&["watch", "null", "--kind", "fork,exec"], "--kind"),
        (&["watch", "null", "--exe", "("], "--exe"),
        (&["watch", "null", "--user", "no such"], "--user"),
        (&["watch", "null", "--pid", "0"], "--pid"),
    ] {
        let (code, stdout, stderr) = said(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(
            stderr.contains(names) && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
    let (code, stdout, _) = said(&["watch", "--help"]);
    assert!(code == 0 && stdout.contains("Examples:"), "{stdout}");
}

#[test]
#[ignore = "needs root"]
fn what_cannot_run_here_says_why() {
    use std::os::unix::process::CommandExt;
    let _alone = serial();
    let dir = scratch();
    let copy = dir.path().join("harness");
    std::fs::copy(env!("CARGO_BIN_EXE_harness"), &copy).unwrap();
    let output = Command::new(&copy)
        .args(["watch", "ebpf"])
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("run as root"));
}

/// These tests look at the whole machine, so one at a time, `doctor` included.
fn serial() -> std::sync::MutexGuard<'static, ()> {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    LOCK.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
