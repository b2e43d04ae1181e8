//! Options that several models have, and their limits.

use contract::{OptionKind, OptionSpec, Options, Result};

/// Upper limit of processes at once, whatever a definition or a command line says.
pub(crate) const MOST_LIVE: u64 = 1024;
/// Upper limit of repetitions: the ledger of more would not fit into memory.
pub(crate) const MOST_COUNT: u64 = 1 << 20;
/// Upper limit of workers, MAX_WORKERS in workers.h.
pub(crate) const MOST_WORKERS: u64 = 64;

/// An option with one of these words as its value.
pub(crate) const fn word_option(
    name: &'static str,
    default: &'static str,
    words: &'static [&'static str],
    about: &'static str,
) -> OptionSpec {
    OptionSpec {
        name,
        default,
        kind: OptionKind::Word(words),
        about,
    }
}

/// An option with a number as its value.
pub(crate) const fn size_option(
    name: &'static str,
    default: &'static str,
    about: &'static str,
) -> OptionSpec {
    OptionSpec {
        name,
        default,
        kind: OptionKind::Size,
        about,
    }
}

/// The value of the option `name`, which must lie in `least..=most`.
pub(crate) fn bounded(options: &Options, name: &str, least: u64, most: u64) -> Result<u32> {
    let value = options.size(name);
    if value < least || value > most {
        let why = format!("option '{name}' is {value}: use {least} to {most}");
        return Err(why.into());
    }
    Ok(value as u32)
}

/// `scale` itself, which must be a factor.
pub(crate) fn factor(scale: f64) -> Result<f64> {
    if scale.is_finite() && scale > 0.0 {
        return Ok(scale);
    }
    Err(format!("scale {scale}: use a number above 0").into())
}

/// The option `count` at `scale`, at least 1.
pub(crate) fn scaled_count(options: &Options, scale: f64) -> Result<u32> {
    let count = bounded(options, "count", 1, MOST_COUNT)?;
    let scaled = (f64::from(count) * factor(scale)?).round().max(1.0);
    if scaled > MOST_COUNT as f64 {
        return Err(format!(
            "scale {scale} makes count={count} too large: stay below {MOST_COUNT}"
        )
        .into());
    }
    Ok(scaled as u32)
}
