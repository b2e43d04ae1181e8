//! What the models share.

use std::path::Path;

use contract::{Counts, OptionKind, OptionSpec, Options, Program, Result, Script, argv_bytes};

/// So many processes at once at most, whatever a definition or a command line says.
pub(crate) const MOST_LIVE: u64 = 1024;

/// How an option that chooses the build of a program is described.
pub(crate) const fn build_option(
    name: &'static str,
    default: &'static str,
    builds: &'static [&'static str],
    about: &'static str,
) -> OptionSpec {
    let kind = OptionKind::Word(builds);
    OptionSpec {
        name,
        default,
        kind,
        about,
    }
}

/// A number as an option.
pub(crate) const fn size_option(
    name: &'static str,
    default: &'static str,
    about: &'static str,
) -> OptionSpec {
    let kind = OptionKind::Size;
    OptionSpec {
        name,
        default,
        kind,
        about,
    }
}

/// The option `name`, which must lie in `least..=most`.
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

/// `count` at `scale`, at least 1.
pub(crate) fn scaled(count: u32, scale: f64) -> Result<u32> {
    let scaled = (f64::from(count) * factor(scale)?).round().max(1.0);
    if scaled > MOST_COUNT as f64 {
        return Err(
            format!("scale {scale} makes {count} too many: stay below {MOST_COUNT}").into(),
        );
    }
    Ok(scaled as u32)
}

/// More repetitions than this would not fit into a ledger in memory.
pub(crate) const MOST_COUNT: u64 = 1 << 20;

/// The program `file` in the folder `programs`, executed with `words` after its name.
pub(crate) fn program<'a>(
    programs: &Path,
    file: &'a str,
    words: impl IntoIterator<Item = &'a str>,
) -> Program {
    let argv = argv_bytes(std::iter::once(file).chain(words));
    let exe = programs.join(file);
    Program { exe, argv }
}

/// The script of the program `file`, whose `width` workers together start `count` processes. Each
/// of these executes the leaf of the build `leaf`, if there is one: `file` is told where it lies and
/// what it is called, behind its other `words`.
pub(crate) fn workers(
    programs: &Path,
    file: &str,
    words: &[String; 3],
    leaf: Option<&str>,
    count: u32,
    width: u32,
) -> Script {
    let mut words = words.to_vec();
    let leaf = leaf.map(|build| format!("leaf-{build}"));
    let leaf = leaf.map(|name| (program(programs, &name, ["{nonce}"]), name));
    if let Some((leaf, name)) = &leaf {
        words.extend([leaf.exe.display().to_string(), name.clone()]);
    }
    let template = std::iter::once("{nonce}").chain(words.iter().map(String::as_str));
    let first = program(programs, file, template);
    let processes = 1 + u64::from(width) + u64::from(count);
    let execs = 1 + if leaf.is_some() { u64::from(count) } else { 0 };
    Script {
        programs: std::iter::once(first)
            .chain(leaf.map(|(leaf, _)| leaf))
            .collect(),
        slots: processes as u32,
        expected: Counts([processes, execs, processes]),
        live: 1 + 2 * width,
        width,
        words,
        driver: None,
    }
}
