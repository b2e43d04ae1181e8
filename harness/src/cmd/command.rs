//! `harness command`: a command that is not ours runs inside its control group, in a process of its own.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use scoring::record::write_json;

use super::workload::{children_cpu_ns, die_with, pairs};
use crate::cell::protocol::Outcome;
use crate::cgroup;
use crate::foreign::runner::{Run, run};

/// What the harness tells the process that runs the command.
#[derive(Debug, Args)]
pub(crate) struct CommandArgs {
    /// The cell's folder
    #[arg(long)]
    dir: PathBuf,
    /// cgroup.procs files to join first
    #[arg(long)]
    join: Vec<PathBuf>,
    /// Folder of the control group by which perf counters know it
    #[arg(long)]
    counted: Option<PathBuf>,
    /// NAME=VALUE for the command's environment, beside the caller's
    #[arg(long)]
    env: Vec<String>,
    /// Process that must stay alive for this one to go on
    #[arg(long)]
    parent: Option<u32>,
    /// Hold each exec until it was written down
    #[arg(long)]
    supervised: bool,
    /// The folder in which the command runs
    #[arg(long)]
    cwd: PathBuf,
    /// The command
    #[arg(last = true, required = true)]
    argv: Vec<OsString>,
}

/// Runs it and leaves what it did and `outcome.json`.
pub(crate) fn command(args: &CommandArgs) -> Result<()> {
    if let Some(parent) = args.parent {
        die_with(parent)?;
    }
    cgroup::join(&args.join)?;
    let env = pairs(&args.env).context("--env: use NAME=VALUE")?;
    let wall_ns = run(&Run {
        argv: &args.argv,
        cwd: &args.cwd,
        env: &env,
        dir: &args.dir,
        doors: &args.join,
        counted: args.counted.as_deref(),
        supervised: args.supervised,
    })?;
    let done = Outcome {
        wall_ns,
        cpu_ns: Some(children_cpu_ns()?),
        machine_forks: None,
    };
    write_json(&args.dir.join("outcome.json"), &done)
}
