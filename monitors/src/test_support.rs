//! What the tests of several monitors share: a capture while something happens, and its events as text.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use contract::{
    Counters, EventLog, EventRef, Frame, Kind, Monitor, Options, Session, Spool, SpoolReader,
    split_argv,
};
use nix::sys::eventfd::EventFd;

/// Says so and returns from the test when not run as root.
macro_rules! as_root {
    () => {
        if !nix::unistd::geteuid().is_root() {
            println!("skipped: run as root");
            return;
        }
        let _lock = crate::common::host_lock::lock().unwrap();
    };
}
pub(crate) use as_root;

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

/// Writes the recorded spool `name` anew from that at `from`, of each frame what `keep` leaves:
/// what strangers did meanwhile is nobody's business.
pub(crate) fn record(
    monitor: &dyn Monitor,
    name: &str,
    from: &Path,
    keep: impl Fn(Frame<'_>) -> Option<Vec<u8>>,
) {
    let path = testdata(name);
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
        hears.recv().unwrap();
        let result = work();
        stop.write(1).unwrap();
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
