//! The bytes recorded on x86-64, as the kernels of other machines would have written them: the same
//! processes are decoded from them. Numbers are those of the kernels' own tables.

use contract::{Event, EventLog, Frame, Kind, Monitor, SpoolReader, Value};
use proptest::prelude::*;

use super::super::{Audit, wire};
use super::recorded::file;
use super::support::decode;

const SYSCALL: u16 = 1300;
/// `arch=` of a machine; then, in the order of [`ON_X86_64`], the number of the call and, where a clone replaces
/// it, its flags.
type Machine = (&'static str, [(u32, Option<u32>); 8]);
const X86_64: &str = "c000003e";
/// clone, fork, vfork, execve, execveat, exit, exit_group, clone3.
const ON_X86_64: [u32; 8] = [56, 57, 58, 59, 322, 60, 231, 435];
/// SIGCHLD, and CLONE_VFORK | CLONE_VM | SIGCHLD.
const FORK: Option<u32> = Some(0x11);
const VFORK: Option<u32> = Some(0x4111);

const MACHINES: [Machine; 3] = [
    (
        "c00000b7",
        with([220, 220, 220, 221, 281, 93, 94, 435], [FORK, VFORK]),
    ),
    (
        "40000028",
        with([120, 2, 190, 11, 387, 1, 248, 435], [None; 2]),
    ),
    (
        "40000003",
        with([120, 2, 190, 11, 358, 1, 252, 435], [None; 2]),
    ),
];

const fn with(numbers: [u32; 8], flags: [Option<u32>; 2]) -> [(u32, Option<u32>); 8] {
    let [a, b, c, d, e, f, g, h] = numbers;
    let [fork, vfork] = flags;
    [
        (a, None),
        (b, fork),
        (c, vfork),
        (d, None),
        (e, None),
        (f, None),
        (g, None),
        (h, None),
    ]
}

/// A datagram of x86-64, as that machine's kernel would have written it.
fn moved(datagram: &[u8], (arch, calls): &Machine) -> Vec<u8> {
    match wire::split(datagram) {
        Some((SYSCALL, payload)) => {
            let text = std::str::from_utf8(payload.trim_ascii_end()).unwrap();
            let words = text.split(' ').collect::<Vec<_>>();
            let number: u32 = words
                .iter()
                .find_map(|word| word.strip_prefix("syscall="))
                .unwrap()
                .parse()
                .unwrap();
            let at = ON_X86_64.iter().position(|&known| known == number).unwrap();
            let (number, flags) = calls[at];
            let words = words
                .iter()
                .map(|word| match (word.split_once('='), flags) {
                    (Some(("arch", X86_64)), _) => format!("arch={arch}"),
                    (Some(("syscall", _)), _) => format!("syscall={number}"),
                    (Some(("a0", _)), Some(flags)) => format!("a0={flags:x}"),
                    _ => (*word).to_owned(),
                });
            wire::message(
                SYSCALL,
                0,
                0,
                words.collect::<Vec<_>>().join(" ").as_bytes(),
            )
        }
        _ => datagram.to_vec(),
    }
}

/// Whether the frames of a spool went in, and all that was decoded from them.
fn decoded(name: &str, change: impl Fn(usize, &[u8]) -> Vec<u8>) -> (usize, Vec<String>) {
    let mut reader = SpoolReader::new(std::fs::File::open(file(name)).unwrap());
    let (mut decoder, mut journal) = (Audit.decoder(), EventLog::default());
    let (mut place, mut taken) = (0, 0);
    while let Some(frame) = reader.next_frame().unwrap() {
        let bytes = change(place, frame.bytes);
        let frame = Frame {
            received: frame.received,
            bytes: &bytes,
        };
        taken += usize::from(decoder.frame(frame, &mut journal).is_ok());
        place += 1;
    }
    decoder.finish(&mut journal);
    let line = |event| {
        let details = journal
            .details(event)
            .iter()
            .map(|(field, value)| match value {
                Value::Number(number) => format!("{field}={number}"),
                Value::Text { bytes, .. } => format!("{field}={}", bytes.escape_ascii()),
            });
        format!(
            "{:?} {:?}",
            journal.report(event),
            details.collect::<Vec<_>>()
        )
    };
    (taken, journal.events.iter().map(line).collect())
}

#[test]
fn every_machine_tells_of_the_same_processes() {
    for name in ["mixed.spool", "nasty.spool"] {
        let (taken, here) = decoded(name, |_, bytes| bytes.to_vec());
        assert!(here.len() > 10, "{name}: {} events", here.len());
        for machine in MACHINES {
            let there = decoded(name, |_, bytes| moved(bytes, &machine));
            assert!(there == (taken, here.clone()), "{name} on {}", machine.0);
        }
    }
}

/// What 5.10.223 wrote on arm64 while the workload static-binary ran: 33 programs without a C library, the last of
/// whose arguments ends in a number of its own.
#[test]
fn what_a_kernel_of_arm64_wrote() {
    let journal = decode(&file("arm64.spool"));
    let about = |kind, pid| {
        let of = move |event: &&Event| event.kind == kind && event.pid == pid;
        journal.events.iter().filter(of).collect::<Vec<_>>()
    };
    let mut numbers = Vec::new();
    for event in journal
        .events
        .iter()
        .filter(|event| event.kind == Kind::Exec)
    {
        let argv = journal.report(event).argv.unwrap();
        let Some(rest) = argv.strip_prefix(b"leaf-nolibc\0n1a229aa4644p65o15-") else {
            continue;
        };
        let number = std::str::from_utf8(rest.strip_suffix(b"\0").unwrap_or(rest))
            .unwrap()
            .parse::<u32>()
            .unwrap();
        let (forks, execs, exits) = (
            about(Kind::Fork, event.pid),
            about(Kind::Exec, event.pid),
            about(Kind::Exit, event.pid),
        );
        assert_eq!(
            (forks.len(), execs.len(), exits.len()),
            (1, 1, 1),
            "{number}"
        );
        assert_eq!(forks[0].fields.ppid, event.fields.ppid, "{number}");
        // The program ends with its number modulo 7.
        assert_eq!(
            exits[0].fields.status,
            Some(((number % 7) << 8) as i32),
            "{number}"
        );
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (3..=35).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Frames of any machine, cut and with bytes changed: never a panic, and no more events than frames.
    #[test]
    fn any_bytes_are_taken_or_refused(
        machine in 0..MACHINES.len(),
        changes in prop::collection::vec((0..400_usize, 0..300_usize, any::<u8>()), 0..200),
    ) {
        let (taken, told) = decoded("mixed.spool", |place, bytes| {
            let mut bytes = moved(bytes, &MACHINES[machine]);
            for (_, at, byte) in changes.iter().filter(|(frame, ..)| *frame == place) {
                if byte % 7 == 0 { bytes.truncate(*at) }
                if let Some(there) = bytes.get_mut(*at) { *there = *byte }
            }
            bytes
        });
        prop_assert!(told.len() <= taken);
    }
}
