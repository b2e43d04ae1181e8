//! Against recorded bytes, and as root against the kernel.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;

use contract::{Decode, Frame, Journal, Monitor, Options, Session, Spool, SpoolReader};
use proptest::prelude::*;

use super::{Accounting, decode::Decoder};

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/accounting/sh.spool");

fn decoded(spool: &Path) -> Journal {
    let mut reader = SpoolReader::new(File::open(spool).unwrap());
    let mut journal = Journal::default();
    while let Some(frame) = reader.next_frame().unwrap() {
        Decoder.frame(frame, &mut journal).unwrap();
    }
    assert_eq!(reader.rest(), 0);
    journal
}

/// `sh -c '/bin/true & sh -c "exit 3"; kill -9 $$'` under `harness monitor accounting`; the records of other
/// processes are taken out.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    let line = |event: &contract::Event| {
        let (ppid, status) = (event.facts.ppid.unwrap(), event.facts.status.unwrap());
        format!("{} {} of {ppid} status {status}\n", event.kind, event.pid)
    };
    let lines: String = decoded(Path::new(RECORDED))
        .events
        .iter()
        .map(line)
        .collect();
    let expected = std::fs::read_to_string(Path::new(RECORDED).with_extension("events"));
    assert_eq!(lines, expected.unwrap());
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let frame = Frame { received: 1, bytes: &bytes };
        let _ = Decoder.frame(frame, &mut Journal::default());
    }
}

#[test]
fn ends_are_told_and_it_is_off_afterwards() {
    let options = Options::new("accounting", Accounting.options(), []).unwrap();
    if let Some(missing) = Accounting.missing(&options).first() {
        println!("skipped: {missing}");
        return;
    }
    let _alone = crate::state::lock().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (stopped, stop) = std::io::pipe().unwrap();
    let (say, ready) = mpsc::channel();
    let spool = dir.path().join("spool.bin");
    let mut session = Session {
        options: &options,
        dir: dir.path(),
        stop: stopped.as_fd(),
        spool: Spool::new(File::create(&spool).unwrap()).unwrap(),
        ready: &mut |_: &[(String, String)]| Ok(say.send(())?),
    };
    let ran = std::thread::scope(|scope| {
        let ran = scope.spawn(move || {
            ready.recv().unwrap();
            let ran = ["exit 3", "kill -9 $$"].map(|script| {
                let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
                let status = child.wait().unwrap();
                (
                    child.id(),
                    std::os::unix::process::ExitStatusExt::into_raw(status),
                )
            });
            drop(stop);
            ran
        });
        Accounting.capture(&mut session).unwrap();
        ran.join().unwrap()
    });
    session.spool.flush().unwrap();
    let journal = decoded(&spool);
    for (pid, status) in ran {
        let found = journal.events.iter().filter(|event| event.pid == pid);
        let said: Vec<_> = found
            .map(|event| (event.facts.ppid, event.facts.status))
            .collect();
        assert_eq!(said, [(Some(std::process::id()), Some(status))]);
    }
    assert!(!super::file().unwrap().exists());
    let length = std::fs::metadata(&spool).unwrap().len();
    Command::new("true").status().unwrap();
    assert_eq!(std::fs::metadata(&spool).unwrap().len(), length);
}
