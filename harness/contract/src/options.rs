use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Result;

/// The longest duration that an option may ask for: what rests for longer cannot be told from
/// what hangs.
const LONGEST: Duration = Duration::from_secs(10);

/// What the value of an option may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// A count or a size: digits, with an optional suffix k, M or G (powers of 1024).
    Size,
    /// A number from 0 to 1.
    Share,
    /// `on` or `off`.
    Switch,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Like `Size`, or the word `kernel`: leave it as the kernel has it.
    SizeOrKernel,
    /// Like `Size`, or the word `auto`: as the machine is.
    SizeOrAuto,
    /// Digits with `us`, `ms` or `s`, up to ten seconds; or the word `auto`.
    DurationOrAuto,
}

/// An option that a monitor or a workload model understands.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its name, as in `netlink{rcvbuf=1M}`.
    pub name: &'static str,
    /// What it is where it is not given.
    pub default: &'static str,
    /// What it may be.
    pub kind: OptionKind,
    /// What it does, in one line, with its unit.
    pub about: &'static str,
}

/// Options as given, checked against their specs; what was not given has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    given: BTreeMap<&'static str, String>,
    defaults: BTreeMap<&'static str, &'static str>,
}

impl Options {
    /// Checks `given` (name and value) against `specs`; `owner` is named when one does not fit.
    pub fn new<'a>(
        owner: &str,
        specs: &'static [OptionSpec],
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self> {
        let mut options = Self::default();
        options
            .defaults
            .extend(specs.iter().map(|spec| (spec.name, spec.default)));
        for (name, value) in given {
            let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
                let known: Vec<_> = specs.iter().map(|spec| spec.name).collect();
                let known = if known.is_empty() {
                    "no options".into()
                } else {
                    known.join(", ")
                };
                return Err(format!("{owner} has no option '{name}': it knows {known}").into());
            };
            check(spec, value).map_err(|why| format!("{owner}{{{name}={value}}}: {why}"))?;
            if options.given.insert(spec.name, value.to_owned()).is_some() {
                return Err(format!("{owner}: option '{name}' is given twice: keep one").into());
            }
        }
        Ok(options)
    }

    /// The value of `name`. A name without a spec is a mistake in the program and reads as "".
    pub fn word(&self, name: &str) -> &str {
        let given = self.given.get(name).map(String::as_str);
        given
            .or_else(|| self.defaults.get(name).copied())
            .unwrap_or_default()
    }

    /// The size `name`; `None` for the words `kernel` and `auto`.
    pub fn size_or_word(&self, name: &str) -> Option<u64> {
        parse_size(self.word(name))
    }

    /// The size `name`.
    pub fn size(&self, name: &str) -> u64 {
        parse_size(self.word(name)).unwrap_or_default()
    }

    /// The duration `name`; `None` for the word `auto`.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        parse_duration(self.word(name))
    }

    /// The share `name`.
    pub fn share(&self, name: &str) -> f64 {
        parse_share(self.word(name)).unwrap_or_default()
    }

    /// Whether the switch `name` is on.
    pub fn on(&self, name: &str) -> bool {
        self.word(name) == "on"
    }

    /// `{a=1,b=2}` with only what was given; empty when nothing was. Part of a monitor's label.
    pub fn label(&self) -> String {
        if self.given.is_empty() {
            return String::new();
        }
        let pairs: Vec<_> = self
            .given
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{{{}}}", pairs.join(","))
    }

    /// What was given, by name.
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }
}

fn check(spec: &OptionSpec, value: &str) -> Result<(), String> {
    let fits = match spec.kind {
        OptionKind::Size => parse_size(value).is_some(),
        OptionKind::SizeOrKernel => value == "kernel" || parse_size(value).is_some(),
        OptionKind::SizeOrAuto => value == "auto" || parse_size(value).is_some(),
        OptionKind::DurationOrAuto => value == "auto" || parse_duration(value).is_some(),
        OptionKind::Share => parse_share(value).is_some(),
        OptionKind::Switch => matches!(value, "on" | "off"),
        OptionKind::Word(words) => words.contains(&value),
    };
    if fits {
        return Ok(());
    }
    Err(match spec.kind {
        OptionKind::Size => "use digits, with k, M or G for powers of 1024".into(),
        OptionKind::SizeOrKernel => "use digits (with k, M or G), or the word kernel".into(),
        OptionKind::SizeOrAuto => "use digits (with k, M or G), or the word auto".into(),
        OptionKind::DurationOrAuto => {
            "use digits with us, ms or s (at most 10s), or the word auto".into()
        }
        OptionKind::Share => "use a number from 0 to 1".into(),
        OptionKind::Switch => "use on or off".into(),
        OptionKind::Word(words) => format!("use one of {}", words.join(", ")),
    })
}

fn parse_share(text: &str) -> Option<f64> {
    let share = text.parse().ok()?;
    (0.0..=1.0).contains(&share).then_some(share)
}

fn parse_duration(text: &str) -> Option<Duration> {
    let units = [("us", 1), ("ms", 1_000), ("s", 1_000_000)];
    let (digits, microseconds) = units
        .iter()
        .find_map(|(unit, length)| Some((text.strip_suffix(unit)?, length)))?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    let duration = Duration::from_micros(count.checked_mul(*microseconds)?);
    (duration <= LONGEST).then_some(duration)
}

fn parse_size(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[OptionSpec] = &[
        OptionSpec {
            name: "rcvbuf",
            default: "32M",
            kind: OptionKind::SizeOrKernel,
            about: "",
        },
        OptionSpec {
            name: "verbose",
            default: "on",
            kind: OptionKind::Switch,
            about: "",
        },
        OptionSpec {
            name: "rest",
            default: "auto",
            kind: OptionKind::DurationOrAuto,
            about: "",
        },
        OptionSpec {
            name: "drop",
            default: "0",
            kind: OptionKind::Share,
            about: "",
        },
    ];

    #[test]
    fn defaults_hold_until_given() {
        let options = Options::new("netlink", SPECS, [("rcvbuf", "kernel")]).unwrap();
        assert_eq!(options.size_or_word("rcvbuf"), None);
        assert!(options.on("verbose"));
        assert_eq!(options.label(), "{rcvbuf=kernel}");
        assert_eq!(
            Options::new("netlink", SPECS, []).unwrap().size("rcvbuf"),
            32 << 20
        );
    }

    #[test]
    fn durations_have_units() {
        let rest = |value| {
            let options = Options::new("netlink", SPECS, [("rest", value)]).unwrap();
            options.duration("rest")
        };
        assert_eq!(rest("auto"), None);
        assert_eq!(rest("250us"), Some(Duration::from_micros(250)));
        assert_eq!(rest("4ms"), Some(Duration::from_millis(4)));
        assert_eq!(rest("0us"), Some(Duration::ZERO));
        assert_eq!(rest("10s"), Some(Duration::from_secs(10)));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let says = |name, value| {
            Options::new("netlink", SPECS, [(name, value)])
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            says("rcvbuff", "1"),
            "netlink has no option 'rcvbuff': it knows rcvbuf, verbose, rest, drop"
        );
        assert_eq!(
            says("verbose", "yes"),
            "netlink{verbose=yes}: use on or off"
        );
        assert!(says("rcvbuf", "99999999999G").contains("use digits"));
        for bad in [
            "",
            "4",
            "ms",
            "+4ms",
            "1.5ms",
            "11s",
            "99999999999999999999s",
            "4 ms",
        ] {
            assert!(says("rest", bad).contains("use digits with us, ms or s"));
        }
        for bad in ["1.1", "-0.1", "nan", "1%"] {
            assert!(says("drop", bad).contains("use a number from 0 to 1"));
        }
    }
}
