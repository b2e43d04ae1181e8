//! `launch`: starts one short program after another and waits for each. Its program is programs/launch.c.

use std::path::Path;

use contract::{OptionSpec, Options, Result, Script, Workload};

use super::parameters::{scaled_count, size_option, width, width_option, word_option};
use super::script::Workers;

/// The model `launch`.
pub(crate) struct Launch;

const BUILDS: &[&str] = &["dynamic", "static", "nolibc"];

impl Workload for Launch {
    fn name(&self) -> &'static str {
        "launch"
    }

    fn about(&self) -> &'static str {
        "starts a program that ends at once, again and again, and waits for it"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[
                word_option(
                    "how",
                    "fork",
                    &["fork", "vfork", "spawn"],
                    "fork and exec, vfork and exec, or posix_spawn",
                ),
                word_option(
                    "parent",
                    "dynamic",
                    BUILDS,
                    "how the starting program is linked",
                ),
                word_option(
                    "leaf",
                    "dynamic",
                    BUILDS,
                    "how the started program is linked",
                ),
                size_option("count", "1000", "how many are started"),
                width_option(
                    "how many are started side by side; auto: as many as CPUs, two at least",
                ),
            ]
        }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let how = options.word("how");
        if how == "spawn" && options.word("parent") == "nolibc" {
            let why = "how=spawn needs the C library: use parent=dynamic or parent=static";
            return Err(why.into());
        }
        let count = scaled_count(options, scale)?;
        let width = width(options)?;
        let workers = Workers {
            file: &format!("launch-{}", options.word("parent")),
            words: [how.to_owned(), count.to_string(), width.to_string()],
            leaf: Some(options.word("leaf")),
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
        let options = Options::new("launch", Launch.options(), given.iter().copied())?;
        Launch.script(&options, scale, Path::new("/p"))
    }

    #[test]
    fn the_expected_counts_follow_from_the_options() {
        let script = script(&[("count", "10"), ("leaf", "nolibc"), ("width", "2")], 0.5).unwrap();
        assert_eq!(script.expected, Counts([8, 6, 8]));
        assert_eq!(
            script.words,
            ["fork", "5", "2", "/p/leaf-nolibc", "leaf-nolibc"]
        );
        let words: Vec<_> = contract::split_argv(&script.programs[0].argv).collect();
        assert_eq!(words[..3], [&b"launch-dynamic"[..], b"{nonce}", b"fork"]);
    }

    #[test]
    fn impossible_options_are_refused() {
        let error = |given: &[_], scale| script(given, scale).unwrap_err().to_string();
        assert!(error(&[("how", "spawn"), ("parent", "nolibc")], 1.0).contains("C library"));
        assert!(error(&[("width", "65")], 1.0).contains("use 1 to 64"));
        assert!(error(&[], 1e7).contains("too large"));
    }
}
