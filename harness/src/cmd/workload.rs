//! `harness workload`: one workload runs inside its fence, in a process of its own.

use std::path::PathBuf;

use anyhow::{Context, Error, Result, bail};
use clap::Args;
use contract::Unavailable;
use nix::sys::prctl;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use workloads::Run;

use crate::cell::{self, protocol::Outcome};
use crate::cgroup;
use crate::cross_check;
use crate::exit::NothingRuns;
use crate::user::User;
use scoring::record::write_json;

/// What the harness tells the process that runs the workload.
#[derive(Debug, Args)]
pub(crate) struct WorkloadArgs {
    /// The cell's folder, which says what is run
    #[arg(long)]
    dir: PathBuf,
    /// cgroup.procs files to join first
    #[arg(long)]
    join: Vec<PathBuf>,
    /// User to run as, UID:GID
    #[arg(long)]
    user: Option<String>,
    /// NAME=VALUE for the workload's own environment
    #[arg(long)]
    env: Vec<String>,
    /// Process that must stay alive for this one to go on
    #[arg(long)]
    parent: Option<u32>,
}

/// Runs it and leaves the ledger and `outcome.json`.
pub(crate) fn workload(args: &WorkloadArgs) -> Result<()> {
    if let Some(parent) = args.parent {
        die_with(parent)?;
    }
    cgroup::join(&args.join)?;
    let user = args
        .user
        .as_deref()
        .map(User::parse)
        .transpose()?
        .map(|user| (user.uid, user.gid));
    let env = pairs(&args.env).context("--env: use NAME=VALUE")?;
    let (cell, limit) = (args.dir.as_path(), cell::LIMIT);
    let run = Run {
        cell,
        env: &env,
        user,
        limit,
        stamping: true,
    };
    let before = cross_check::processes_made();
    let outcome = workloads::run(&run).map_err(cannot)?;
    let made = cross_check::processes_made();
    let machine_forks =
        cross_check::confirm(before, made, outcome.counts).map_err(Error::from_boxed)?;
    let done = Outcome {
        wall_ns: outcome.wall_ns,
        cpu_ns: Some(children_cpu_ns()?),
        machine_forks,
    };
    write_json(&args.dir.join("outcome.json"), &done)
}

/// `NAME=VALUE` taken apart.
pub(super) fn pairs(env: &[String]) -> Option<Vec<(String, String)>> {
    let pairs = env.iter().map(|pair| pair.split_once('='));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    pairs.map(|pair| pair.map(owned)).collect()
}

/// A driver that lacks something on this machine is no failure.
fn cannot(error: contract::Error) -> Error {
    match error.downcast::<Unavailable>() {
        Ok(why) => NothingRuns(why.to_string()).into(),
        Err(error) => Error::from_boxed(error),
    }
}

/// CPU time of everything that was waited for.
pub(super) fn children_cpu_ns() -> Result<u64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    Ok(cell::cpu_ns(&usage))
}

/// The kernel ends this process when its parent ends, however that ends.
pub(super) fn die_with(parent: u32) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG)")?;
    if getppid().as_raw() as u32 != parent {
        bail!("the harness is gone");
    }
    Ok(())
}
