//! `case`: a driver has one thing happen that some technique may not see, and writes it down.
//! One program for each under programs/case, all of them on programs/case.h.
//!
//! A case is what it is at any scale.

use std::path::Path;

use contract::{Counts, Driver, OptionKind, OptionSpec, Options, Result, Script, Workload};

use crate::model::{MOST_LIVE, bounded, program, size_option};
use crate::programs::SCRATCH;

/// See the head of this file.
pub(crate) struct Case;

/// The programs there are, without the prefix of their files.
const PROGRAMS: &[&str] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));
/// What a program may be told to do it with.
const WITH: &[&str] = &[
    "nothing", "newline", "quote", "tab", "escape", "bytes", "forgery",
];
const MOST: u64 = 1 << 12;

const fn word_option(
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

impl Workload for Case {
    fn name(&self) -> &'static str {
        "case"
    }

    fn about(&self) -> &'static str {
        "one thing that some technique may not see, or sees wrongly"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[
                word_option("program", "start-fork", PROGRAMS, "which of programs/case"),
                word_option("with", "nothing", WITH, "what argv or path has in it"),
                size_option("forks", "1", "how many are due"),
                size_option("execs", "1", "how many are due"),
                size_option("exits", "1", "how many are due"),
                size_option("live", "64", "at most so many tasks at once"),
                word_option(
                    "starts",
                    "after",
                    &["after", "before"],
                    "before or after the monitor",
                ),
                word_option(
                    "privileges",
                    "kept",
                    &["kept", "gained"],
                    "gained: set-user-id programs are obeyed",
                ),
            ]
        }
    }

    fn script(&self, options: &Options, _scale: f64, programs: &Path) -> Result<Script> {
        let file = format!("case-{}", options.word("program"));
        let count = |name| bounded(options, name, 0, MOST).map(u64::from);
        let expected = Counts([count("forks")?, count("execs")?, count("exits")?]);
        let words = vec![
            programs.display().to_string(),
            programs.join(SCRATCH).display().to_string(),
            options.word("with").to_owned(),
        ];
        let template = std::iter::once("{nonce}").chain(words.iter().map(String::as_str));
        Ok(Script {
            programs: vec![program(programs, &file, template)],
            slots: 1,
            expected,
            live: bounded(options, "live", 8, MOST_LIVE)?,
            width: 1,
            words,
            driver: Some(Driver {
                early: options.word("starts") == "before",
                gains: options.word("privileges") == "gained",
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_the_same_at_any_scale() {
        let given = [
            ("program", "start-fork"),
            ("forks", "3"),
            ("starts", "before"),
        ];
        let options = Options::new("case", Case.options(), given).unwrap();
        let script = |scale| Case.script(&options, scale, Path::new("/p")).unwrap();
        assert_eq!(script(0.01).expected, Counts([3, 1, 1]));
        assert_eq!(script(100.0).expected, Counts([3, 1, 1]));
        let driver = script(1.0).driver.unwrap();
        assert!(driver.early && !driver.gains);
    }
}
