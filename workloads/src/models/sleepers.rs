//! `sleepers`: processes that are older than the monitor. The driver is programs/sleepers.c, on
//! programs/case.h.

use std::path::Path;

use contract::{Counts, Driver, OptionSpec, Options, Result, Script, Workload};

use super::parameters::{scaled_count, size_option};
use super::script::{first_program, memory_bytes};
use crate::programs::SCRATCH;

/// The model `sleepers`.
pub(crate) struct Sleepers;

/// Upper limit: each takes a pid and memory as long as the cell lasts.
const MOST: u32 = 20_000;
/// Tasks beside the sleepers.
const OTHERS: u32 = 8;

impl Workload for Sleepers {
    fn name(&self) -> &'static str {
        "sleepers"
    }

    fn about(&self) -> &'static str {
        "processes that run before the monitor starts and sleep until it has told of them"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const { &[size_option("count", "5000", "how many sleep")] }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let count = scaled_count(options, scale)?;
        if count > MOST {
            return Err(format!(
                "{count} sleepers: use a count or a scale that makes at most {MOST}"
            )
            .into());
        }
        let words = vec![
            programs.display().to_string(),
            programs.join(SCRATCH).display().to_string(),
            count.to_string(),
        ];
        let live = count + OTHERS;
        Ok(Script {
            programs: vec![first_program(programs, "sleepers-dynamic", &words)],
            slots: 1,
            expected: Counts([u64::from(count); 3]),
            live,
            memory_bytes: memory_bytes(1, live),
            words,
            driver: Some(Driver {
                early: true,
                gains: false,
                root: false,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_begins_executes_and_ends_and_there_are_not_too_many() {
        let options = Options::new("sleepers", Sleepers.options(), []).unwrap();
        let script = |scale| Sleepers.script(&options, scale, Path::new("/p"));
        let small = script(0.01).unwrap();
        assert_eq!(small.expected, Counts([50; 3]));
        assert_eq!(
            (small.words[2].as_str(), small.driver.unwrap().early),
            ("50", true)
        );
        assert!(
            script(10.0)
                .unwrap_err()
                .to_string()
                .contains("at most 20000")
        );
    }
}
