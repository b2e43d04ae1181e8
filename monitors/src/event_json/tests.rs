use contract::{Cut, DetailsBuf, EventRef, Field, Kind, Origin, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{EventLine, read, write};

fn line(report: &EventRef<'_>) -> String {
    let mut out = Vec::new();
    write(report, &mut out);
    String::from_utf8(out).unwrap()
}

fn exec<'a>(exe: &'a [u8], argv: &'a [u8]) -> EventRef<'a> {
    EventRef {
        exe: Some(exe),
        argv: Some(argv),
        ..EventRef::new(Kind::Exec, 1, 4)
    }
}

#[test]
fn the_line_is_the_agreed_one() {
    let told = EventRef {
        happened: 3,
        ppid: Some(2),
        ..exec(b"/bin/x", b"x\0y\0")
    };
    assert_eq!(
        line(&told),
        "{\"kind\":\"exec\",\"pid\":1,\"ppid\":2,\"happened_ns\":3,\"received_ns\":4,\
         \"exe\":\"/bin/x\",\"argv\":[\"x\",\"y\"],\"status\":null}\n"
    );
    let exit = EventRef {
        status: Some(-1),
        ..EventRef::new(Kind::Exit, u32::MAX, u64::MAX)
    };
    assert_eq!(
        line(&exit),
        "{\"kind\":\"exit\",\"pid\":4294967295,\"ppid\":null,\"happened_ns\":null,\
         \"received_ns\":18446744073709551615,\"exe\":null,\"argv\":null,\"status\":-1}\n"
    );
}

#[test]
fn names_that_would_be_something_else_are_escaped() {
    let said = |exe: &[u8]| {
        let line = line(&exec(exe, b""));
        let from = line.find("\"exe\":").unwrap() + 6;
        line[from..line.find(",\"argv\"").unwrap()].to_owned()
    };
    assert_eq!(said(b"a\\b\"c\n\t\x1b[2J"), r#""a\\b\"c\n\t\u001b[2J""#);
    assert_eq!(
        said("é\u{202e}\u{85}\u{2028}\u{e0001}".as_bytes()),
        r#""é\u202e\u0085\u2028\udb40\udc01""#
    );
    assert_eq!(
        said(b"\xff\xc3/\xed\xb3\xbf"),
        "\"\u{fffd}ff\u{fffd}c3/\u{fffd}ed\u{fffd}b3\u{fffd}bf\""
    );
    assert_eq!(
        said("\u{fffd}ff".as_bytes()),
        "\"\u{fffd}ef\u{fffd}bf\u{fffd}bdff\""
    );
    assert_eq!(
        said(b"\"}\n{\"kind\":\"exit\""),
        r#""\"}\n{\"kind\":\"exit\"""#
    );
}

#[test]
fn a_cut_argv_ends_where_it_was_cut() {
    for (argv, strings) in [
        (&b""[..], r#"[""]"#),
        (b"a", r#"["a"]"#),
        (b"a\0", r#"["a",""]"#),
        (b"a\0bc", r#"["a","bc"]"#),
    ] {
        let mut report = exec(b"/", argv);
        report.cut.argv = true;
        let line = line(&report);
        assert!(
            line.contains(strings) && line.ends_with(",\"cut\":[\"argv\"]}\n"),
            "{line}"
        );
        assert_eq!(read(line.as_bytes()).unwrap().argv.unwrap(), argv);
    }
    assert!(line(&exec(b"/", b"")).contains("\"argv\":[],"));
    assert!(line(&exec(b"/", b"\0")).contains("\"argv\":[\"\"],"));
}

#[test]
fn what_is_wrong_is_named() {
    let good = line(&exec(b"/bin/x", b"x\0"));
    assert!(read(good.as_bytes()).is_ok());
    for (from, to, says) in [
        ("\"pid\":1", "\"pid\":-1", "pid: invalid value"),
        ("\"pid\":1", "\"pid\":\"1\"", "pid: invalid type"),
        ("\"pid\":1,", "", "pid: is missing"),
        (
            "\"ppid\":null",
            "\"ppid\":4294967296",
            "ppid: invalid value",
        ),
        ("\"ppid\":null,", "", "ppid: is missing"),
        (
            "\"ppid\":null",
            "\"ppid\":null,\"ppid\":7",
            "ppid: is there twice",
        ),
        ("exec", "exeq", "kind: 'exeq' is not a kind"),
        (
            "\"received_ns\":4",
            "\"received_ns\":4.5",
            "received_ns: invalid type",
        ),
        ("/bin/x", "\u{fffd}fF", "exe: U+FFFD"),
        ("/bin/x", "\u{fffd}f", "exe: U+FFFD"),
        ("/bin/x", "\u{fffd}00", "exe: holds a NUL"),
        ("[\"x\"]", "[\"\\u0000\"]", "argv: holds a NUL"),
        ("[\"x\"]", "\"x\"", "argv: invalid type"),
        ("[\"x\"]", "[\"\\ud800\"]", "argv: "),
        (
            "\"status\":null",
            "\"status\":null,\"cut\":[\"pid\"]",
            "cut: holds something else",
        ),
        (
            "[\"x\"],\"status\":null",
            "null,\"status\":null,\"cut\":[\"argv\"]",
            "cut: names",
        ),
        (
            "[\"x\"],\"status\":null",
            "[],\"status\":null,\"cut\":[\"argv\"]",
            "argv: is cut and",
        ),
        ("}\n", "}{}", "trailing"),
        ("}\n", "", "EOF"),
        ("{\"kind\":\"exec\",", "[", "an object"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let why = read(bad.as_bytes()).unwrap_err().to_string();
        assert!(why.contains(says), "{bad}: {why}");
        assert_eq!(why.lines().count(), 1, "{why}");
    }
    let later = good.replacen("\"pid\":1", "\"pid\":1,\"later\":{\"id\":[1]}", 1);
    assert_eq!(read(later.as_bytes()), read(good.as_bytes()));
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    // Arbitrary bytes are seldom near to anything; these are.
    const PIECES: &[&str] = &[
        "\u{fffd}", "ff", "\\", "\"", "\n", "u001b", "é", "\u{202e}", "},{",
    ];
    let near = vec(prop::sample::select(PIECES), 0..6).prop_map(|all| all.concat().into_bytes());
    let wild = vec(1..=255_u8, 0..40);
    prop_oneof![near, wild]
}

/// Some of the fields that lines have only where they are told.
fn details() -> impl Strategy<Value = DetailsBuf> {
    vec(
        (option::of((name(), any::<u64>())), any::<bool>()),
        Field::DETAILS.len(),
    )
    .prop_map(|all| {
        let mut details = DetailsBuf::default();
        for (field, (told, cut)) in Field::DETAILS.into_iter().zip(all) {
            match told {
                Some((bytes, _)) if field.is_text() => {
                    let bytes = &bytes;
                    details.put(field, Value::Text { bytes, cut });
                }
                Some((_, number)) => details.number(field, number),
                None => {}
            }
        }
        details
    })
}

#[test]
fn details_have_keys_where_they_are_told() {
    let mut details = DetailsBuf::default();
    let path = Value::Text {
        bytes: b"./x",
        cut: true,
    };
    details.put(Field::Path, path);
    details.number(Field::Uid, 4_294_967_295_u32);
    details.text(Field::Tty, b"");
    let told = EventRef {
        details: details.details(),
        ..exec(b"/bin/x", b"x\0")
    };
    let line = line(&told);
    let end =
        ",\"status\":null,\"path\":\"./x\",\"uid\":4294967295,\"tty\":\"\",\"cut\":[\"path\"]}\n";
    assert!(line.ends_with(end), "{line}");
    assert_eq!(read(line.as_bytes()).unwrap().details, details);
    for (from, to, says) in [
        ("\"./x\"", "7", "path: is not a string"),
        ("4294967295", "\"root\"", "uid: is not a number"),
        ("4294967295", "-1", "uid: "),
        ("\"./x\"", "null", "cut: names"),
        ("[\"path\"]", "[\"uid\"]", "cut: holds"),
    ] {
        let bad = line.replacen(from, to, 1);
        let why = read(bad.as_bytes()).unwrap_err().to_string();
        assert!(why.contains(says), "{bad}: {why}");
    }
}

prop_compose! {
    fn told()(
        kind in prop::sample::select(&Kind::ALL[..]),
        pid: u32,
        ppid in option::of(any::<u32>()),
        happened: u64,
        received: u64,
        status in option::of(any::<i32>()),
        exe in option::of(name()),
        argv in option::of(vec(name(), 0..5)),
        cut_exe: bool,
        cut_argv in option::of(name()),
        details in details(),
        snapshot: bool,
    ) -> EventLine {
        let cut = Cut { exe: cut_exe && exe.is_some(), argv: cut_argv.is_some() && argv.is_some() };
        let argv = argv.map(|argv| {
            let rest = if cut.argv { cut_argv } else { None };
            [contract::argv_bytes(argv), rest.unwrap_or_default()].concat()
        });
        let happened = std::num::NonZeroU64::new(happened);
        let origin = if snapshot { Origin::Snapshot } else { Origin::Live };
        EventLine { kind, pid, ppid, happened, received, exe, argv, status, cut, details, origin }
    }
}

proptest! {
    #[test]
    fn every_report_comes_back(told in told()) {
        let line = line(&told.report());
        prop_assert_eq!(read(line.as_bytes()).unwrap(), told);
        let body = line.strip_suffix('\n').unwrap();
        prop_assert!(body.chars().all(contract::shown), "{}", body);
        prop_assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), at: prop::sample::Index) {
        prop_assert!(read(&bytes).is_err());
        let mut damaged = line(&exec(b"/bin/x", b"x\0y\0")).into_bytes();
        let at = at.index(damaged.len());
        damaged.splice(at..at, bytes);
        let _read_or_refused = read(&damaged);
    }
}
