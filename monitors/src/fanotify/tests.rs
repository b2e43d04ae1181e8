//! Against recorded bytes, and as root against the kernel.

use std::fs::File;
use std::path::Path;

use contract::{Decode, Frame, Journal, SpoolReader};
use proptest::prelude::*;

use super::decode::Decoder;
use super::file::{Leads, leads};

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/fanotify/sh.spool");

/// A script, `#!/bin/sh`, `/bin/true; exec /sbin/ldconfig --version`: the latter has no loader. Files
/// of other processes are taken out.
#[test]
fn recorded_bytes_decode_to_what_happened() {
    let mut reader = SpoolReader::new(File::open(RECORDED).unwrap());
    let (mut journal, mut decoder) = (Journal::default(), Decoder::default());
    while let Some(frame) = reader.next_frame().unwrap() {
        decoder.frame(frame, &mut journal).unwrap();
    }
    let line = |event: &contract::Event| {
        let exe = journal.arena.get(event.facts.exe.unwrap());
        format!("{} {} {}\n", event.kind, event.pid, exe.escape_ascii())
    };
    let lines: String = journal.events.iter().map(line).collect();
    let expected = std::fs::read_to_string(Path::new(RECORDED).with_extension("events"));
    assert_eq!(lines, expected.unwrap());
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let frame = Frame { received: 1, bytes: &bytes };
        let _ = Decoder::default().frame(frame, &mut Journal::default());
        let _ = leads(&bytes);
        let _ = leads(&[b"\x7fELF".to_vec(), bytes].concat());
    }
}

#[test]
fn a_file_shows_what_it_leads_to() {
    let own = std::fs::read("/proc/self/exe").unwrap();
    assert_eq!(leads(&own[..2048]), Leads::HereByLoader);
    // Its headers end before the one that names the loader.
    assert_eq!(leads(&own[..64]), Leads::Here);
    assert_eq!(leads(b"#!/bin/sh\n"), Leads::ToInterpreter);
    assert_eq!(leads(b"echo"), Leads::Nowhere);
}
