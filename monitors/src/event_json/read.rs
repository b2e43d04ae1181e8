//! From a line to the report. Strict: what is not an event line is refused with the name of the
//! field, so that a tool that says something else is never half understood.

use std::fmt;
use std::num::NonZeroU64;

use contract::{
    Cut, DetailsBuf, EventRef, Field, Kind, Malformed, Nanos, Origin, Pid, Value, argv_bytes,
};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

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
    /// The fields that lines have only where they are told.
    pub details: DetailsBuf,
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
            details: self.details.details(),
            origin: self.origin,
            ..EventRef::new(self.kind, self.pid, self.received)
        }
    }
}

/// Reads one line, with or without its newline. Every key of docs/FORMAT.md must be there, `cut`, `origin` and
/// the details excepted; keys it does not know are passed over.
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
    details: [Option<Option<Detail>>; Field::DETAILS.len()],
    origin: Option<String>,
}

/// The value of one detail.
#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Number(u64),
    Text(String),
}

impl Fields {
    fn told(self) -> Result<EventLine, String> {
        let named = cut_fields(&self.cut.unwrap_or_default())?;
        let cut = Cut {
            exe: named.contains(&Field::Exe),
            argv: named.contains(&Field::Argv),
        };
        let exe = had("exe", self.exe)?.map(|exe| bytes("exe", &exe));
        let argv = had("argv", self.argv)?.map(|argv| join(&argv, cut.argv));
        let (exe, argv) = (exe.transpose()?, argv.transpose()?);
        if cut.exe && exe.is_none() || cut.argv && argv.is_none() {
            return Err("cut: names what is null: leave it out".into());
        }
        let details = details(self.details, &named)?;
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
            details,
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

fn cut_fields(names: &[String]) -> Result<Vec<Field>, String> {
    let text = |name: &String| name.parse().ok().filter(|field: &Field| field.is_text());
    let field = |name| text(name).ok_or_else(|| "cut: holds something else than texts".to_owned());
    names.iter().map(field).collect()
}

fn details(
    told: [Option<Option<Detail>>; Field::DETAILS.len()],
    cut: &[Field],
) -> Result<DetailsBuf, String> {
    let mut details = DetailsBuf::default();
    for (field, told) in Field::DETAILS.into_iter().zip(told) {
        let cut = cut.contains(&field);
        match told.flatten() {
            None if cut => return Err("cut: names what is null: leave it out".into()),
            None => {}
            Some(Detail::Number(number)) if !field.is_text() => details.number(field, number),
            Some(Detail::Text(text)) if field.is_text() => {
                let bytes = &bytes(field.as_str(), &text)?;
                details.put(field, Value::Text { bytes, cut });
            }
            Some(_) => {
                let wanted = if field.is_text() {
                    "a string"
                } else {
                    "a number"
                };
                return Err(format!("{field}: is not {wanted}"));
            }
        }
    }
    Ok(details)
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
                other => match Field::DETAILS.iter().position(|one| one.as_str() == other) {
                    Some(at) => take(other, &mut fields.details[at], &mut map)?,
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
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
