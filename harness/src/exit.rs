//! Exit codes and the one line that goes with them: 0 fine; 1 a cell failed or the gate did;
//! 2 misuse; 3 nothing could run here.

use std::fmt;
use std::io::{self, Write};
use std::panic::UnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use signal_hook::consts::SIGXFSZ;

use crate::{limits, output};

/// The exit code of [`NothingRuns`].
pub const NOTHING_RUNS: u8 = 3;

/// The caller asked for something that cannot be: exit code 2.
#[derive(Debug)]
pub struct Misuse(pub String);

/// Nothing of what was asked for can run on this machine: exit code 3.
#[derive(Debug)]
pub struct NothingRuns(pub String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NothingRuns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}
impl std::error::Error for NothingRuns {}

/// A [`Misuse`] from anything that can be shown.
pub fn misuse(why: impl fmt::Display) -> Error {
    Error::new(Misuse(why.to_string()))
}

/// Runs the program so that whatever ends it is one line and a code: a panic, and a file that may not
/// grow any more (`ulimit -f`), which without a handler is a signal that kills. Programs that are
/// started from here do not inherit the handler.
pub fn guarded(program: impl FnOnce() -> ExitCode + UnwindSafe) -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("a panic");
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" ({at})"));
        say(&format!("{text}{place}: this is a bug, please report it"));
    }));
    let noted = Arc::new(AtomicBool::new(false));
    if let Err(error) = signal_hook::flag::register(SIGXFSZ, noted) {
        say(&format!(
            "sigaction(SIGXFSZ): {error}: a limit on the size of files will kill this process"
        ));
    }
    std::panic::catch_unwind(program).unwrap_or(ExitCode::from(1))
}

/// Says why on one line of stderr, and gives the code.
pub fn code(result: Result<(), Error>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    say(&format!("{error:#}"));
    if error.is::<Misuse>() {
        ExitCode::from(2)
    } else if error.is::<NothingRuns>() {
        ExitCode::from(NOTHING_RUNS)
    } else {
        ExitCode::from(1)
    }
}

/// What clap found wrong, shortened to its one line; help and version go to stdout whole. `meant`
/// knows what a word that is no option may have been meant as; `called` is the command.
pub fn usage(
    error: &clap::Error,
    meant: impl Fn(&str) -> Option<String>,
    called: &str,
) -> ExitCode {
    if !error.use_stderr() {
        return code(output::given(error.print()));
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let first = text.split("\n\n").next().unwrap_or(text);
    let words: Vec<_> = first.split_whitespace().collect();
    let hint =
        hint(error, meant).map_or_else(String::new, |hint| format!(", did you mean {hint}?"));
    say(&format!("{}{hint}; see {called} --help", words.join(" ")));
    ExitCode::from(2)
}

/// What was perhaps meant by what clap does not know.
fn hint(error: &clap::Error, meant: impl Fn(&str) -> Option<String>) -> Option<String> {
    let wrong = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let near = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let said = |kinds: &[ContextKind]| {
        kinds.iter().find_map(|kind| match error.get(*kind)? {
            ContextValue::String(word) => Some(word.clone()),
            ContextValue::Strings(words) => words.first().cloned(),
            _ => None,
        })
    };
    let unknown = [ErrorKind::UnknownArgument, ErrorKind::InvalidSubcommand];
    let word = unknown
        .contains(&error.kind())
        .then(|| said(&wrong))
        .flatten();
    word.and_then(|word| meant(&word)).or_else(|| said(&near))
}

/// One line to the person at stderr. Control characters in it are escaped, so that a name taken
/// from a file or a process cannot forge another line.
pub fn say(line: &str) {
    // With stderr closed there is nothing to write to.
    let line = limits::remedied(line);
    let _closed = writeln!(io::stderr(), "harness: {}", contract::plain(&line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_17_a_panic_is_an_exit_code() {
        let same =
            |found: ExitCode, due: u8| format!("{found:?}") == format!("{:?}", ExitCode::from(due));
        assert!(same(guarded(|| panic!("planted, and caught")), 1));
        assert!(same(guarded(|| ExitCode::from(2)), 2));
        // Later failures of this process are told as its runner tells them.
        drop(std::panic::take_hook());
    }
}
