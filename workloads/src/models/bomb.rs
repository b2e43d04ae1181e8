//! `bomb`: a fork bomb that ends. Its program is programs/bomb.c.

use std::path::Path;

use contract::{Counts, OptionSpec, Options, Result, Script, Workload};

use super::parameters::{MOST_LIVE, bounded, factor, size_option, word_option};
use super::script::{memory_bytes, program};

/// The model `bomb`.
pub(crate) struct Bomb;

const DEEPEST: u64 = 20;

impl Workload for Bomb {
    fn name(&self) -> &'static str {
        "bomb"
    }

    fn about(&self) -> &'static str {
        "a binary tree of processes that fork and exit and never exec"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[
                size_option(
                    "depth",
                    "14",
                    "generations below the first: 2^(depth+1)-1 processes",
                ),
                size_option("live", "256", "upper limit of processes at once"),
                word_option(
                    "build",
                    "dynamic",
                    &["dynamic", "nolibc"],
                    "how it is linked",
                ),
            ]
        }
    }

    fn script(&self, options: &Options, scale: f64, programs: &Path) -> Result<Script> {
        let depth = bounded(options, "depth", 0, DEEPEST)?;
        let processes = scaled_size(depth, scale)?;
        // Each first child down to the deepest generation needs a place, or nothing could begin.
        let line = u64::from(u32::BITS - processes.leading_zeros());
        let live = bounded(options, "live", line, MOST_LIVE)?;
        let file = format!("bomb-{}", options.word("build"));
        let size = processes.to_string();
        Ok(Script {
            programs: vec![program(programs, &file, ["{nonce}", &size])],
            slots: processes,
            expected: Counts([processes, 1, processes].map(u64::from)),
            live,
            memory_bytes: memory_bytes(processes, live),
            words: vec![size],
            driver: None,
        })
    }
}

/// The processes of a tree of that depth, times `scale`.
fn scaled_size(depth: u32, scale: f64) -> Result<u32> {
    let size = (f64::from(2_u32 << depth) * factor(scale)?).round() - 1.0;
    if size > ((2_u64 << DEEPEST) - 1) as f64 {
        return Err(format!(
            "scale {scale} makes depth={depth} too deep: the limit is that of depth={DEEPEST}"
        )
        .into());
    }
    Ok(size.max(1.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(given: &[(&str, &str)], scale: f64) -> Result<Script> {
        let options = Options::new("bomb", Bomb.options(), given.iter().copied())?;
        Bomb.script(&options, scale, Path::new("/p"))
    }

    #[test]
    fn a_tree_has_two_to_the_depth_plus_one_minus_one() {
        let count = |depth: &str, scale| script(&[("depth", depth)], scale).unwrap().expected.0[0];
        assert_eq!(count("0", 1.0), 1);
        assert_eq!(count("3", 1.0), 15);
        assert_eq!(count("14", 1.0), 32_767);
        assert_eq!(count("14", 0.5), 16_383);
        assert_eq!(count("14", 2.0), 65_535);
        assert_eq!(count("14", 0.3), 9_829);
        assert_eq!(count("3", 0.001), 1);
    }

    #[test]
    fn the_number_of_processes_is_bounded() {
        let error = |given: &[_], scale| script(given, scale).unwrap_err().to_string();
        assert!(error(&[("depth", "21")], 1.0).contains("use 0 to 20"));
        assert!(error(&[("live", "1025")], 1.0).contains("use 15 to 1024"));
        assert!(error(&[("live", "14")], 1.0).contains("use 15 to 1024"));
        assert!(error(&[], 1e9).contains("too deep"));
        assert!(error(&[], f64::NAN).contains("above 0"));
    }
}
