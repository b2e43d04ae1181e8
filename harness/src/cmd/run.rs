//! `harness run`: measures.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use super::args::{ChoiceArgs, OutArgs, ToolsArgs, WaitArgs, duration, factor};
use super::report;
use crate::exit::say;
use crate::experiment::Until;
use crate::foreign::asked;
use crate::measure::{Limit, Measured, Wanted, measure};

pub(crate) const EXAMPLES: &str = "Examples:
  harness run -m netlink,ebpf -w fork-bomb
  harness run -w all --precision 2%                          all eight workloads, until it is known
  harness run -m 'netlink{rcvbuf=212992},netlink{rcvbuf=32M}' -w fork-bomb --reps 20
  harness run -m 'ebpf|bpftrace|forkstat' -w fork-bomb       against third-party tools
  harness run --tools my-agent/                              your own agent among the monitors
  harness run -m ebpf,audit --budget 2m -- make -j2          on your own work
  harness run --setup 'make clean' --check 'test -x prog' -- make
  harness run -m ebpf,preload --argv -- make                 which of them tells every program and its arguments
A name or a folder of names means exactly that (static-binary is a folder, static-binary$ the one
workload); anything else is a regular expression, found anywhere among the default monitors and
workloads. Options follow in braces; `harness list` has them.";

/// What to measure, how long, and where to put it.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Exactly so many blocks of overhead cells, without a budget and a precision; of cases so many cells
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with_all = ["budget", "precision"])]
    reps: Option<u32>,
    /// Time for the overhead experiment, such as 90s or 5m [default: about 7 s for each configuration
    /// on each workload, for a command at least three blocks; 130 s for the default comparison]
    #[arg(long, value_name = "T", value_parser = duration)]
    budget: Option<Duration>,
    /// Go on until every slowdown is known to so much, such as 2%: half the width of its interval
    #[arg(long, value_name = "P", value_parser = precision)]
    precision: Option<f64>,
    /// Factor on the number of processes of cases and sustained cells, and on the size of real workloads;
    /// other overhead cells are as long as the machine needs them to be
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = factor, allow_negative_numbers = true)]
    scale: f64,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    tools: ToolsArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    foreign: asked::Asked,
}

/// Measures what was asked for, scores it, reports it.
pub(crate) fn run(args: &RunArgs) -> Result<()> {
    args.tools.add()?;
    let until = Until {
        blocks: args.reps,
        budget: args.budget,
        precision: args.precision,
    };
    let Measured { out, failed } = measure(&Wanted {
        monitors: args.choice.monitors.clone(),
        workloads: args.choice.workloads.clone(),
        command: asked::definition(&args.foreign)?,
        told: args.foreign.told(),
        until: match until == Until::default() {
            true => Limit::Default,
            false => Limit::Until(until),
        },
        own_length: false,
        scale: args.scale,
        seed: args.out.seed,
        out: args.out.out.clone(),
        kind: "run",
        patience: args.wait.limit,
    })?;
    report::show(&out)?;
    say(&format!(
        "the report is {}",
        out.join("README.md").display()
    ));
    if failed > 0 {
        bail!("{failed} cells failed: the report names each");
    }
    Ok(())
}

/// `2%`, or the share 0.02.
fn precision(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|value| value / 100.0),
        None => text.parse(),
    };
    match share {
        Ok(share) if share.is_finite() && share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("use per cent, such as 2%".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_per_cent_or_a_share() {
        assert_eq!(precision("2%"), Ok(0.02));
        assert_eq!(precision("0.05"), Ok(0.05));
        for bad in ["", "%", "2", "-1%", "nan"] {
            assert!(precision(bad).is_err(), "{bad}");
        }
    }
}
