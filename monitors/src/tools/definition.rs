//! What a TOML says of a tool. Everything that can be wrong with one is found here, before
//! anything is started, and said in one line that names the file, the key and what to do.

use std::collections::BTreeMap;

use contract::{Claims, Clock, Field, Kind, Result};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::requirements::Need;

/// Named groups of a pattern, beside those called as [`Field::DETAILS`], and what else a line of the
/// tool may tell.
const GROUPS: [&str; 9] = [
    "kind", "pid", "ppid", "exe", "argv", "status", "time", "id", "cut",
];

/// One tool, as its file has it. docs/FORMAT.md says what each key means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) install: String,
    pub(super) version: Vec<String>,
    pub(super) needs: Vec<Need>,
    pub(super) run: Vec<String>,
    pub(super) buffering: String,
    #[serde(default)]
    pub(super) ready: Option<Pattern>,
    #[serde(default)]
    pub(super) cannot: Option<Pattern>,
    #[serde(default = "manual")]
    pub(super) remedy: String,
    #[serde(default)]
    pub(super) stop: Stop,
    #[serde(default = "stop_within")]
    pub(super) stop_within_s: u64,
    #[serde(default)]
    pub(super) pty: bool,
    #[serde(default)]
    pub(super) events: Stream,
    #[serde(default = "most_output")]
    pub(super) most_output_mib: u64,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
    pub(super) claims: Offers,
    #[serde(default)]
    pub(super) format: Format,
    #[serde(default)]
    pub(super) ignore: Vec<Pattern>,
    #[serde(default)]
    pub(super) line: Vec<LineRule>,
}

/// What it offers, and what its own time is worth.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offers {
    clock: ClockWord,
    fork: Option<Vec<FieldWord>>,
    exec: Option<Vec<FieldWord>>,
    exit: Option<Vec<FieldWord>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClockWord {
    None,
    Monotonic,
}

/// A field by its word.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct FieldWord(Field);

impl TryFrom<String> for FieldWord {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let field = word.parse().map_err(|why: contract::Error| why.to_string());
        field.map(Self)
    }
}

/// Lines of one shape, and what they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineRule {
    pub(super) regex: Pattern,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    pub(super) argv: ArgvForm,
    #[serde(default)]
    pub(super) status: StatusForm,
    #[serde(default)]
    pub(super) radix16: bool,
    #[serde(default)]
    pub(super) time: TimeUnit,
    #[serde(default)]
    pub(super) end: bool,
    #[serde(skip)]
    pub(super) means: Option<Kind>,
}

/// How the arguments are written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ArgvForm {
    /// With a space between any two: a space inside an argument cannot be told from these.
    #[default]
    Words,
    /// Quoted for a shell.
    Shell,
    /// A JSON array of strings.
    Json,
    /// `a0="x" a1=6162`, the kernel's audit records.
    Audit,
    /// Every one ends in a NUL, written `\x00`, as bpftrace's `buf` does.
    Escaped,
}

/// What the number of an end means.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StatusForm {
    /// A wait status.
    #[default]
    Wait,
    /// The code given to exit.
    Code,
    /// The signal, as a number or a name such as SIGKILL.
    Signal,
}

/// The unit of `time`, always of CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TimeUnit {
    /// Nanoseconds.
    #[default]
    Ns,
    /// Seconds with a fraction.
    S,
}

/// How its lines become events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// By the patterns in `[[line]]`.
    #[default]
    Lines,
    /// Every line is an event line of docs/FORMAT.md.
    Json,
}

/// Where its events come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stream {
    #[default]
    Stdout,
    Stderr,
}

/// The signal that asks it to stop.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Stop {
    #[default]
    #[serde(rename = "INT")]
    Int,
    #[serde(rename = "TERM")]
    Term,
}

/// A regular expression over bytes.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(pub(super) Regex);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // Lines are bytes: without this `.` fits no byte of a line that is not UTF-8, and the line is lost.
        // A pattern that names a class of Unicode cannot do without.
        let bytes = RegexBuilder::new(&text).unicode(false).build();
        let found = bytes.or_else(|_| Regex::new(&text)).map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!(
                "not a regular expression of the regex crate: {}",
                last.trim()
            )
        })?;
        Ok(Self(found))
    }
}

impl Pattern {
    /// What its named groups hold where it fits, each as `{NAME}`.
    pub(super) fn told(&self, text: &[u8]) -> Option<Vec<(String, String)>> {
        let found = self.0.captures(text)?;
        let names = self.0.capture_names().flatten();
        let held = names.filter_map(|name| Some((name, found.name(name)?.as_bytes())));
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Some(
            held.map(|(name, bytes)| (format!("{{{name}}}"), text(bytes)))
                .collect(),
        )
    }
}

fn manual() -> String {
    "see what its manual says of that".into()
}

fn stop_within() -> u64 {
    10
}

fn most_output() -> u64 {
    256
}

impl Definition {
    /// Reads `text`, which is what is in `file`.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self> {
        let mut made: Self = toml::from_str(text).map_err(|error| {
            let before = text.get(..error.span().map_or(0, |span| span.start));
            let line = 1 + before.unwrap_or_default().matches('\n').count();
            let why = error.message().replace('\n', " ");
            format!("{file}: line {line}: {why}: docs/FORMAT.md has the keys of a tool")
        })?;
        let bad = |(key, why): (&str, String)| format!("{file}: {key}: {why}");
        made.check().map_err(bad)?;
        for line in &mut made.line {
            line.check().map_err(|why| bad(("line", why)))?;
        }
        Ok(made)
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(word) {
            return Err(("name", "use lower-case letters, digits and hyphens".into()));
        }
        for (key, command) in [("run", &self.run), ("version", &self.version)] {
            if command.is_empty() {
                return Err((key, "is empty: give a program and its arguments".into()));
            }
        }
        let plain = |name: &String| !name.contains('/') && !name.is_empty() && name != "..";
        if let Some(name) = self.files.keys().find(|name| !plain(name)) {
            return Err((
                "files",
                format!("'{name}' is not a plain name: leave folders out"),
            ));
        }
        let kinds = Kind::ALL.iter().filter(|kind| self.claims().kind(**kind));
        if kinds.count() == 0 {
            return Err((
                "claims",
                "offers no kind: name fork, exec or exit with its fields".into(),
            ));
        }
        if !(1..=10).contains(&self.stop_within_s) {
            return Err(("stop_within_s", "use 1 to 10".into()));
        }
        match (self.format, self.line.is_empty()) {
            (Format::Lines, true) => Err(("line", "is missing: give at least one [[line]]".into())),
            (Format::Json, false) => Err((
                "line",
                "is not used with format = \"json\": leave it out".into(),
            )),
            _ => Ok(()),
        }
    }

    /// The kinds and fields it offers.
    pub(super) fn claims(&self) -> Claims {
        let clock = match self.claims.clock {
            ClockWord::None => Clock::None,
            ClockWord::Monotonic => Clock::Exact,
        };
        let offers = [&self.claims.fork, &self.claims.exec, &self.claims.exit];
        let offered = Kind::ALL.into_iter().zip(offers);
        offered.fold(Claims::none(clock), |claims, (kind, fields)| match fields {
            Some(fields) => {
                let fields: Vec<_> = fields.iter().map(|word| word.0).collect();
                claims.with(kind, &fields)
            }
            None => claims,
        })
    }
}

impl LineRule {
    fn check(&mut self) -> Result<(), String> {
        let named: Vec<_> = self.regex.0.capture_names().flatten().collect();
        let pattern = self.regex.0.as_str();
        let known = Field::DETAILS.map(Field::as_str);
        let known = || GROUPS.into_iter().chain(known);
        if let Some(other) = named.iter().find(|name| known().all(|one| one != **name)) {
            let known = known().collect::<Vec<_>>().join(", ");
            return Err(format!(
                "'{pattern}': no field is called '{other}': use {known}"
            ));
        }
        let has = |name| named.contains(&name);
        self.means = match &self.kind {
            Some(word) => Some(word.parse().map_err(|why| format!("'{pattern}': {why}"))?),
            None => None,
        };
        let kind = self.means.is_some() || has("kind");
        if kind && !has("pid") {
            return Err(format!(
                "'{pattern}': has no group 'pid': write (?<pid>\\d+)"
            ));
        }
        if (!kind || self.end) && !has("id") {
            return Err(format!(
                "'{pattern}': says neither 'kind' nor of which event it is part: \
                 add kind = \"exec\", or a group 'id'"
            ));
        }
        Ok(())
    }
}
