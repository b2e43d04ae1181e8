//! What the tests of several monitors share: a capture while something happens, and its events as text.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use contract::{
    Counters, EventLog, EventRef, Frame, Kind, Monitor, Options, Session, Spool, SpoolReader,
    split_argv,
};
use nix::fcntl::Flock;
use nix::sys::eventfd::EventFd;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use crate::common::host_lock;

/// Root and the project's lock, for a test that is ignored because it needs them; returns from the
/// test, with a word about it, where a facility of the machine is missing.
macro_rules! on_machine_for {
    ($monitor:expr) => {
        let Some(_lock) = crate::test_support::machine_for(&$monitor) else {
            return;
        };
    };
}
pub(crate) use on_machine_for;

/// The lock, where `monitor` can run. Fails without root.
pub(crate) fn machine_for(monitor: &dyn Monitor) -> Option<Flock<File>> {
    assert!(nix::unistd::geteuid().is_root(), "run this test as root");
    let lock = host_lock::lock().unwrap();
    let options = Options::new(monitor.name(), monitor.options(), []).unwrap();
    let Some(missing) = monitor.missing(&options).into_iter().next() else {
        return Some(lock);
    };
    skipped(&format!("{}: {missing}", monitor.name()));
    None
}

/// Says why a part of a test does not run here. Fails with `ROLLCALL_REQUIRE_ROOT=1`: where that is
/// set, as in this project's CI, every facility that a test of this crate asks for is there.
pub(crate) fn skipped(why: &str) {
    let required = std::env::var_os("ROLLCALL_REQUIRE_ROOT").is_some_and(|value| value == "1");
    assert!(!required, "ROLLCALL_REQUIRE_ROOT=1, and yet: {why}");
    println!("skipped: {why}");
}

/// A child of this process that was forked and not executed, and is killed at the end of the test
/// at the latest.
pub(crate) struct Forked(Pid);

impl Forked {
    /// Runs `body` in it, and waits until `body` calls what it is given. No thread but this one is
    /// in the child, so what another may have locked, such as stdout, must be left alone there.
    pub(crate) fn new(body: impl FnOnce(&dyn Fn())) -> Self {
        let (mut begun, mut begin) = std::io::pipe().unwrap();
        // SAFETY: the child runs code of this test only and never returns from here. The allocator
        // takes its locks around fork, so it works there.
        match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                drop(begun);
                let say = || begin.try_clone().unwrap().write_all(b"!").unwrap();
                let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body(&say)));
                drop(begin.flush());
                // SAFETY: ends the child at once, without the handlers of the test program.
                unsafe { libc::_exit(i32::from(ran.is_err())) }
            }
            ForkResult::Parent { child } => {
                drop(begin);
                let forked = Self(child);
                begun.read_exact(&mut [0]).expect("the child begins");
                forked
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.as_raw().cast_unsigned()
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(self) {}
}

impl Drop for Forked {
    fn drop(&mut self) {
        kill(self.0, Signal::SIGKILL).unwrap();
        waitpid(self.0, None).unwrap();
    }
}

/// Never comes back.
pub(crate) fn wait_to_be_killed() -> ! {
    loop {
        nix::unistd::pause();
    }
}

/// The program of many ways to begin and end, compiled into `dir`.
pub(crate) fn actor(dir: &Path) -> PathBuf {
    let source = testdata("actor.c");
    let out = dir.canonicalize().unwrap().join("actor");
    let mut cc = Command::new("cc");
    cc.args(["-static", "-pthread", "-O1", "-o"]);
    let made = cc.arg(&out).arg(source).output().unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{cc:?}: {said}");
    out
}

pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

pub(crate) fn decoded(monitor: &dyn Monitor, spool: impl Read) -> EventLog {
    let mut reader = SpoolReader::new(spool);
    let mut journal = EventLog::default();
    let mut decoder = monitor.decoder();
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    decoder.finish(&mut journal);
    assert_eq!(reader.rest(), 0);
    journal
}

/// One line for each event, for the eye and for the recorded expectation.
pub(crate) fn lines(journal: &EventLog) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_default().to_string();
    let line = |report: EventRef<'_>| {
        let argv = report
            .argv
            .map(|argv| split_argv(argv).map(text).collect::<Vec<_>>());
        format!(
            "{} {} happened={} received={} ppid={:?} status={:?} exe={:?} argv={argv:?} cut={:?}\n",
            report.kind,
            report.pid,
            report.happened,
            report.received,
            report.ppid,
            report.status,
            report.exe.map(text),
            report.cut.argv
        )
    };
    journal
        .events
        .iter()
        .map(|event| line(journal.report(event)))
        .collect()
}

/// Holds the recorded spool `name` against the events beside it.
#[track_caller]
pub(crate) fn recorded(monitor: &dyn Monitor, name: &str) {
    let path = testdata(name);
    let journal = decoded(monitor, File::open(&path).unwrap());
    let expected = std::fs::read_to_string(path.with_extension("events")).unwrap();
    assert_eq!(lines(&journal), expected);
}

/// Whether recorded bytes are to be written anew: `ROLLCALL_RECORD=1 cargo test -p rollcall-monitors
/// record -- --include-ignored` as root. Look at what changes before you commit it.
pub(crate) fn recording() -> bool {
    std::env::var_os("ROLLCALL_RECORD").is_some_and(|value| value == "1")
}

/// Records the spool `name` from that at `from`, of each frame what `keep` leaves: what other
/// processes did is left out. Into a folder of its own, which goes away again, unless [`recording`].
pub(crate) fn record(
    monitor: &dyn Monitor,
    name: &str,
    from: &Path,
    keep: impl Fn(Frame<'_>) -> Option<Vec<u8>>,
) {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = if recording() {
        testdata(name)
    } else {
        elsewhere.path().join(name)
    };
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut reader = SpoolReader::new(File::open(from).unwrap());
    let mut spool = Spool::new(File::create(&path).unwrap()).unwrap();
    while let Some(frame) = reader.next_frame().unwrap() {
        if let Some(bytes) = keep(frame) {
            spool.write(frame.received, &bytes).unwrap();
        }
    }
    spool.flush().unwrap();
    let journal = decoded(monitor, File::open(&path).unwrap());
    assert_ne!(journal.events.len(), 0, "nothing was recorded");
    std::fs::write(path.with_extension("events"), lines(&journal)).unwrap();
}

/// Any bytes as a frame: they are taken or refused.
pub(crate) fn takes(monitor: &dyn Monitor, bytes: &[u8]) -> bool {
    let (mut decoder, mut out) = (monitor.decoder(), EventLog::default());
    let taken = decoder
        .frame(Frame { received: 1, bytes }, &mut out)
        .is_ok();
    decoder.finish(&mut out);
    taken
}

/// Stops the capture also when a test fails under it: the scope would wait for it for ever.
struct Stops<'a>(&'a EventFd);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.write(1).unwrap();
    }
}

/// Captures while `work` runs.
pub(crate) fn watch<T>(
    monitor: &dyn Monitor,
    given: &[(&str, &str)],
    work: impl FnOnce() -> T,
) -> (EventLog, Counters, PathBuf, T) {
    let dir = tempfile::tempdir().unwrap().keep();
    let path = dir.join("spool");
    let stop = EventFd::new().unwrap();
    let (says, hears) = mpsc::channel();
    let (result, counters) = std::thread::scope(|scope| {
        let options = given.iter().copied();
        let options = Options::new(monitor.name(), monitor.options(), options).unwrap();
        let (dir, path, stop) = (&dir, &path, &stop);
        let capture = scope.spawn(move || {
            monitor.capture(&mut Session {
                options: &options,
                dir,
                stop: stop.as_fd(),
                spool: Spool::new(File::create(path).unwrap()).unwrap(),
                ready: &mut move |_| Ok(says.send(())?),
            })
        });
        if hears.recv().is_err() {
            // It ended before it was ready: its own words say why.
            capture.join().unwrap().unwrap();
            unreachable!("{} ended before it was ready", monitor.name());
        }
        let stops = Stops(stop);
        let result = work();
        drop(stops);
        (result, capture.join().unwrap().unwrap())
    });
    let journal = decoded(monitor, File::open(&path).unwrap());
    (journal, counters, path, result)
}

/// A program that has begun, and waits for the end of its input. It knows because it has spoken.
pub(crate) fn waiting(command: &mut Command) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.as_mut().unwrap());
    // A test program that runs one test at a time, for lack of CPUs, has the test's name before it.
    while !line.ends_with("begun\n") {
        line.clear();
        assert_ne!(
            reader.read_line(&mut line).unwrap(),
            0,
            "the child ended early"
        );
    }
    child
}

pub(crate) fn shell(nonce: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo begun; read x", nonce]);
    command
}

pub(crate) fn of(journal: &EventLog, kind: Kind, pid: u32) -> Vec<EventRef<'_>> {
    let events = journal
        .events
        .iter()
        .filter(|event| event.pid == pid && event.kind == kind);
    events.map(|event| journal.report(event)).collect()
}

/// Waits until the process is reaped and its exit told; the parent wakes before the message is out,
/// so a whole other process is begun and ended after it.
pub(crate) fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().unwrap();
    Command::new("/bin/true").status().unwrap();
}

/// One process that ends, one that is killed and a thread of our own; the processes' ids.
pub(crate) fn lives() -> [u32; 3] {
    let ended = waiting(&mut shell("ended"));
    let mut killed = waiting(&mut shell("killed"));
    let own = [ended.id(), killed.id(), std::process::id()];
    killed.kill().unwrap();
    end(killed);
    end(ended);
    std::thread::spawn(|| {}).join().unwrap();
    own
}
