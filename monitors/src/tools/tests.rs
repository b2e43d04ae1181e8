//! The definitions that come with the harness, on what their tools really said.

use std::fs;
use std::path::Path;

use contract::{Decode, EventLog, Frame, Kind};

use super::decode::Decoder;
use super::definition::Definition;
use super::{OURS, ours, within};
use crate::event_json;

fn definition(name: &str) -> &'static Definition {
    let file = format!("{name}.toml");
    let (file, text) = OURS.iter().find(|(own, _)| *own == file).unwrap();
    Box::leak(Box::new(Definition::parse(file, text).unwrap()))
}

/// Event lines of what a tool said, in pieces of `size` bytes.
fn decoded(definition: &'static Definition, said: &[u8], size: usize) -> (String, u64) {
    let (mut decoder, mut journal) = (Decoder::new(definition), EventLog::default());
    for piece in said.chunks(size) {
        let bytes = [&[0], piece].concat();
        let frame = Frame {
            received: 1,
            bytes: &bytes,
        };
        decoder.frame(frame, &mut journal).unwrap();
    }
    decoder.finish(&mut journal);
    let mut out = Vec::new();
    for event in &journal.events {
        event_json::write(&journal.report(event), &mut out);
    }
    (String::from_utf8(out).unwrap(), decoder.strange)
}

#[test]
fn all_definitions_can_be_read_and_are_called_like_their_files() {
    assert_eq!(ours().unwrap().len(), OURS.len());
    for (file, _) in OURS {
        let name = file.strip_suffix(".toml").unwrap();
        assert_eq!(definition(name).name, name);
    }
}

/// After a wanted change: BLESS=1, and read the diff.
#[test]
fn recorded_lines_become_the_events_they_are() {
    let count = decode_recorded("testdata/tools", definition);
    assert!(count >= 15, "only {count} tools are recorded");
}

/// What perf said of one program with two threads where the kernel tells the end of a thread from that of a
/// process, and where it does not.
#[test]
fn a_thread_is_no_process_where_the_kernel_tells_them_apart() {
    let ends = |said: &str, program: &str| {
        let said = said.as_bytes();
        let (events, _) = decoded(definition("perf-trace"), said, usize::MAX);
        let forks = events
            .lines()
            .filter(|line| line.contains(r#""kind":"fork""#));
        let threads = forks.filter(|line| line.contains(&format!(r#""ppid":{program},"#)));
        let ended = events
            .lines()
            .filter(|line| line.contains(r#""kind":"exit""#));
        let ended = ended.filter_map(|line| line.split(r#""pid":"#).nth(1)?.split(',').next());
        let ended: Vec<String> = ended.map(str::to_owned).collect();
        (threads.count(), ended)
    };
    let (threads, ended) = ends(include_str!("../../testdata/tools/perf-trace.txt"), "12962");
    assert_eq!(threads, 0);
    assert_eq!(ended, ["12772", "12962", "12966", "12965"]);
    let (threads, ended) = ends(
        include_str!("../../testdata/tools/perf-trace.5.10.txt"),
        "97",
    );
    assert_eq!(threads, 0);
    assert_eq!(ended[1..4], ["98", "97", "99"]);
}

/// Definitions from documentation alone, by the loader of `--tools`, on lines of the documented shape.
#[test]
fn documented_lines_of_tools_that_never_ran_become_events() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tools-never-run");
    let all = within(&dir).unwrap();
    for one in &all {
        assert!(one.about().contains("never run here"), "{}", one.name());
    }
    let count = decode_recorded("testdata/never-run", |name| {
        let text = fs::read_to_string(dir.join(format!("{name}.toml"))).unwrap();
        Box::leak(Box::new(Definition::parse(name, &text).unwrap()))
    });
    assert_eq!((count, all.len()), (3, 3));
}

/// Compares what the lines in `folder` become with what is written there; the number of tools.
fn decode_recorded(folder: &str, definition: impl Fn(&str) -> &'static Definition) -> usize {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut count = 0;
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ext| ext != "txt") {
            continue;
        }
        // NAME.txt, or NAME.KERNEL.txt where another kernel has the tool say it otherwise.
        let name = path.file_stem().unwrap().to_str().unwrap();
        let name = name.split('.').next().unwrap().to_owned();
        let said = fs::read(&path).unwrap();
        let (found, strange) = decoded(definition(&name), &said, usize::MAX);
        let wanted = path.with_extension("events");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&wanted, &found).unwrap();
        }
        assert_eq!(found, fs::read_to_string(wanted).unwrap(), "{name}");
        assert_eq!(strange, 0, "{name}");
        // Wherever the pieces of a read end, the lines are the same.
        assert_eq!(decoded(definition(&name), &said, 7).0, found, "{name}");
        count += 1;
    }
    count
}

#[test]
fn garbage_is_told_and_a_little_of_it_is_not() {
    let definition = definition("forkstat");
    let line = "07:38:36 exit  12039   1024   0.000s leaf\n";
    let (events, strange) = decoded(definition, format!("{line}what?\n{line}").as_bytes(), 5);
    assert_eq!((events.lines().count(), strange), (2, 1));
    let mut decoder = Decoder::new(definition);
    let bytes = [&b"\0"[..], &b"what?\n".repeat(21)].concat();
    let frame = Frame {
        received: 1,
        bytes: &bytes,
    };
    let why = decoder.frame(frame, &mut EventLog::default()).unwrap_err();
    assert!(
        why.0.contains("it printed garbage: 21 of 21 lines"),
        "{why}"
    );
}

#[test]
fn no_bytes_upset_a_decoder() {
    let definition = definition("auditd");
    proptest::proptest!(|(bytes in proptest::collection::vec(0_u8..=255, 0..300))| {
        let mut decoder = Decoder::new(definition);
        let frame = Frame { received: 1, bytes: &bytes };
        // Refused or not: it comes back.
        let _refused = decoder.frame(frame, &mut EventLog::default());
    });
}

#[test]
fn an_event_of_several_lines_is_delivered_with_the_last_of_them() {
    let mut decoder = Decoder::new(definition("auditd"));
    let head = |id: u32, call: &str| {
        format!("type=SYSCALL msg=audit(1.2:{id}): arch=c000003e syscall={call}")
    };
    let users = "auid=0 uid=0 gid=0 euid=0 suid=0 tty=(none) ses=1 comm=\"x\" exe=\"/x\"";
    let exec = |id, pid: u32| {
        let head = head(id, "59 success=yes exit=0 a0=1");
        let argv = format!("type=EXECVE msg=audit(1.2:{id}): argc=1 a0=\"x\"");
        [format!("{head} items=2 ppid=1 pid={pid} {users}"), argv]
    };
    let exit = |id, pid: u32| head(id, &format!("231 a0=0 items=0 ppid=1 pid={pid} {users}"));
    let ([first, first_argv], [second, second_argv]) = (exec(1, 7), exec(2, 8));
    // As two CPUs may write.
    let lines = [
        first,
        second,
        second_argv,
        first_argv,
        exit(3, 8),
        exit(4, 7),
    ];
    let text = format!("\0{}\n", lines.join("\n"));
    let mut out = EventLog::default();
    let frame = Frame {
        received: 1,
        bytes: text.as_bytes(),
    };
    decoder.frame(frame, &mut out).unwrap();
    decoder.finish(&mut out);
    let told = out.events.iter().map(|event| (event.kind, event.pid));
    let due = [
        (Kind::Exec, 8),
        (Kind::Exec, 7),
        (Kind::Exit, 8),
        (Kind::Exit, 7),
    ];
    assert_eq!(told.collect::<Vec<_>>(), due);
}
