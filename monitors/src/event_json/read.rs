//! From a line to the report. Strict: what is not an event line is refused with the name of the
//! field, so that a tool that says something else is never half understood.

use std::fmt;
use std::num::NonZeroU64;

use contract::{Cut, EventRef, Kind, Malformed, Nanos, Origin, Pid, argv_bytes};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::mark::MARK;

/// What a line says, with bytes of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// What happened.
    pub kind: Kind,
    /// The process.
    pub pid: Pid,
    /// Its parent, if told.
    pub ppid: Option<Pid>,
    /// The technique's own time, if told.
    pub happened: Option<NonZeroU64>,
    /// When the writer of the line had it in hand; 0 where it does not say.
    pub received: Nanos,
    /// Path, if told.
    pub exe: Option<Vec<u8>>,
    /// Arguments in the form of [`contract::argv_bytes`], if told; what is cut ends where it was.
    pub argv: Option<Vec<u8>>,
    /// Wait status, if told.
    pub status: Option<i32>,
    /// Which of them were cut.
    pub cut: Cut,
    /// Whether it is of a snapshot.
    pub origin: Origin,
}

impl EventLine {
    /// The same, borrowed.
    pub fn report(&self) -> EventRef<'_> {
        EventRef {
            happened: self.happened.map_or(0, NonZeroU64::get),
            ppid: self.ppid,
            status: self.status,
            exe: self.exe.as_deref(),
            argv: self.argv.as_deref(),
            cut: self.cut,
            origin: self.origin,
            ..EventRef::new(self.kind, self.pid, self.received)
        }
    }
}

/// Reads one line, with or without its newline. Every key of docs/FORMAT.md must be there, `cut`
/// and `origin` excepted; keys it does not know are passed over.
pub fn read(line: &[u8]) -> Result<EventLine, Malformed> {
    let refused = |why: String| Malformed(format!("not an event line: {why}"));
    let fields: Fields = serde_json::from_slice(line).map_err(|error| refused(said(&error)))?;
    fields.told().map_err(refused)
}

/// Without serde_json's "at line 1 column 9": it is one line, and the field is named.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = text.rfind(" at line ").unwrap_or(text.len());
    text[..place].to_owned()
}

/// The values as JSON has them. The outer option is whether the key was there.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    pid: Option<Pid>,
    ppid: Option<Option<Pid>>,
    happened_ns: Option<Option<u64>>,
    received_ns: Option<Option<u64>>,
    exe: Option<Option<String>>,
    argv: Option<Option<Vec<String>>>,
    status: Option<Option<i32>>,
    cut: Option<Vec<String>>,
    origin: Option<String>,
}

impl Fields {
    fn told(self) -> Result<EventLine, String> {
        let cut = cut(&self.cut.unwrap_or_default())?;
        let exe = had("exe", self.exe)?.map(|exe| bytes("exe", &exe));
        let argv = had("argv", self.argv)?.map(|argv| join(&argv, cut.argv));
        let (exe, argv) = (exe.transpose()?, argv.transpose()?);
        if cut.exe && exe.is_none() || cut.argv && argv.is_none() {
            return Err("cut: names what is null: leave it out".into());
        }
        let kind = had("kind", self.kind)?;
        Ok(EventLine {
            kind: kind.parse().map_err(|error| format!("kind: {error}"))?,
            pid: had("pid", self.pid)?,
            ppid: had("ppid", self.ppid)?,
            happened: had("happened_ns", self.happened_ns)?.and_then(NonZeroU64::new),
            received: had("received_ns", self.received_ns)?.unwrap_or(0),
            exe,
            argv,
            status: had("status", self.status)?,
            cut,
            origin: origin(self.origin.as_deref())?,
        })
    }
}

fn had<T>(name: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("{name}: is missing: write null for what is not told"))
}

fn origin(word: Option<&str>) -> Result<Origin, String> {
    match word {
        None => Ok(Origin::Live),
        Some("snapshot") => Ok(Origin::Snapshot),
        Some(_) => Err("origin: is something else than snapshot: leave it out".into()),
    }
}

fn cut(names: &[String]) -> Result<Cut, String> {
    let mut cut = Cut::default();
    for name in names {
        match name.as_str() {
            "exe" => cut.exe = true,
            "argv" => cut.argv = true,
            _ => return Err("cut: holds something else than exe and argv".into()),
        }
    }
    Ok(cut)
}

fn join(arguments: &[String], cut: bool) -> Result<Vec<u8>, String> {
    let each = arguments.iter().map(|argument| bytes("argv", argument));
    let mut argv = argv_bytes(each.collect::<Result<Vec<_>, _>>()?);
    if cut && argv.pop().is_none() {
        return Err("argv: is cut and empty: give what there is of its first argument".into());
    }
    Ok(argv)
}

/// The bytes behind a string of the line.
fn bytes(name: &str, text: &str) -> Result<Vec<u8>, String> {
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.as_bytes().split_first_chunk::<2>();
        let (byte, rest) = digits
            .and_then(|(digits, rest)| Some((byte(*digits)?, rest)))
            .ok_or_else(|| {
                format!(
                    "{name}: U+FFFD stands without the two digits of a byte: see docs/FORMAT.md"
                )
            })?;
        out.push(byte);
        out.extend_from_slice(rest);
    }
    if out.contains(&0) {
        return Err(format!(
            "{name}: holds a NUL, which no path or argument can"
        ));
    }
    Ok(out)
}

/// Two digits as the writer makes them: lower case.
fn byte(digits: [u8; 2]) -> Option<u8> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    Some(value(digits[0])? << 4 | value(digits[1])?)
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, such as {\"kind\":\"exec\",...}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "kind" => take("kind", &mut fields.kind, &mut map)?,
                "pid" => take("pid", &mut fields.pid, &mut map)?,
                "ppid" => take("ppid", &mut fields.ppid, &mut map)?,
                "happened_ns" => take("happened_ns", &mut fields.happened_ns, &mut map)?,
                "received_ns" => take("received_ns", &mut fields.received_ns, &mut map)?,
                "exe" => take("exe", &mut fields.exe, &mut map)?,
                "argv" => take("argv", &mut fields.argv, &mut map)?,
                "status" => take("status", &mut fields.status, &mut map)?,
                "cut" => take("cut", &mut fields.cut, &mut map)?,
                "origin" => take("origin", &mut fields.origin, &mut map)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

fn take<'de, A, T>(name: &str, slot: &mut Option<T>, map: &mut A) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    let value = map.next_value();
    let value = value.map_err(|error| A::Error::custom(format!("{name}: {error}")))?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(A::Error::custom(format!("{name}: is there twice"))),
    }
}
