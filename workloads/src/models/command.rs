//! `command`: a command that is not ours. It writes no event down and has no length that could be
//! set; what it did is counted from outside.

use std::path::Path;

use super::parameters::size_option;
use contract::{Counts, OptionSpec, Options, Result, Script, Workload};

/// The model `command`.
pub(crate) struct Command;

impl Workload for Command {
    fn name(&self) -> &'static str {
        "command"
    }

    fn about(&self) -> &'static str {
        "a command that is not ours, whose events are counted from outside"
    }

    fn options(&self) -> &'static [OptionSpec] {
        const {
            &[size_option(
                "size",
                "0",
                "how much a command of ours does; in its scripts $size",
            )]
        }
    }

    /// Nothing of it is known beforehand.
    fn script(&self, _options: &Options, _scale: f64, _programs: &Path) -> Result<Script> {
        Ok(Script {
            programs: Vec::new(),
            slots: 0,
            expected: Counts::default(),
            live: 0,
            memory_bytes: 0,
            words: Vec::new(),
            driver: None,
        })
    }
}
