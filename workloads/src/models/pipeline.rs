//! `pipeline`: has the shell run pipelines of short programs. Its program is programs/pipeline.c.

use std::fs;
use std::path::{Path, PathBuf};

use contract::{Counts, OptionSpec, Options, Program, Result, Script, Workload, argv_bytes};

use super::parameters::{bounded, scaled_count, size_option, width, width_option};
use super::script::{first_program, memory_bytes, program};

/// The model `pipeline`.
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
                width_option("how many are run side by side; auto: as many as CPUs, two at least"),
                size_option("stages", "3", "how many programs are in each"),
            ]
        }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let count = scaled_count(options, scale)?;
        let width = width(options)?;
        let stages = bounded(options, "stages", 2, 8)?;
        let numbers = [count, width, stages].map(|number| number.to_string());
        let words: Vec<_> = numbers
            .into_iter()
            .chain([SHELL.into(), LEAF.into()])
            .collect();
        let each = u64::from(count) * (1 + u64::from(stages));
        let processes = 1 + u64::from(width) + each;
        let slots = u32::try_from(processes)
            .map_err(|_| format!("count={count} is too large: use a smaller one"))?;
        let live = 1 + width * (2 + stages);
        Ok(Script {
            programs: vec![
                first_program(programs, "pipeline-dynamic", &words),
                shell(stages),
                program(programs, LEAF, ["{nonce}"]),
            ],
            slots,
            expected: Counts([processes, 1 + each, processes]),
            live,
            memory_bytes: memory_bytes(slots, live),
            words,
            driver: None,
        })
    }
}

/// The shell, with a pipeline of so many leaves as its command.
fn shell(stages: u32) -> Program {
    let leaves = (1..=stages).map(|stage| format!("{LEAF} {{nonce+{stage}}}"));
    let line = leaves.collect::<Vec<_>>().join(" | ");
    Program {
        // It is a link on most systems, and /proc/PID/exe names the file.
        exe: fs::canonicalize(SHELL).unwrap_or_else(|_| PathBuf::from(SHELL)),
        argv: argv_bytes(["sh", "-c", &line]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_slots_of_its_leaves() {
        let options = Options::new(
            "pipeline",
            Pipeline.options(),
            [("stages", "2"), ("width", "2")],
        )
        .unwrap();
        let script = Pipeline.script(&options, 0.05, Path::new("/p")).unwrap();
        assert_eq!(script.expected, Counts([33, 31, 33]));
        let words: Vec<_> = contract::split_argv(&script.programs[1].argv).collect();
        let line = &b"leaf-dynamic {nonce+1} | leaf-dynamic {nonce+2}"[..];
        assert_eq!(words, [&b"sh"[..], b"-c", line]);
    }
}
