//! The command as it stands on the command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use nix::unistd::{AccessFlags, access};
use workloads::{Definition, ForeignCommand};

use crate::exit::misuse;

/// Characters of a label: what is longer is cut, as it stands in every row.
const LONGEST: usize = 48;

/// What is asked for.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Asked {
    /// Run by the shell before each cell of a command, such as 'make clean'; not measured
    #[arg(long, value_name = "CMD")]
    setup: Option<String>,
    /// Run by the shell after each cell of a command: where its exit code is not 0, the cell failed
    #[arg(long, value_name = "CMD")]
    check: Option<String>,
    /// Folder in which the command runs, and its setup and check [default: this one]
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Learn what each process of a command executes, with its arguments, in passes of their own that cost is not taken
    /// from: which monitor tells it right
    #[arg(long = "argv")]
    told: bool,
    /// A command of your own to measure in place of workloads, with its arguments
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = ["workloads", "scale"])]
    argv: Vec<OsString>,
}

impl Asked {
    /// Whether its execs are to be learnt.
    pub(crate) fn told(&self) -> bool {
        self.told
    }
}

/// The workload that was asked for; `None` where no command was given. A folder or a program that is not
/// there is misuse.
pub(crate) fn definition(asked: &Asked) -> Result<Option<Definition>> {
    let Some(program) = asked.argv.first() else {
        return without(asked);
    };
    let here = Path::new(".");
    let wanted = asked.cwd.as_deref().unwrap_or(here);
    let cwd = std::fs::canonicalize(wanted)
        .ok()
        .filter(|dir| dir.is_dir());
    let cwd = cwd.ok_or_else(|| {
        misuse(format!(
            "--cwd {}: is no folder: name one that is there",
            wanted.display()
        ))
    })?;
    find(program, &cwd)?;
    let label = label(&asked.argv);
    let command = ForeignCommand {
        argv: asked.argv.clone(),
        cwd,
        prepare: None,
        setup: asked.setup.clone(),
        check: asked.check.clone(),
        supervised: false,
    };
    Definition::of_command(&label, command)
        .map(Some)
        .map_err(misuse)
}

/// No command was given, so nothing may be asked of one.
fn without(asked: &Asked) -> Result<Option<Definition>> {
    let options = [
        ("--setup", asked.setup.is_some()),
        ("--check", asked.check.is_some()),
        ("--cwd", asked.cwd.is_some()),
        ("--argv", asked.told),
    ];
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(misuse(format!(
            "{option}: is of a command, and none was given: put it behind --"
        ))),
        None => Ok(None),
    }
}

/// Whether a program of that name can be executed, as execvp(3) looks for it.
fn find(program: &OsStr, cwd: &Path) -> Result<()> {
    let shown = program.to_string_lossy();
    if !shown.contains('/') {
        return match in_path(program) {
            true => Ok(()),
            false => Err(misuse(format!(
                "{shown}: no such program in PATH: install it, or check the name"
            ))),
        };
    }
    let path = cwd.join(program);
    match (path.exists(), is_program(&path)) {
        (_, true) => Ok(()),
        (true, false) => Err(misuse(format!(
            "{shown}: is no program: make it executable"
        ))),
        (false, _) => Err(misuse(format!(
            "{shown}: no such file: check the name and --cwd"
        ))),
    }
}

/// Whether PATH has a program of that name.
pub(crate) fn in_path(program: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

/// The command on one line, the program by its name alone. Braces would be taken for options.
fn label(argv: &[OsString]) -> String {
    let words = argv.iter().enumerate().map(|(place, word)| {
        let name = Path::new(word).file_name().filter(|_| place == 0);
        let word = contract::plain(&name.unwrap_or(word).to_string_lossy());
        match word.is_empty() || word.contains(' ') {
            true => format!("'{word}'"),
            false => word,
        }
    });
    let all = words.collect::<Vec<_>>().join(" ").replace(['{', '}'], "_");
    match all.char_indices().nth(LONGEST) {
        Some(_) => all.chars().take(LONGEST - 1).chain(['\u{2026}']).collect(),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_label_is_one_short_line() {
        assert_eq!(label(&of(&["/usr/bin/make", "-j2", "all"])), "make -j2 all");
        assert_eq!(label(&of(&["sh", "-c", "a {b}\n"])), "sh -c 'a _b_\\n'");
        let long = label(&of(&["echo", &"x".repeat(100)]));
        assert_eq!(long.chars().count(), LONGEST);
        assert!(long.ends_with('\u{2026}'), "{long}");
    }

    #[test]
    fn what_is_not_there_is_named_with_a_remedy() {
        let asked = |argv: &[&str], cwd: Option<&str>| Asked {
            argv: of(argv),
            cwd: cwd.map(Into::into),
            ..Asked::default()
        };
        let why = |argv, cwd| {
            let error = definition(&asked(argv, cwd)).unwrap_err();
            assert!(error.is::<crate::exit::Misuse>(), "{error}");
            error.to_string()
        };
        assert!(
            why(&["no-such-program"], None).starts_with("no-such-program: no such program in PATH")
        );
        assert!(why(&["./no-such-file"], None).contains("check the name and --cwd"));
        assert!(why(&["/etc/passwd"], None).contains("make it executable"));
        assert!(why(&["sh"], Some("/no/such")).starts_with("--cwd /no/such: is no folder"));
        assert!(definition(&asked(&[], None)).unwrap().is_none());
        let found = definition(&asked(&["sh", "-c", "x"], Some("/")))
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.label.as_str(), found.model()),
            ("sh -c x", "command")
        );
    }
}
