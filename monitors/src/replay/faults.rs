//! What is to be planted, as options say it.

use contract::{Claims, Clock, Field, Kind, Nanos, OptionKind, OptionSpec, Options};

/// Stamps of the coarse clock are those of the last tick.
pub(super) const TICK: Nanos = 4_000_000;

const fn spec(
    name: &'static str,
    default: &'static str,
    kind: OptionKind,
    about: &'static str,
) -> OptionSpec {
    OptionSpec {
        name,
        default,
        kind,
        about,
    }
}

const ANY_KIND: OptionKind = OptionKind::Word(&["all", "fork", "exec", "exit"]);
const ANY_FIELD: OptionKind = OptionKind::Word(&[
    "all",
    "exe",
    "argv",
    "ppid",
    "status",
    "path",
    "comm",
    "cwd",
    "uid",
    "euid",
    "gid",
    "auid",
    "session",
    "tty",
    "start_ns",
    "cgroup",
    "pid_ns",
    "inner_pid",
]);
const LAWS: OptionKind = OptionKind::Word(&["fixed", "uniform", "exponential", "heavy"]);
const CLOCKS: OptionKind = OptionKind::Word(&["exact", "coarse", "none"]);

/// The options of `replay`.
pub(super) const SPECS: &[OptionSpec] = &[
    spec(
        "drop",
        "0",
        OptionKind::Share,
        "share of the reports that are lost",
    ),
    spec(
        "dropkind",
        "all",
        ANY_KIND,
        "the kind of the reports that are lost",
    ),
    spec(
        "burst",
        "1",
        OptionKind::Size,
        "lost reports are consecutive in runs of so many",
    ),
    spec(
        "tail",
        "0",
        OptionKind::Size,
        "so many at the very end are lost as well",
    ),
    spec(
        "reported",
        "1",
        OptionKind::Share,
        "share of the loss that is reported",
    ),
    spec(
        "duplicate",
        "0",
        OptionKind::Share,
        "share of the reports that come twice",
    ),
    spec(
        "false_positive",
        "0",
        OptionKind::Share,
        "reports of events that never were, as a share of the true events",
    ),
    spec(
        "unrelated",
        "0",
        OptionKind::Share,
        "events of other processes, as a share of the true events",
    ),
    spec(
        "shuffle",
        "1",
        OptionKind::Size,
        "reports are shuffled within stretches of so many",
    ),
    spec(
        "swap",
        "0",
        OptionKind::Share,
        "share of the forks that are handed on after the exec of their process",
    ),
    spec(
        "delay",
        "50",
        OptionKind::Size,
        "microseconds until a report is received, on average",
    ),
    spec("law", "fixed", LAWS, "the distribution of these delays"),
    spec(
        "field",
        "all",
        ANY_FIELD,
        "the field that missing, wrong, truncated and stale are about",
    ),
    spec(
        "missing",
        "0",
        OptionKind::Share,
        "share of the fields that are left out",
    ),
    spec(
        "wrong",
        "0",
        OptionKind::Share,
        "share of the fields that are altered",
    ),
    spec(
        "truncated",
        "0",
        OptionKind::Share,
        "share of exe, argv, path and cwd that are truncated, and say so",
    ),
    spec(
        "stale",
        "0",
        OptionKind::Share,
        "share of the fields that are told as they were before, where they were otherwise",
    ),
    spec(
        "details",
        "no",
        OptionKind::Word(&["no", "yes"]),
        "whether the fields beside exe, argv, ppid and status are offered",
    ),
    spec(
        "gap",
        "0",
        OptionKind::Size,
        "microseconds from the first true event on of which nothing is told",
    ),
    spec(
        "backfill",
        "0",
        OptionKind::Share,
        "share of the processes that run when the gap is over that a snapshot tells",
    ),
    spec(
        "repeat",
        "0",
        OptionKind::Share,
        "share of its lines that come twice",
    ),
    spec("offer", "all", ANY_KIND, "the kind that is offered"),
    spec(
        "clock",
        "exact",
        CLOCKS,
        "how good the stamps of the events are",
    ),
    spec(
        "seed",
        "1",
        OptionKind::Size,
        "decides everything that is left to chance",
    ),
];

/// How delays are distributed around their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// All alike.
    Fixed,
    /// Anything from nothing to twice the mean.
    Uniform,
    /// Mostly short, rarely long.
    Exponential,
    /// Pareto with exponent 1.5: now and then very long.
    Heavy,
}

/// What is to be planted. Shares are met exactly, as far as whole numbers can.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Share of the reports that are lost.
    pub drop: f64,
    /// Of this kind only.
    pub drop_kind: Option<Kind>,
    /// Consecutive in runs of so many.
    pub burst: usize,
    /// And so many at the end.
    pub tail: usize,
    /// Share of the loss that is reported.
    pub reported: f64,
    /// Share of the reports that come twice.
    pub duplicate: f64,
    /// Reports of events that never were, as a share of the true events.
    pub false_positive: f64,
    /// Events of other processes, as a share of the true events.
    pub unrelated: f64,
    /// Reports are shuffled within stretches of so many.
    pub shuffle: usize,
    /// Share of the forks that change places with the exec of their process.
    pub swap: f64,
    /// Mean delay in nanoseconds.
    pub delay: Nanos,
    /// Its distribution.
    pub law: Law,
    /// The only field with faults.
    pub field: Option<Field>,
    /// Share left out.
    pub missing: f64,
    /// Share altered.
    pub wrong: f64,
    /// Share cut short.
    pub truncated: f64,
    /// Share told as it was before, of those that were otherwise.
    pub stale: f64,
    /// Nanoseconds from the first true event on of which nothing is told.
    pub gap: Nanos,
    /// Share of the processes that run when the gap is over that a snapshot tells.
    pub backfill: f64,
    /// Share of its lines that come twice.
    pub repeat: f64,
    /// What is offered.
    pub claims: Claims,
}

impl Faults {
    /// As `options` say.
    pub fn of(options: &Options) -> Self {
        let number = |name| usize::try_from(options.size(name)).unwrap_or(usize::MAX);
        Self {
            drop: options.share("drop"),
            drop_kind: kind(options.word("dropkind")),
            burst: number("burst").max(1),
            tail: number("tail"),
            reported: options.share("reported"),
            duplicate: options.share("duplicate"),
            false_positive: options.share("false_positive"),
            unrelated: options.share("unrelated"),
            shuffle: number("shuffle").max(1),
            swap: options.share("swap"),
            delay: options.size("delay").saturating_mul(1000),
            law: match options.word("law") {
                "uniform" => Law::Uniform,
                "exponential" => Law::Exponential,
                "heavy" => Law::Heavy,
                _ => Law::Fixed,
            },
            field: Field::ALL
                .into_iter()
                .find(|field| field.as_str() == options.word("field")),
            missing: options.share("missing"),
            wrong: options.share("wrong"),
            truncated: options.share("truncated"),
            stale: options.share("stale"),
            gap: options.size("gap").saturating_mul(1000),
            backfill: options.share("backfill"),
            repeat: options.share("repeat"),
            claims: claims(options),
        }
    }
}

/// `None` for the word `all`.
fn kind(word: &str) -> Option<Kind> {
    word.parse().ok()
}

/// What `replay` offers with these options.
pub(super) fn claims(options: &Options) -> Claims {
    let clock = match options.word("clock") {
        "coarse" => Clock::Coarse {
            early: TICK,
            late: 0,
        },
        "none" => Clock::None,
        _ => Clock::Exact,
    };
    let only = kind(options.word("offer"));
    let all = [
        (Kind::Fork, &[Field::Ppid][..]),
        (Kind::Exec, &[Field::Exe, Field::Argv, Field::Ppid]),
        (Kind::Exit, &[Field::Status]),
    ];
    let claims = all
        .into_iter()
        .filter(|(kind, _)| only.is_none_or(|only| only == *kind))
        .fold(Claims::none(clock), |claims, (kind, fields)| {
            claims.with(kind, fields)
        });
    if claims.kind(Kind::Exec) && options.word("details") == "yes" {
        return claims.with(Kind::Exec, &Field::DETAILS);
    }
    claims
}
