//! `harness sweep`: raises the load until events are lost or the rate is not met.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use super::args::{ChoiceArgs, OutArgs, ToolsArgs, WaitArgs, duration};
use crate::exit::{NothingRuns, say};
use crate::output::{print, width};
use crate::progress::words;
use crate::sweep::{Swept, Wanted, sweep as measured};

pub(crate) const EXAMPLES: &str = "Examples:
  harness sweep                              every monitor, each at several sizes of its buffer
  harness sweep -m netlink -w paced/exec
  harness sweep -m 'netlink{rcvbuf=kernel}' -m 'netlink{rcvbuf=512k}'
All of them take ten to fifteen minutes. A monitor given with options is swept with exactly these.
Workloads are of the model `paced`; the default is paced.";

/// What is swept, for how long, and where the record goes.
#[derive(Clone, Debug, Args)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Stop after so long; the report names every search that was not finished by then
    #[arg(long, value_name = "T", default_value = "15m", value_parser = duration)]
    budget: Duration,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    tools: ToolsArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Measures, computes and reports.
pub(crate) fn sweep(args: &SweepArgs) -> Result<()> {
    args.tools.add()?;
    let Swept {
        out,
        unfinished,
        measured,
        failed,
    } = measured(&Wanted {
        monitors: args.choice.monitors.clone(),
        workloads: args.choice.workloads.clone(),
        budget: args.budget,
        seed: args.out.seed,
        out: args.out.out.clone(),
        patience: args.wait.limit,
    })?;
    print(&report::terminal(&out, false, width())?)?;
    let page = out.join("README.md");
    say(&format!("the report is {}", page.display()));
    if unfinished > 0 {
        say(&format!(
            "{unfinished} searches were not finished in {}, the report names each: give more with --budget, or fewer with -m",
            words(args.budget)
        ));
    }
    if measured == 0 {
        let why = "none of these monitors can run here: see harness doctor";
        return Err(NothingRuns(why.into()).into());
    }
    if failed > 0 {
        bail!("{failed} cells failed: the report names each");
    }
    Ok(())
}
