//! `paced`: begins processes by a timetable, however long each takes. Its program is programs/paced.c.

use std::path::Path;

use contract::{OptionSpec, Options, Result, Script, Workload};

use super::parameters::{MOST_WORKERS, bounded, scaled_count, size_option, word_option};
use super::script::Workers;

/// The model `paced`.
pub(crate) struct Paced;

/// The longest timetable in seconds: the runner stops what takes longer.
const LONGEST: u64 = 100;
const FASTEST: u64 = 1_000_000;

impl Workload for Paced {
    fn name(&self) -> &'static str {
        "paced"
    }

    fn about(&self) -> &'static str {
        "begins processes by a timetable and records when each was due"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[
                size_option(
                    "rate",
                    "1000",
                    "processes begun each second; 0: as fast as it can",
                ),
                size_option("count", "2000", "how many are begun"),
                size_option("width", "64", "how many may run side by side"),
                word_option(
                    "parent",
                    "dynamic",
                    &["dynamic", "nolibc"],
                    "how the starting program is linked",
                ),
                word_option(
                    "leaf",
                    "none",
                    &["none", "dynamic", "static", "nolibc"],
                    "how the program that each executes is linked; none: no program is executed",
                ),
            ]
        }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let rate = bounded(options, "rate", 0, FASTEST)?;
        let count = scaled_count(options, scale)?;
        let width = bounded(options, "width", 1, MOST_WORKERS)?;
        let seconds = u64::from(count) / u64::from(rate).max(1);
        if rate > 0 && seconds > LONGEST {
            let why = format!(
                "{count} processes at rate={rate} take {seconds} s: use a count or a scale that take at most {LONGEST} s"
            );
            return Err(why.into());
        }
        let workers = Workers {
            file: &format!("paced-{}", options.word("parent")),
            words: [rate, count, width].map(|number| number.to_string()),
            leaf: Some(options.word("leaf")).filter(|&leaf| leaf != "none"),
            count,
            width,
        };
        Ok(workers.script(programs))
    }
}

#[cfg(test)]
mod tests {
    use contract::Counts;

    use super::*;

    fn script(given: &[(&str, &str)], scale: f64) -> Result<Script> {
        let options = Options::new("paced", Paced.options(), given.iter().copied())?;
        Paced.script(&options, scale, Path::new("/p"))
    }

    #[test]
    fn the_expected_counts_follow_from_the_options() {
        let plain = script(&[("count", "10"), ("width", "2")], 0.5).unwrap();
        assert_eq!(plain.expected, Counts([8, 1, 8]));
        assert_eq!(plain.words, ["1000", "5", "2"]);
        let leaf = script(&[("count", "5"), ("leaf", "nolibc"), ("rate", "0")], 1.0).unwrap();
        assert_eq!(leaf.expected, Counts([70, 6, 70]));
        assert_eq!(
            leaf.words,
            ["0", "5", "64", "/p/leaf-nolibc", "leaf-nolibc"]
        );
    }

    #[test]
    fn a_timetable_longer_than_a_run_is_refused() {
        let error = |given: &[_], scale| script(given, scale).unwrap_err().to_string();
        assert!(error(&[("rate", "1")], 1.0).contains("take 2000 s"));
        assert!(error(&[("width", "0")], 1.0).contains("use 1 to 64"));
        assert!(script(&[("rate", "1")], 0.01).is_ok());
    }
}
