//! From the lines of a tool to events. Pure: its input is the spool and the definition.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::str::{FromStr, from_utf8};

use contract::{
    Cut, Decode, DetailsBuf, EventLog, Field, Frame, Kind, Malformed, Nanos, Origin, argv_bytes,
};
use nix::sys::signal::Signal;
use regex::bytes::Captures;

use super::definition::{ArgvForm, Definition, Format, LineRule, StatusForm, TimeUnit};
use crate::audit;
use crate::event_json::{self, EventLine};

/// So many lines that nothing explains are let pass, and one in so many beyond them.
const STRANGE: u64 = 20;
/// A line that is longer is none.
const LONGEST: usize = 1 << 20;
/// So many events may wait for the rest of what is told of them.
const WAITING: usize = 1 << 16;

/// What one line is.
enum Parsed {
    Event(EventLine),
    /// More about the event of that id, which is now whole if so.
    Part(Vec<u8>, Box<EventLine>, bool),
    Nothing,
}

pub(super) struct Decoder {
    definition: &'static Definition,
    carry: Vec<u8>,
    /// By id, with the number of the last line that told of them.
    waiting: HashMap<Vec<u8>, (u64, EventLine)>,
    /// Of each event that was told, the number of its last line.
    placed: Vec<u64>,
    /// Whole lines so far, and those of them that nothing explains.
    pub(super) lines: u64,
    pub(super) strange: u64,
}

impl Decoder {
    pub(super) fn new(definition: &'static Definition) -> Self {
        let (carry, waiting) = (Vec::new(), HashMap::new());
        Self {
            definition,
            carry,
            waiting,
            placed: Vec::new(),
            lines: 0,
            strange: 0,
        }
    }

    fn line(&mut self, text: &[u8], received: Nanos, out: &mut EventLog) -> Result<(), Malformed> {
        self.lines += 1;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        match self.read(text, received) {
            Some(Parsed::Event(told)) => self.tell(self.lines, &told, out),
            Some(Parsed::Part(id, told, end)) => self.part(&id, *told, end, out),
            Some(Parsed::Nothing) => {}
            None => {
                self.strange += 1;
                if self.strange > STRANGE.max(self.lines / STRANGE) {
                    let (strange, lines) = (self.strange, self.lines);
                    let line = String::from_utf8_lossy(&text[..text.len().min(200)]);
                    return Err(Malformed(format!(
                        "it printed garbage: {strange} of {lines} lines are none of its \
                         definition, such as '{}'",
                        line.escape_debug()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Whether one of these lines is an event, or a part of one, by the definition.
    pub(super) fn has_event(&self, text: &[u8]) -> bool {
        let mut lines = text.split(|&byte| byte == b'\n');
        lines.any(|line| {
            matches!(
                self.read(line, 0),
                Some(Parsed::Event(_) | Parsed::Part(..))
            )
        })
    }

    fn read(&self, text: &[u8], received: Nanos) -> Option<Parsed> {
        let definition = self.definition;
        let ignored = || definition.ignore.iter().any(|one| one.0.is_match(text));
        let said = match definition.format {
            Format::Json => event_json::read(text)
                .ok()
                .map(|told| Parsed::Event(EventLine { received, ..told })),
            Format::Lines => {
                let lines = definition.line.iter();
                lines
                    .filter_map(|line| Some((line, line.regex.0.captures(text)?)))
                    .find_map(|(line, found)| said(line, &found, received))
            }
        };
        said.or_else(|| (text.is_empty() || ignored()).then_some(Parsed::Nothing))
    }

    fn tell(&mut self, line: u64, told: &EventLine, out: &mut EventLog) {
        out.push(told.report());
        self.placed.push(line);
    }

    fn part(&mut self, id: &[u8], told: EventLine, end: bool, out: &mut EventLog) {
        match self.waiting.get_mut(id) {
            Some((line, waiting)) => {
                *line = self.lines;
                add(waiting, told);
            }
            // A part of what is no event here.
            None if told.pid == 0 => return,
            None => {
                if self.waiting.len() >= WAITING {
                    self.finish(out);
                }
                self.waiting.insert(id.to_vec(), (self.lines, told));
            }
        }
        if end && let Some((line, told)) = self.waiting.remove(id) {
            self.tell(line, &told, out);
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventLog) -> Result<(), Malformed> {
        let Some((stream, bytes)) = frame.bytes.split_first() else {
            return Err(Malformed("a frame without a stream".into()));
        };
        match stream {
            0 => {}
            1 => return Ok(()),
            other => return Err(Malformed(format!("there is no stream {other}"))),
        }
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            if self.carry.is_empty() {
                self.line(&rest[..end], frame.received, out)?;
            } else {
                let mut text = std::mem::take(&mut self.carry);
                text.extend_from_slice(&rest[..end]);
                self.line(&text, frame.received, out)?;
            }
            rest = &rest[end + 1..];
        }
        self.carry.extend_from_slice(rest);
        match self.carry.len() > LONGEST {
            true => Err(Malformed(
                "it printed garbage: a line without an end".into(),
            )),
            false => Ok(()),
        }
    }

    /// What waits for more was the last that was said of it. It was delivered with its last line, however
    /// late it is known that no more comes: auditd's log, for one, has no line that ends an event.
    fn finish(&mut self, out: &mut EventLog) {
        let mut left: Vec<_> = self.waiting.drain().map(|(_, waiting)| waiting).collect();
        left.sort_by_key(|(line, _)| *line);
        left.iter()
            .for_each(|(line, told)| self.tell(*line, told, out));
        // A reader that takes events out as they come has the rest at the end.
        if left.is_empty() || out.events.len() != self.placed.len() {
            return;
        }
        let events = std::mem::take(&mut out.events);
        let mut all: Vec<_> = std::mem::take(&mut self.placed)
            .into_iter()
            .zip(events)
            .collect();
        all.sort_by_key(|(line, _)| *line);
        (self.placed, out.events) = all.into_iter().unzip();
    }
}

/// What a later line tells of an event. It is known when all of it is.
fn add(known: &mut EventLine, more: EventLine) {
    known.received = more.received;
    known.ppid = known.ppid.or(more.ppid);
    known.status = known.status.or(more.status);
    known.exe = known.exe.take().or(more.exe);
    known.cut.argv |= more.cut.argv;
    known.details.add(more.details.details());
    match (&mut known.argv, more.argv) {
        (Some(known), Some(more)) => known.extend(more),
        (known, more) => *known = known.take().or(more),
    }
}

/// What the groups of a line say; `None` when one of them holds what it cannot.
fn said(line: &LineRule, found: &Captures<'_>, received: Nanos) -> Option<Parsed> {
    let group = |name| found.name(name).map(|group| group.as_bytes());
    let kind = match (line.means, group("kind")) {
        (Some(kind), _) => Some(kind),
        (None, Some(word)) => Some(from_utf8(word).ok()?.parse().ok()?),
        (None, None) => None,
    };
    let argv = optional(group("argv"), |text| argv(text, line.argv))?;
    // An escaped argv that does not end like an argument was cut.
    let open = matches!(line.argv, ArgvForm::Escaped)
        && argv
            .as_ref()
            .is_some_and(|argv| argv.last().is_some_and(|&last| last != 0));
    let cut = open || group("cut").is_some();
    let radix = if line.radix16 { 16 } else { 10 };
    let told = EventLine {
        kind: kind.unwrap_or(Kind::Exec),
        pid: match kind {
            Some(_) => number(group("pid")?, 10)?,
            None => 0,
        },
        ppid: optional(group("ppid"), |text| number(text, 10))?,
        happened: optional(group("time"), |text| time(text, line.time))?.and_then(NonZeroU64::new),
        received,
        exe: group("exe").map(<[u8]>::to_vec),
        argv,
        status: optional(group("status"), |text| status(text, line.status, radix))?,
        cut: Cut {
            exe: false,
            argv: cut,
        },
        details: details(found)?,
        origin: Origin::Live,
    };
    Some(match group("id") {
        Some(id) => Parsed::Part(id.to_vec(), Box::new(told), line.end),
        None => Parsed::Event(told),
    })
}

/// The groups that are called as fields; numbers are decimal, `(none)` is no terminal, and blanks behind a
/// name are what a table fills its column with.
fn details(found: &Captures<'_>) -> Option<DetailsBuf> {
    let mut details = DetailsBuf::default();
    for field in Field::DETAILS {
        let Some(group) = found.name(field.as_str()) else {
            continue;
        };
        match group.as_bytes() {
            b"(none)" if field == Field::Tty => details.text(field, b""),
            name if field == Field::Comm => details.text(field, name.trim_ascii_end()),
            bytes if field.is_text() => details.text(field, bytes),
            digits => details.number(field, from_utf8(digits).ok()?.parse::<u64>().ok()?),
        }
    }
    Some(details)
}

/// Nothing where there is no group, and a failure where it holds what it cannot.
fn optional<T>(group: Option<&[u8]>, read: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    match group {
        Some(text) => read(text).map(Some),
        None => Some(None),
    }
}

fn number(text: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(from_utf8(text).ok()?, radix).ok()
}

fn time(text: &[u8], unit: TimeUnit) -> Option<Nanos> {
    let text = from_utf8(text).ok()?;
    match unit {
        TimeUnit::Ns => text.parse().ok(),
        TimeUnit::S => {
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            let part = format!("{part:0<9}");
            let nanos: Nanos = part.get(..9)?.parse().ok()?;
            whole
                .parse::<Nanos>()
                .ok()?
                .checked_mul(1_000_000_000)?
                .checked_add(nanos)
        }
    }
}

fn status(text: &[u8], form: StatusForm, radix: u32) -> Option<i32> {
    match form {
        StatusForm::Wait => i32::try_from(number(text, radix)?).ok(),
        StatusForm::Code => Some((number(text, radix)? as i32 & 0xff) << 8),
        StatusForm::Signal => match number(text, radix) {
            Some(signal) => i32::try_from(signal).ok(),
            None => Some(Signal::from_str(from_utf8(text).ok()?).ok()? as i32),
        },
    }
}

fn argv(text: &[u8], form: ArgvForm) -> Option<Vec<u8>> {
    let words = |text: &[u8]| {
        let words = text.split(|&byte| byte == b' ').map(<[u8]>::to_vec);
        argv_bytes(words.collect::<Vec<_>>())
    };
    match form {
        ArgvForm::Words => Some(words(text)),
        ArgvForm::Shell => shell(text).map(argv_bytes),
        ArgvForm::Json => {
            let all: Vec<String> = serde_json::from_slice(text).ok()?;
            Some(argv_bytes(all))
        }
        ArgvForm::Audit => Some(audit::arguments(text)),
        ArgvForm::Escaped => escaped(text),
    }
}

/// Words as a shell reads them.
fn shell(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut words, mut word) = (Vec::new(), None::<Vec<u8>>);
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' => words.extend(word.take()),
            b'\\' => word.get_or_insert_default().push(bytes.next()?),
            b'\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next()? {
                        b'\'' => break,
                        byte => word.push(byte),
                    }
                }
            }
            byte => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    Some(words)
}

/// `\x00` and the like taken back.
fn escaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(digits) = rest.strip_prefix(b"\\x") {
            out.push(number(digits.get(..2)?, 16)? as u8);
            rest = &digits[2..];
        } else {
            out.push(byte);
            rest = after;
        }
    }
    Some(out)
}
