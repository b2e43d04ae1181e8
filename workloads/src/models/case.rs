//! `case`: a driver makes other processes do one thing that some technique may not see, and logs it.
//! Each driver is one program in programs/case, on programs/case.h.
//!
//! A case is the same at any scale.

use std::path::Path;

use contract::{Counts, Driver, OptionSpec, Options, Result, Script, Workload};

use super::parameters::{MOST_LIVE, bounded, size_option, word_option};
use super::script::{first_program, memory_bytes};
use crate::programs::SCRATCH;

/// The model `case`.
pub(crate) struct Case;

/// The drivers, without the prefix of their files.
const DRIVERS: &[&str] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));
/// The strings of hostile_strings.h that argv or a path may contain.
const STRINGS: &[&str] = &[
    "none", "newline", "quote", "tab", "escape", "bytes", "forgery",
];
/// Upper limit of events of one kind.
const MOST_EVENTS: u64 = 1 << 12;

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
                word_option(
                    "program",
                    "start-fork",
                    DRIVERS,
                    "the driver in programs/case",
                ),
                word_option("string", "none", STRINGS, "what argv or the path contains"),
                size_option("forks", "1", "how many forks there are"),
                size_option("execs", "1", "how many execs there are"),
                size_option("exits", "1", "how many exits there are"),
                size_option("live", "64", "upper limit of tasks at once"),
                word_option(
                    "starts",
                    "after",
                    &["after", "before"],
                    "whether its processes are older than the monitor",
                ),
                word_option(
                    "privileges",
                    "kept",
                    &["kept", "gained"],
                    "gained: the kernel honours set-user-id programs",
                ),
            ]
        }
    }

    fn script(&self, options: &Options, _scale: f64, programs: &Path) -> Result<Script> {
        let file = format!("case-{}", options.word("program"));
        let count = |name| bounded(options, name, 0, MOST_EVENTS).map(u64::from);
        let expected = Counts([count("forks")?, count("execs")?, count("exits")?]);
        let words = vec![
            programs.display().to_string(),
            programs.join(SCRATCH).display().to_string(),
            options.word("string").to_owned(),
        ];
        let live = bounded(options, "live", 8, MOST_LIVE)?;
        Ok(Script {
            programs: vec![first_program(programs, &file, &words)],
            slots: 1,
            expected,
            live,
            memory_bytes: memory_bytes(1, live),
            words,
            driver: Some(Driver {
                early: options.word("starts") == "before",
                gains: options.word("privileges") == "gained",
                root: false,
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
