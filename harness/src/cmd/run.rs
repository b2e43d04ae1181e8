//! `harness run`: measures.

use anyhow::{Result, bail};
use clap::Args;

use super::args::{ChoiceArgs, OutArgs, ToolsArgs, factor};
use super::report;
use crate::exit::say;
use crate::measure::{Measured, Wanted, measure};

pub(crate) const EXAMPLES: &str = "Examples:
  harness run -m 'ebpf|netlink' -w fork-bomb
  harness run -m 'netlink{rcvbuf=212992}' -m 'netlink{rcvbuf=32M}' -w fork-bomb --reps 10
  harness run -m 'ebpf|bpftrace|forkstat' -w fork-bomb       against third-party tools
  harness run --tools my-agent/                              your own agent among the monitors
A pattern must match the whole name. Options follow in braces; `harness list` has them.";

/// What to measure, how often, and where to put it.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Repetitions of every cell
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    reps: u32,
    /// Factor on the number of processes of every workload
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = factor, allow_negative_numbers = true)]
    scale: f64,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Measures what was asked for, scores it, reports it.
pub(crate) fn run(args: &RunArgs) -> Result<()> {
    args.tools.add()?;
    let Measured { out, failed } = measure(&Wanted {
        monitors: args.choice.monitors.clone(),
        workloads: args.choice.workloads.clone(),
        repetitions: args.reps,
        scale: args.scale,
        seed: args.out.seed,
        out: args.out.out.clone(),
        kind: "run",
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
