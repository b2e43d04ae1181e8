//! Arguments that several commands share, and how their values are read.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::exit;

/// What is compared.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChoiceArgs {
    /// Monitors: names or a regular expression, options in braces, commas between several; may be repeated
    #[arg(short, long = "monitor", value_name = "PATTERN")]
    pub(crate) monitors: Vec<String>,
    /// Workloads: names, a folder of names or a regular expression, options in braces; may be repeated
    #[arg(short, long = "workload", value_name = "PATTERN")]
    pub(crate) workloads: Vec<String>,
}

/// The record that is made.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutArgs {
    /// Seed of the order of cells and of the bootstraps
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder for the record; it must not exist yet [default: results/COMMAND-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Third-party tools beside those that come with the harness.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ToolsArgs {
    /// Folder with definitions of your own tools, one *.toml each; without -m they are compared, too
    #[arg(id = "tools", long = "tools", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

impl ToolsArgs {
    /// Makes the tools known that are defined there.
    pub(crate) fn add(&self) -> Result<()> {
        let dir = self.dir.as_deref();
        dir.map_or(Ok(()), |dir| monitors::add_tools(dir).map_err(exit::misuse))
    }
}

/// A factor.
pub(crate) fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value <= 1000.0 => Ok(value),
        _ => Err("use a number above 0 and up to 1000".into()),
    }
}
