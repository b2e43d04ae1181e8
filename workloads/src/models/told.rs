//! `told`: a driver makes processes that differ from each other in what a monitor may tell of them, and
//! each says itself what it is. The drivers are programs/fields.c and programs/containers.c.

use std::path::Path;

use contract::{Counts, Driver, OptionSpec, Options, Result, Script, Workload};

use super::parameters::{scaled_count, size_option, word_option};
use super::script::{first_program, memory_bytes};
use crate::programs::SCRATCH;

/// The model `told`.
pub(crate) struct Told;

/// A driver, its child, that of a namespace, and the one in it.
const LIVE: u32 = 8;

impl Workload for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn about(&self) -> &'static str {
        "processes that differ in what there is to tell of them, and say it themselves"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[
                word_option(
                    "program",
                    "fields",
                    &["fields", "containers"],
                    "what differs: every field, or the control group",
                ),
                size_option("count", "400", "how many processes tell what they are"),
            ]
        }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let (program, count) = (options.word("program"), scaled_count(options, scale)?);
        let around: u64 = (0..count).map(|number| around(program, number)).sum();
        let (processes, execs) = (u64::from(count) + around, u64::from(count));
        let words = vec![
            programs.display().to_string(),
            programs.join(SCRATCH).display().to_string(),
            count.to_string(),
        ];
        let file = format!("{program}-dynamic");
        Ok(Script {
            programs: vec![first_program(programs, &file, &words)],
            slots: 1,
            expected: Counts([processes, execs, processes]),
            live: LIVE,
            memory_bytes: memory_bytes(1, LIVE),
            words,
            driver: Some(Driver {
                early: false,
                gains: true,
                root: true,
            }),
        })
    }
}

/// How many processes process `number` needs around it: one for each pid namespace.
fn around(program: &str, number: u32) -> u64 {
    match program {
        "fields" if number % 8 == 7 => u64::from(1 + number / 8 % 2),
        "containers" if number % 10 == 9 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_in_a_namespace_needs_one_around_it() {
        let expected = |program, count| {
            let given = [("program", program), ("count", count)];
            let options = Options::new("told", Told.options(), given).unwrap();
            Told.script(&options, 1.0, Path::new("/p"))
                .unwrap()
                .expected
        };
        assert_eq!(expected("fields", "7"), Counts([7, 7, 7]));
        assert_eq!(expected("fields", "16"), Counts([19, 16, 19]));
        assert_eq!(expected("containers", "20"), Counts([22, 20, 22]));
    }
}
