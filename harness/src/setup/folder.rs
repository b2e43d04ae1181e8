//! The folder of a new record.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, iter};

use anyhow::{Error, Result};

use crate::exit::misuse;

/// Makes the one that was asked for, or one in `results/` that is named by kind and time.
pub(super) fn make(wanted: Option<&Path>, kind: &str) -> Result<PathBuf> {
    let Some(wanted) = wanted else {
        let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        return first_free(&format!("results/{kind}-{}", time.replace(':', "")));
    };
    make_parent(wanted)?;
    fs::create_dir(wanted).map_err(|error| refusal(wanted, &error, "choose a new folder"))?;
    Ok(wanted.to_owned())
}

/// Makes a new folder of this name. Those of runs that begin within the same second are numbered from 2.
fn first_free(name: &str) -> Result<PathBuf> {
    make_parent(Path::new(name))?;
    let numbered = (2..).map(|number: u64| format!("{name}-{number}"));
    let names = iter::once(name.to_owned()).chain(numbered);
    let made = names
        .map(PathBuf::from)
        .find_map(|out| match fs::create_dir(&out) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => None,
            Err(error) => Some(Err(refusal(&out, &error, "choose another"))),
            Ok(()) => Some(Ok(out)),
        });
    made.unwrap_or_else(|| unreachable!("there are more numbers than folders"))
}

fn make_parent(out: &Path) -> Result<()> {
    let parent = out.parent().unwrap_or(out);
    fs::create_dir_all(parent).map_err(|error| refusal(out, &error, "choose another"))
}

fn refusal(out: &Path, error: &io::Error, advice: &str) -> Error {
    misuse(format!(
        "--out {}: cannot be made ({error}): {advice}",
        out.display()
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;

    #[test]
    fn runs_of_the_same_second_have_a_folder_each() {
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().join("results/run-2026-01-01T000000Z");
        let name = name.to_str().unwrap();
        let made = [(); 3].map(|()| first_free(name).unwrap());
        let wanted = ["", "-2", "-3"].map(|end| PathBuf::from(format!("{name}{end}")));
        assert_eq!(made, wanted);
    }

    #[test]
    fn a_folder_that_was_asked_for_has_to_be_new() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("a/b");
        assert_eq!(make(Some(&out), "run").unwrap(), out);
        let why = make(Some(&out), "run").unwrap_err().to_string();
        assert!(why.ends_with("choose a new folder"), "{why}");
    }
}
