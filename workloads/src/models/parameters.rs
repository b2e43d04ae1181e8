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

/// The option `width`: workers, each of which waits for what it has started.
pub(crate) const fn width_option(about: &'static str) -> OptionSpec {
    OptionSpec {
        name: "width",
        default: "auto",
        kind: OptionKind::SizeOrAuto,
        about,
    }
}

/// How many workers there are: by default as many as CPUs may be used, so that events come from all of
/// them, and two at least, so that events of one CPU come side by side.
pub(crate) fn width(options: &Options) -> Result<u32> {
    if options.size_or_word("width").is_some() {
        return bounded(options, "width", 1, MOST_WORKERS);
    }
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    Ok((cpus as u64).clamp(2, MOST_WORKERS) as u32)
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

#[cfg(test)]
mod tests {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    use super::*;

    const SPECS: &[OptionSpec] = &[width_option("")];

    fn found(given: &[(&str, &str)]) -> u32 {
        width(&Options::new("launch", SPECS, given.iter().copied()).unwrap()).unwrap()
    }

    #[test]
    fn workers_are_as_many_as_cpus_may_be_used_and_two_at_least() {
        let all = std::thread::available_parallelism().unwrap().get() as u32;
        assert_eq!(found(&[]), all.clamp(2, MOST_WORKERS as u32));
        assert_eq!(found(&[("width", "auto")]), found(&[]));
        assert_eq!(found(&[("width", "1")]), 1);
        // Of this thread only.
        let this = Pid::from_raw(0);
        let usual = sched_getaffinity(this).unwrap();
        let first = (0..CpuSet::count()).find(|&cpu| usual.is_set(cpu) == Ok(true));
        let mut only = CpuSet::new();
        only.set(first.unwrap()).unwrap();
        sched_setaffinity(this, &only).unwrap();
        assert_eq!(found(&[]), 2);
        sched_setaffinity(this, &usual).unwrap();
    }
}
