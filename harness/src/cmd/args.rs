//! Arguments that several commands share, and how their values are read.

use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// How long another harness is waited for.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WaitArgs {
    /// Wait for another harness on this machine at most so long, such as 10m [default: as long as it takes]
    #[arg(id = "wait", long = "wait", value_name = "T", value_parser = duration)]
    pub(crate) limit: Option<Duration>,
}

/// Third-party tools beside those that come with the harness.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ToolsArgs {
    /// Folder with definitions of your own tools, one *.toml each; without -m they are compared, too
    #[arg(id = "tools", long = "tools", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

impl ToolsArgs {
    /// What a tool said is read as it was when the record in `dir` was measured.
    pub(crate) fn of_record(dir: &Path) -> Result<()> {
        let tools = dir.join(scoring::record::TOOLS);
        let dir = tools.exists().then_some(tools);
        Self { dir }.add()
    }

    /// Makes the tools known that are defined there.
    pub(crate) fn add(&self) -> Result<()> {
        let dir = self.dir.as_deref();
        dir.map_or(Ok(()), |dir| monitors::add_tools(dir).map_err(exit::misuse))
    }
}

/// The records among `dirs`: a shell's pattern brings along what is none, which is passed over and named.
/// A single one is meant.
pub(crate) fn records(dirs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if dirs.len() < 2 {
        return Ok(dirs.to_vec());
    }
    let is_record = |dir: &&PathBuf| {
        dir.join("summary.json").symlink_metadata().is_ok()
            || dir.join("record.json").symlink_metadata().is_ok()
    };
    let (found, others): (Vec<_>, Vec<_>) = dirs.iter().partition(is_record);
    for other in others {
        exit::say(&format!("{}: no record, passed over", other.display()));
    }
    if found.is_empty() {
        return Err(exit::misuse(
            "none of these is a record: name the folder of one, it holds a summary.json",
        ));
    }
    Ok(found.into_iter().cloned().collect())
}

/// A factor.
pub(crate) fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value <= 1000.0 => Ok(value),
        _ => Err("use a number above 0 and up to 1000".into()),
    }
}

/// A time, such as 90s, 5m or plain seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let seconds = seconds.and_then(|value| Duration::try_from_secs_f64(value).ok());
    let found = seconds.or_else(|| humantime::parse_duration(text).ok());
    match found {
        Some(time) if time >= Duration::from_secs(1) => Ok(time),
        _ => Err("use a time of at least a second, such as 90s or 5m".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_unit() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for bad in ["", "0", "-3", "soon", "10ms"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
