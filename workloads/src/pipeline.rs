//! `pipeline`: has the shell run pipelines of short programs. See programs/pipeline.c.

use std::fs;
use std::path::{Path, PathBuf};

use contract::{Counts, OptionSpec, Options, Program, Result, Script, Workload, argv_bytes};

use crate::model::{MOST_COUNT, bounded, program, scaled, size_option};

/// See the head of this file.
pub(crate) struct Pipeline;

const SHELL: &str = "/bin/sh";
const LEAF: &str = "leaf-dynamic";

impl Workload for Pipeline {
    fn name(&self) -> &'static str {
        "pipeline"
    }

    fn about(&self) -> &'static str {
        "has /bin/sh run pipelines of programs that end at once"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[
                size_option("count", "200", "how many pipelines are run"),
                size_option("width", "2", "how many are run side by side"),
                size_option("stages", "3", "how many programs are in each"),
            ]
        }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let count = scaled(bounded(options, "count", 1, MOST_COUNT)?, scale)?;
        let width = bounded(options, "width", 1, 64)?;
        let stages = bounded(options, "stages", 2, 8)?;
        let line: Vec<_> = (1..=stages)
            .map(|stage| format!("{LEAF} {{nonce+{stage}}}"))
            .collect();
        let shell = Program {
            // It is a link on most systems, and its process goes by the name of the file.
            exe: fs::canonicalize(SHELL).unwrap_or_else(|_| PathBuf::from(SHELL)),
            argv: argv_bytes(["sh", "-c", &line.join(" | ")]),
        };
        let words = [count, width, stages].map(|number| number.to_string());
        let words: Vec<_> = words
            .into_iter()
            .chain([SHELL.into(), LEAF.into()])
            .collect();
        let template = std::iter::once("{nonce}").chain(words.iter().map(String::as_str));
        let first = program(programs, "pipeline-dynamic", template);
        let each = u64::from(count) * (1 + u64::from(stages));
        let processes = 1 + u64::from(width) + each;
        let slots = u32::try_from(processes).map_err(|_| format!("count {count} is too many"))?;
        Ok(Script {
            programs: vec![first, shell, program(programs, LEAF, ["{nonce}"])],
            slots,
            expected: Counts([processes, 1 + each, processes]),
            live: 1 + width * (2 + stages),
            width,
            words,
            driver: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_slots_of_its_leaves() {
        let options = Options::new("pipeline", Pipeline.options(), [("stages", "2")]).unwrap();
        let script = Pipeline.script(&options, 0.05, Path::new("/p")).unwrap();
        assert_eq!(script.expected, Counts([33, 31, 33]));
        let words: Vec<_> = contract::split_argv(&script.programs[1].argv).collect();
        let line = &b"leaf-dynamic {nonce+1} | leaf-dynamic {nonce+2}"[..];
        assert_eq!(words, [&b"sh"[..], b"-c", line]);
    }
}
