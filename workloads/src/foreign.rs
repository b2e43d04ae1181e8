//! Commands that are not ours: they write no event down.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use contract::Unavailable;
use serde::Deserialize;

/// A command that is not ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignCommand {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// The folder it runs in; of a definition, a new one.
    pub cwd: PathBuf,
    /// Lines for the shell, run once in that folder to make its input.
    pub prepare: Option<String>,
    /// The same before each cell.
    pub setup: Option<String>,
    /// The same after each cell, which fails where this does.
    pub check: Option<String>,
    /// Whether each exec waits until it was written down: of a pass whose cost counts for nothing.
    pub supervised: bool,
}

/// The table `command` of a definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scripts {
    /// Programs that it needs, with the package of each; a name with a slash is the pattern of a file.
    needs: BTreeMap<String, String>,
    prepare: String,
    #[serde(default)]
    setup: Option<String>,
    run: String,
    #[serde(default)]
    check: Option<String>,
}

impl Scripts {
    /// The command that does so much.
    pub(crate) fn command(&self, size: u64) -> ForeignCommand {
        let sized = |text: &String| format!("set -eu\nsize={size}\n{}", text.trim());
        let run = sized(&self.run);
        ForeignCommand {
            argv: vec!["sh".into(), "-c".into(), run.into()],
            cwd: PathBuf::new(),
            prepare: Some(sized(&self.prepare)),
            setup: self.setup.as_ref().map(sized),
            check: self.check.as_ref().map(sized),
            supervised: false,
        }
    }

    /// The first program or file that it needs and this machine lacks.
    pub(crate) fn unavailable(&self) -> Option<Unavailable> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<_> = std::env::split_paths(&path).collect();
        let there = |name: &String| match name.contains('/') {
            true => has_file(name),
            false => folders.iter().any(|folder| folder.join(name).is_file()),
        };
        let missing = self.needs.iter().find(|(name, _)| !there(name));
        missing.map(|(name, package)| {
            let what = match name.contains('/') {
                true => format!("a file {name}"),
                false => format!("{name} in PATH"),
            };
            Unavailable::new(what, format!("install {package}"))
        })
    }
}

/// Whether a file fits the pattern. A folder that cannot be read has none.
fn has_file(pattern: &str) -> bool {
    glob::glob(pattern).is_ok_and(|mut found| found.any(|path| path.is_ok_and(|one| one.is_file())))
}
