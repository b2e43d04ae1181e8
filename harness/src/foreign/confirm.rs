//! What came of a cell with a command: whether the command did what it should, and whether the sources of
//! its true events agree.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use anyhow::{Error, Result, anyhow, bail};
use scoring::record::{TRUTH_OF_A_COMMAND, read_json};
use workloads::ForeignCommand;

use super::outcome::{FILE, Outcome, STDERR};
use super::shell::{below_record, ending, last_line, shell};
use super::truth;
use crate::cross_check::accounting::Accounting;

/// What is known of a cell whose command did what it should.
#[derive(Debug)]
pub(crate) struct Confirmed {
    /// See [`CellRun::truth_source`](scoring::record::CellRun::truth_source).
    pub(crate) truth_source: String,
    /// The names of processes that it left running.
    pub(crate) left: Vec<String>,
}

/// Keeps what process accounting says in the folder of the cell and holds it against the counters. An error
/// is of the command or of the sources, and blames no monitor.
pub(crate) fn confirm(
    command: &ForeignCommand,
    label: &str,
    dir: &Path,
    accounting: Option<Accounting>,
) -> Result<Confirmed> {
    let kept = accounting.map(|one| one.keep(dir, None)).transpose();
    let kept = kept.map_err(Error::from_boxed)?;
    let outcome: Outcome = read_json(&dir.join(FILE))?;
    let status = ExitStatus::from_raw(outcome.status);
    if !status.success() {
        bail!("{}", failed(label, status, dir));
    }
    if let Some(line) = &command.check {
        shell("check", line, &command.cwd, dir)?;
    }
    Ok(Confirmed {
        truth_source: truth_source(dir, kept, &outcome)?,
        left: outcome.left,
    })
}

fn truth_source(dir: &Path, kept: Option<bool>, outcome: &Outcome) -> Result<String> {
    let none = |why: &str| Ok(format!("none: {why}"));
    if let Some(why) = &outcome.uncounted {
        return none(why);
    }
    match kept {
        Some(true) => {
            truth::read(dir).map_err(|why| anyhow!("{why}"))?;
            Ok(TRUTH_OF_A_COMMAND.to_owned())
        }
        Some(false) => none(
            "process accounting was cut short: free space for it, and see that no other program switches it",
        ),
        None => match monitors::accounting::missing().first() {
            Some(why) => none(&why.to_string()),
            None => none("process accounting is used by a monitor of this run: leave that out"),
        },
    }
}

/// "make: exit code 2 ('No rule to make target'): see raw/.../command.err; ...".
fn failed(label: &str, status: ExitStatus, dir: &Path) -> String {
    let path = dir.join(STDERR);
    let last = last_line(&path).map_or_else(String::new, |line| format!(" ('{line}')"));
    format!(
        "{label}: {}{last}: see {}; a command that is measured has no terminal and nothing to read on stdin",
        ending(status),
        below_record(&path)
    )
}
