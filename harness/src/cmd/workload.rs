//! `harness workload`: one workload runs inside its fence, in a process of its own.

use anyhow::{Context, Error, Result, bail};
use contract::Unavailable;
use nix::sys::prctl;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use workloads::Run;

use crate::cell;
use crate::cgroup;
use crate::cli::WorkloadArgs;
use crate::cross_check;
use crate::exit::NothingRuns;
use crate::user::User;
use scoring::record::write_json;

/// Runs it and leaves the ledger and `outcome.json`.
pub(super) fn workload(args: &WorkloadArgs) -> Result<()> {
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
    let env: Option<Vec<_>> = args.env.iter().map(|pair| pair.split_once('=')).collect();
    let env = env.context("--env: use NAME=VALUE")?;
    let env: Vec<_> = env
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let (cell, limit) = (args.dir.as_path(), cell::BUDGET);
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
    let done = cell::Done {
        wall_ns: outcome.wall_ns,
        cpu_ns: Some(children_cpu_ns()?),
        machine_forks,
    };
    write_json(&args.dir.join("outcome.json"), &done)
}

/// A driver that lacks something on this machine is no failure.
fn cannot(error: contract::Error) -> Error {
    match error.downcast::<Unavailable>() {
        Ok(why) => NothingRuns(why.to_string()).into(),
        Err(error) => Error::from_boxed(error),
    }
}

/// CPU time of everything that was waited for.
fn children_cpu_ns() -> Result<u64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    Ok(cell::cpu_ns(&usage))
}

/// The kernel ends this process when its parent ends, however that ends.
fn die_with(parent: u32) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG)")?;
    if getppid().as_raw() as u32 != parent {
        bail!("the harness is gone");
    }
    Ok(())
}
