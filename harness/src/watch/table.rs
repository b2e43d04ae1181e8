//! Events for people: one line each, cut to the width of the terminal, nothing in it that a hostile
//! name could move the cursor or forge a line with.

use contract::shown;
use contract::{EventRef, Field, Kind, Nanos, Origin, Value, split_argv};
use unicode_width::UnicodeWidthStr;

/// From the wall clock's second, which is negative before 1970, to its day's hour, minute, second.
pub(super) type LocalTime = fn(i64) -> [u8; 3];

/// How lines are made.
pub(crate) struct Table {
    /// Wall clock minus CLOCK_MONOTONIC, in nanoseconds.
    pub offset: i64,
    /// The time of day, where the reader is.
    pub local: LocalTime,
    /// Colours and boldness.
    pub colour: bool,
    /// Columns of the terminal as it is now; `None` where lines may be as long as they are.
    pub width: Box<dyn Fn() -> Option<usize>>,
    /// Details that have columns of their own.
    pub columns: Vec<Field>,
}

/// Columns of time, kind, pid and ppid, with what is between them.
const FIXED: usize = 12 + 1 + 4 + 1 + 7 + 1 + 7 + 2;

impl Table {
    /// The line above all others.
    pub(crate) fn head(&self) -> String {
        let columns = self.columns.iter();
        let columns: String = columns
            .map(|&field| format!(" {:>1$}", field.as_str().to_uppercase(), wide(field)))
            .collect();
        let head = format!(
            "{:<12} {:<4} {:>7} {:>7}{columns}  {}",
            "TIME", "KIND", "PID", "PPID", "EXE  ARGV"
        );
        let head = match (self.width)() {
            Some(width) => head.chars().take(width).collect(),
            None => head,
        };
        self.painted("1", &head) + "\n"
    }

    /// Appends the line of one event.
    pub(crate) fn row(&self, report: &EventRef<'_>, out: &mut Vec<u8>) {
        let width = (self.width)();
        let time = self.time(match report.happened {
            0 => report.received,
            happened => happened,
        });
        let ppid = report.ppid.map_or("-".into(), |ppid| ppid.to_string());
        let mut rest = String::new();
        match report.kind {
            Kind::Exit => rest.push_str(&report.status.map_or("?".into(), ended)),
            Kind::Fork => {}
            Kind::Exec => program(report, width.unwrap_or(usize::MAX), &mut rest),
        }
        let (kind, pid) = (kind_word(report), report.pid);
        let paint = match (report.kind, report.status) {
            (Kind::Exec, _) => "32",
            (Kind::Exit, Some(1..)) => "31",
            _ => "2",
        };
        // Padded before it is painted: escapes have no width.
        let kind = self.painted(paint, &format!("{kind:<4}"));
        let columns = self.details(report);
        let taken = FIXED + columns.width();
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(taken));
        let line = format!("{time} {kind} {pid:>7} {ppid:>7}{columns}  ");
        out.extend_from_slice(line.trim_end().as_bytes());
        let rest = fitting(&rest, room);
        if !rest.is_empty() {
            out.extend_from_slice(b"  ");
            out.extend_from_slice(rest.as_bytes());
        }
        out.push(b'\n');
    }

    /// The columns of details; a dash for what is not told.
    fn details(&self, report: &EventRef<'_>) -> String {
        let mut out = String::new();
        for &field in &self.columns {
            let mut text = String::new();
            match report.details.get(field) {
                Some(Value::Number(number)) => text = number.to_string(),
                // A path is as long as it is.
                Some(Value::Text { bytes, cut }) => {
                    quoted(bytes, &mut text);
                    text.push_str(if cut { "..." } else { "" });
                }
                None => text.push('-'),
            }
            let blanks = wide(field).saturating_sub(text.width());
            out.extend(std::iter::repeat_n(' ', 1 + blanks));
            out.push_str(&text);
        }
        out
    }

    fn time(&self, at: Nanos) -> String {
        let wall = i128::from(at) + i128::from(self.offset);
        let second = wall.div_euclid(1_000_000_000) as i64;
        let [hour, minute, second] = (self.local)(second);
        let millis = wall.rem_euclid(1_000_000_000) / 1_000_000;
        format!("{hour:02}:{minute:02}:{second:02}.{millis:03}")
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Columns that the values of a field mostly take.
const fn wide(field: Field) -> usize {
    match field {
        Field::Comm => 15,
        Field::Path | Field::Cwd => 20,
        Field::StartNs => 16,
        Field::Auid | Field::PidNs => 10,
        _ => 9,
    }
}

/// What it is called: a process of a snapshot runs.
fn kind_word(report: &EventRef<'_>) -> &'static str {
    match report.origin {
        Origin::Live => report.kind.as_str(),
        Origin::Snapshot => "runs",
    }
}

/// A wait status in words.
fn ended(status: i32) -> String {
    let signal = status & 0x7f;
    if signal == 0 {
        return format!("exit {}", status >> 8 & 0xff);
    }
    let name = nix::sys::signal::Signal::try_from(signal)
        .map_or_else(|_| format!("signal {signal}"), |signal| signal.to_string());
    let core = if status & 0x80 == 0 { "" } else { " (core)" };
    format!("{name}{core}")
}

/// Path and arguments. Of more than `most` characters the rest would not be seen anyway.
fn program(report: &EventRef<'_>, most: usize, out: &mut String) {
    match report.exe {
        Some(exe) => escaped(exe, out),
        None => out.push('?'),
    }
    out.push_str(if report.cut.exe { "...  " } else { "  " });
    let Some(argv) = report.argv else {
        out.push('?');
        return;
    };
    for (place, argument) in split_argv(argv).enumerate() {
        if place > 0 {
            out.push(' ');
        }
        // A quarter at most of what a line holds is bytes of one character.
        quoted(&argument[..argument.len().min(most.saturating_mul(4))], out);
        if out.len() / 4 > most {
            return;
        }
    }
    out.push_str(if report.cut.argv { "..." } else { "" });
}

/// An argument such that it is seen where it begins and ends.
fn quoted(argument: &[u8], out: &mut String) {
    let apart = |byte: &u8| matches!(byte, b' ' | b'\'' | b'"');
    if !argument.is_empty() && !argument.iter().any(apart) {
        return escaped(argument, out);
    }
    out.push('\'');
    for (place, part) in argument.split(|&byte| byte == b'\'').enumerate() {
        if place > 0 {
            out.push_str("'\\''");
        }
        escaped(part, out);
    }
    out.push('\'');
}

/// The bytes as text; what does not show as itself becomes an escape.
pub(super) fn escaped(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            // The backslash too, or what is an escape could not be told from what looks like one.
            if shown(character) && character != '\\' {
                out.push(character);
            } else {
                out.extend(character.escape_default());
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
}

/// As much of `text` as `room` columns hold; the last is an ellipsis where something is cut.
fn fitting(text: &str, room: usize) -> String {
    use unicode_width::UnicodeWidthChar;
    let mut used = 0;
    let mut fits = 0;
    for (at, character) in text.char_indices() {
        let width = character.width().unwrap_or(0);
        if used + width > room {
            return match room {
                0 => String::new(),
                _ => format!("{}\u{2026}", &text[..fits]),
            };
        }
        used += width;
        if used < room {
            fits = at + character.len_utf8();
        }
    }
    text.trim_end().to_owned()
}

/// The time of day as the C library knows it from TZ and /etc/localtime.
pub(crate) fn local(second: i64) -> [u8; 3] {
    let mut time: libc::tm = {
        // SAFETY: all zeroes is a `tm`.
        unsafe { std::mem::zeroed() }
    };
    // SAFETY: both point to values of ours that live through the call.
    let found = unsafe { libc::localtime_r(&raw const second, &raw mut time) };
    if found.is_null() {
        let day = second.rem_euclid(86_400);
        return [day / 3600, day / 60 % 60, day % 60].map(|part| part as u8);
    }
    [time.tm_hour, time.tm_min, time.tm_sec].map(|part| part as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::DetailsBuf;
    use proptest::prelude::*;

    fn utc(second: i64) -> [u8; 3] {
        let day = second.rem_euclid(86_400);
        [day / 3600, day / 60 % 60, day % 60].map(|part| part as u8)
    }

    fn table(width: Option<usize>) -> Table {
        Table {
            offset: 45_296_000_000_000,
            local: utc,
            colour: false,
            width: Box::new(move || width),
            columns: Vec::new(),
        }
    }

    fn row(width: Option<usize>, report: &EventRef<'_>) -> String {
        let mut out = Vec::new();
        table(width).row(report, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn exec<'a>(exe: &'a [u8], argv: &'a [u8]) -> EventRef<'a> {
        EventRef {
            happened: 789_000_000,
            ppid: Some(12),
            exe: Some(exe),
            argv: Some(argv),
            ..EventRef::new(Kind::Exec, 1234, 5)
        }
    }

    #[test]
    fn a_line_says_what_happened() {
        assert_eq!(
            row(None, &exec(b"/bin/ls", b"ls\0-l\0a b\0\0it's\0\\n\n\0")),
            "12:34:56.789 exec    1234      12  /bin/ls  ls -l 'a b' '' 'it'\\''s' \\\\n\\n\n"
        );
        let mut exit = EventRef::new(Kind::Exit, 1234, 789_000_000);
        let mut said = |status| {
            exit.status = status;
            row(None, &exit)
        };
        assert_eq!(
            said(Some(256)),
            "12:34:56.789 exit    1234       -  exit 1\n"
        );
        assert!(said(Some(139)).ends_with("  SIGSEGV (core)\n"));
        assert!(said(None).ends_with("  ?\n"));
        assert_eq!(
            row(
                None,
                &EventRef {
                    ppid: Some(7),
                    ..EventRef::new(Kind::Fork, 8, 0)
                }
            ),
            "12:34:56.000 fork       8       7\n"
        );
    }

    #[test]
    fn details_have_columns_where_they_are_asked_for() {
        let mut with = table(None);
        with.columns = vec![Field::Comm, Field::Uid, Field::Tty];
        assert!(
            with.head()
                .contains("   PPID            COMM       UID       TTY  EXE")
        );
        let mut details = DetailsBuf::default();
        details.text(Field::Comm, b"a\n");
        details.number(Field::Uid, 7_u32);
        let (mut out, mut report) = (Vec::new(), exec(b"/b", b"b\0"));
        report.details = details.details();
        with.row(&report, &mut out);
        let line = String::from_utf8(out).unwrap();
        assert!(
            line.contains("     12             a\\n         7         -  /b  b\n"),
            "{line}"
        );
    }

    #[test]
    fn a_line_fits_the_terminal_also_with_wide_characters() {
        let wide = "界".repeat(100);
        let report = exec(wide.as_bytes(), b"x\0");
        for width in 1..120 {
            let line = row(Some(width), &report);
            let columns = unicode_width::UnicodeWidthStr::width(line.trim_end());
            assert!(columns <= width.max(FIXED), "{width}: {columns}");
        }
        assert!(row(Some(60), &report).ends_with("\u{2026}\n"));
        assert_eq!(
            row(Some(60), &exec(b"/b", b"b\0")),
            row(None, &exec(b"/b", b"b\0"))
        );
    }

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        let mut coloured = table(None);
        coloured.colour = true;
        let mut out = Vec::new();
        coloured.row(&exec(b"/b", b"b\0"), &mut out);
        assert!(out.windows(5).any(|window| window == b"\x1b[32m"));
        assert!(!row(None, &exec(b"/b", b"b\0")).contains('\x1b'));
    }

    proptest! {
        #[test]
        fn no_name_moves_the_cursor_or_forges_a_line(exe: Vec<u8>, argv: Vec<u8>, width in 1..200_usize) {
            for width in [Some(width), None] {
                let line = row(width, &exec(&exe, &argv));
                let body = line.strip_suffix('\n').unwrap();
                prop_assert!(body.chars().all(shown), "{:?}", body);
            }
        }
    }
}
