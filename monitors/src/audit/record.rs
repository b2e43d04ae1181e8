//! The text of one record: `audit(SECONDS.MILLIS:SERIAL): name=value name=value ...`.
//!
//! Values that programs choose (`comm`, `exe`, arguments) come in quotes, or as hex digits when
//! they hold a quote, a blank or anything beyond plain ASCII. So a blank always ends a value, and
//! nothing a program does can forge a field.

use contract::{DetailsBuf, Field, Malformed};

/// What a record says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordId {
    /// Milliseconds of the wall clock.
    pub(super) millis: u64,
    /// All records of one system call share it.
    pub(super) serial: u64,
}

/// The head of a record, and its fields still as text.
pub(super) fn split(text: &[u8]) -> Result<(RecordId, &[u8]), Malformed> {
    parse_head(text).ok_or_else(|| Malformed("an audit record does not begin with audit(".into()))
}

fn parse_head(text: &[u8]) -> Option<(RecordId, &[u8])> {
    let rest = text.strip_prefix(b"audit(")?;
    let (seconds, rest) = cut(rest, b'.')?;
    let (millis, rest) = cut(rest, b':')?;
    let (serial, rest) = cut(rest, b')')?;
    let seconds = number(seconds, 10)?;
    let millis = seconds
        .checked_mul(1000)?
        .checked_add(number(millis, 10)?)?;
    let serial = number(serial, 10)?;
    let fields = rest.strip_prefix(b":")?;
    Some((RecordId { millis, serial }, fields))
}

fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|&byte| byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

/// Name and value of every field, in order.
pub(super) fn fields(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let ends = |byte: &u8| matches!(byte, b' ' | b'\n' | 0);
    text.split(ends).filter_map(|field| cut(field, b'='))
}

/// Digits and nothing else.
pub(super) fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let digit = |digit: &u8| char::from(*digit).to_digit(radix).map(u64::from);
    let some = (!digits.is_empty()).then_some(0);
    // So few of any radix cannot overflow.
    if digits.len() <= 12 {
        let add = |sum: u64, one: &u8| Some(sum * u64::from(radix) + digit(one)?);
        return digits.iter().try_fold(some?, add);
    }
    let add = |sum: u64, one: &u8| sum.checked_mul(u64::from(radix))?.checked_add(digit(one)?);
    digits.iter().try_fold(some?, add)
}

/// A decimal number that may be negative.
pub(super) fn signed(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Appends to `out` what a quoted or hex-encoded value stands for. False, and nothing appended,
/// when it is neither, as in `(null)`.
pub(super) fn unquote(value: &[u8], out: &mut Vec<u8>) -> bool {
    if let Some(rest) = value.strip_prefix(b"\"") {
        return match rest.strip_suffix(b"\"") {
            Some(plain) => {
                out.extend_from_slice(plain);
                true
            }
            None => false,
        };
    }
    let start = out.len();
    let nibble = |digit: u8| (digit as char).to_digit(16);
    for pair in value.chunks(2) {
        match pair {
            &[high, low] => match (nibble(high), nibble(low)) {
                (Some(high), Some(low)) => out.push((high << 4 | low) as u8),
                _ => return give_up(out, start),
            },
            _ => return give_up(out, start),
        }
    }
    true
}

fn give_up(out: &mut Vec<u8>, start: usize) -> bool {
    out.truncate(start);
    false
}

/// What a SYSCALL record tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Syscall<'a> {
    pub(super) arch: u32,
    pub(super) number: u32,
    /// False also for calls that never return.
    pub(super) success: bool,
    pub(super) exit: i64,
    pub(super) a0: u64,
    pub(super) ppid: u32,
    /// Always a thread group's, whichever thread made the call.
    pub(super) pid: u32,
    pub(super) euid: Option<u32>,
    /// Still quoted.
    pub(super) exe: Option<&'a [u8]>,
}

/// Adds the value of a name to the details, unless the kernel did not tell it.
pub(super) fn put_text(field: Field, value: &[u8], to: &mut DetailsBuf) {
    let mut text = Vec::new();
    if unquote(value, &mut text) {
        to.text(field, &text);
    }
}

/// What a SYSCALL record tells of its caller: name, users, group and terminal. Its `ses` is a session of
/// audit's own, not the one that setsid makes.
pub(super) fn details(text: &[u8]) -> DetailsBuf {
    let find = |name: &[u8]| fields(text).find(|one| one.0 == name).map(|one| one.1);
    let mut told = DetailsBuf::default();
    if let Some(comm) = find(b"comm") {
        put_text(Field::Comm, comm, &mut told);
    }
    for (name, field) in [
        (&b"uid"[..], Field::Uid),
        (b"euid", Field::Euid),
        (b"gid", Field::Gid),
        (b"auid", Field::Auid),
    ] {
        if let Some(id) = find(name).and_then(|id| number(id, 10)) {
            told.number(field, id);
        }
    }
    match find(b"tty") {
        Some(b"(none)") => told.text(Field::Tty, b""),
        Some(tty) => told.text(Field::Tty, tty),
        None => {}
    }
    told
}

/// Reads the fields of a SYSCALL record; `None` when one that must be there is not.
pub(super) fn syscall(text: &[u8]) -> Option<Syscall<'_>> {
    let mut call = Syscall::default();
    let mut seen = 0_u8;
    for (name, value) in fields(text) {
        let bit = match name {
            b"arch" => {
                call.arch = u32::try_from(number(value, 16)?).ok()?;
                1
            }
            b"syscall" => {
                call.number = u32::try_from(number(value, 10)?).ok()?;
                2
            }
            b"pid" => {
                call.pid = u32::try_from(number(value, 10)?).ok()?;
                4
            }
            b"ppid" => {
                call.ppid = u32::try_from(number(value, 10)?).ok()?;
                8
            }
            b"a0" => {
                call.a0 = number(value, 16)?;
                16
            }
            b"euid" => {
                call.euid = number(value, 10).and_then(|euid| u32::try_from(euid).ok());
                0
            }
            b"success" => {
                call.success = value == b"yes";
                0
            }
            b"exit" => {
                call.exit = signed(value)?;
                0
            }
            b"exe" => {
                call.exe = Some(value);
                break;
            }
            _ => 0,
        };
        seen |= bit;
    }
    (seen == 31).then_some(call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Value;

    const FORK: &[u8] = b"audit(1795500000.042:17): arch=c000003e syscall=56 success=yes \
        exit=4242 a0=1200011 a1=0 a2=0 a3=7f items=0 ppid=7 pid=9 auid=4294967295 uid=0 euid=33 tty=(none) \
        ses=4294967295 comm=\"sh\" exe=\"/bin/sh\" key=\"rollcall\"";

    #[test]
    fn a_system_call_is_read() {
        let (head, text) = split(FORK).unwrap();
        let (millis, serial) = (1_795_500_000_042, 17);
        assert_eq!(head, RecordId { millis, serial });
        let expected = Syscall {
            arch: 0xc000_003e,
            number: 56,
            success: true,
            exit: 4242,
            a0: 0x120_0011,
            ppid: 7,
            pid: 9,
            euid: Some(33),
            exe: Some(b"\"/bin/sh\""),
        };
        assert_eq!(syscall(text), Some(expected));
    }

    #[test]
    fn details_are_read() {
        let (_, text) = split(FORK).unwrap();
        let told = details(text);
        let told = told.details();
        let text = |field| match told.get(field) {
            Some(Value::Text { bytes, .. }) => bytes,
            _ => b"?",
        };
        assert_eq!(
            (text(Field::Comm), text(Field::Tty)),
            (&b"sh"[..], &b""[..])
        );
        assert_eq!(told.number(Field::Auid), Some(4_294_967_295));
        assert_eq!(
            (told.number(Field::Uid), told.number(Field::Euid)),
            (Some(0), Some(33))
        );
        assert_eq!(told.get(Field::Gid), None, "this record has none");
    }

    #[test]
    fn what_is_missing_or_no_number_is_refused() {
        for bad in [
            "",
            "audit(1.2",
            "audit(1.2:x):",
            "audit(99999999999999999999.0:1): ",
        ] {
            assert!(split(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(syscall(b"arch=c000003e syscall=56 a0=0 ppid=1"), None);
        assert_eq!(syscall(b"arch=xyz syscall=56 a0=0 ppid=1 pid=2"), None);
        assert_eq!(number(b"+1", 10), None);
    }

    #[test]
    fn values_are_unquoted() {
        let read = |value: &str| {
            let mut out = Vec::new();
            unquote(value.as_bytes(), &mut out).then_some(out)
        };
        assert_eq!(read("\"a b\"").unwrap(), b"a b");
        assert_eq!(read("\"\"").unwrap(), b"");
        assert_eq!(read("").unwrap(), b"");
        assert_eq!(read("0AFF22").unwrap(), b"\n\xff\"");
        assert_eq!(read("(null)"), None);
        assert_eq!(read("ABC"), None);
        assert_eq!(read("\"open"), None);
    }
}
