//! `harness sweep`: raises the load until events are lost or the rate is not met.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use super::args::{ChoiceArgs, OutArgs, ToolsArgs};
use crate::exit::{NothingRuns, say};
use crate::output::print;
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
    /// Stop after so many minutes; the report names every search that was not finished by then
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    minutes: u32,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    tools: ToolsArgs,
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
        until: Instant::now() + Duration::from_secs(60 * u64::from(args.minutes)),
        seed: args.out.seed,
        out: args.out.out.clone(),
    })?;
    print(&report::terminal(&out, false)?)?;
    let page = out.join("README.md");
    say(&format!("the report is {}", page.display()));
    if unfinished > 0 {
        say(&format!(
            "{unfinished} searches were not finished in {} minutes, the report names each: give --minutes more, or -m fewer",
            args.minutes
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
