//! From a report to its line. It runs for every event of a live monitor, so it knows the shape,
//! copies what needs no escape as it is, and allocates nothing of its own.

use contract::{EventRef, Origin, Value, shown, split_argv};
use itoa::Buffer;

use super::mark::MARK;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Which bytes stand for themselves in a JSON string.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'"' && byte != b'\\';
        byte += 1;
    }
    plain
};

/// Appends the line of `report`, its newline included.
pub fn write(report: &EventRef<'_>, out: &mut Vec<u8>) {
    let mut digits = Buffer::new();
    let told = |time: u64| (time != 0).then_some(time);
    out.extend_from_slice(b"{\"kind\":\"");
    out.extend_from_slice(report.kind.as_str().as_bytes());
    out.extend_from_slice(b"\",\"pid\":");
    out.extend_from_slice(digits.format(report.pid).as_bytes());
    number(b",\"ppid\":", report.ppid, out);
    number(b",\"happened_ns\":", told(report.happened), out);
    number(b",\"received_ns\":", told(report.received), out);
    out.extend_from_slice(b",\"exe\":");
    match report.exe {
        Some(exe) => text(exe, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"argv\":");
    match report.argv {
        Some(argv) => list(argv, report.cut.argv, out),
        None => out.extend_from_slice(b"null"),
    }
    number(b",\"status\":", report.status, out);
    details(report, out);
    cut(report, out);
    out.extend_from_slice(match report.origin {
        Origin::Live => b"}\n",
        Origin::Snapshot => b",\"origin\":\"snapshot\"}\n",
    });
}

/// Keys for what is told, and only for that: few monitors tell any, and lines stay short.
fn details(report: &EventRef<'_>, out: &mut Vec<u8>) {
    for (field, value) in report.details.iter() {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(field.as_str().as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            Value::Number(number) => {
                out.extend_from_slice(Buffer::new().format(number).as_bytes());
            }
            Value::Text { bytes, .. } => text(bytes, out),
        }
    }
}

fn cut(report: &EventRef<'_>, out: &mut Vec<u8>) {
    let usual = [(report.cut.exe, "exe"), (report.cut.argv, "argv")];
    let details = report.details.iter();
    let details = details.map(|(field, value)| (value.is_cut(), field.as_str()));
    let mut before = &b",\"cut\":["[..];
    for (_, name) in usual.into_iter().chain(details).filter(|one| one.0) {
        out.extend_from_slice(before);
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
        before = b",";
    }
    if before == b"," {
        out.push(b']');
    }
}

fn number(key: &[u8], value: Option<impl itoa::Integer>, out: &mut Vec<u8>) {
    out.extend_from_slice(key);
    match value {
        Some(value) => out.extend_from_slice(Buffer::new().format(value).as_bytes()),
        None => out.extend_from_slice(b"null"),
    }
}

/// Of a cut argv the last string is what there is of an argument: nothing, where it was cut
/// between two.
fn list(argv: &[u8], cut: bool, out: &mut Vec<u8>) {
    out.push(b'[');
    let mut each = |argument| {
        text(argument, out);
        out.push(b',');
    };
    if cut {
        argv.split(|&byte| byte == 0).for_each(&mut each);
    } else {
        split_argv(argv).for_each(&mut each);
    }
    match out.last_mut() {
        Some(last) if *last == b',' => *last = b']',
        _ => out.push(b']'),
    }
}

fn text(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let plain = bytes.iter().position(|&byte| !PLAIN[usize::from(byte)]);
    let (plain, rest) = bytes.split_at(plain.unwrap_or(bytes.len()));
    out.extend_from_slice(plain);
    for chunk in rest.utf8_chunks() {
        for character in chunk.valid().chars() {
            escaped(character, out);
        }
        chunk.invalid().iter().for_each(|&byte| marked(byte, out));
    }
    out.push(b'"');
}

fn escaped(character: char, out: &mut Vec<u8>) {
    match character {
        '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
        '\n' => out.extend_from_slice(b"\\n"),
        '\t' => out.extend_from_slice(b"\\t"),
        MARK => MARK
            .encode_utf8(&mut [0; 4])
            .bytes()
            .for_each(|byte| marked(byte, out)),
        shows if shown(shows) => {
            out.extend_from_slice(shows.encode_utf8(&mut [0; 4]).as_bytes());
        }
        hidden => hidden.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
            out.extend_from_slice(b"\\u");
            unit.to_be_bytes().iter().for_each(|&byte| hex(byte, out));
        }),
    }
}

fn marked(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(MARK.encode_utf8(&mut [0; 4]).as_bytes());
    hex(byte, out);
}

fn hex(byte: u8, out: &mut Vec<u8>) {
    out.extend([byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]));
}
