//! The command line, as clap sees it: the sub-commands, each with the arguments of its own file.

use std::ffi::OsString;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::cmd::{
    advise, command, compare, completions, doctor, explain, gate, list, man, monitor, pulse,
    report, run, score, selftest, sweep, trend, watch, workload,
};
use crate::exit::{NothingRuns, misuse};
use crate::{limits, output, select};

/// Benchmark of Linux process monitors.
///
/// Makes processes whose every fork, exec and exit is known, lets each monitoring technique watch,
/// and reports event loss, field accuracy, detection latency and overhead. Without a command it
/// runs the default comparison, which takes about three minutes on two CPUs.
#[derive(Debug, Parser)]
#[command(name = "harness", version, long_version = crate::version::long(), after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; the default is `run`.
    #[command(subcommand)]
    command: Option<Command>,
    /// The same as for `run`.
    #[command(flatten)]
    run: run::RunArgs,
}

const EXAMPLES: &str = "Examples:
  harness                                    the default comparison, report at the end
  harness doctor                             what can run here, and how to get the rest
  harness run -m netlink -m 'netlink{rcvbuf=kernel}' -w fork-bomb --reps 5
  harness run -w short-lived --out /tmp/record
  harness run -- make -j2                    what each monitor costs on your own work, and misses of it
  harness run -w case                        the blind spots of each technique, one at a time
  harness report results/reference           show a record again
  harness watch ebpf                         use one of the monitors as a tool

Exit codes: 0 fine, 1 a cell or the gate failed, 2 misuse, 3 nothing could run here.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure: every chosen monitor on every chosen workload, against no monitor at all
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArgs),
    /// Raise the load until events are lost or the rate is not met: zero-loss rate, loss curve,
    /// longest burst
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(sweep::SweepArgs),
    /// What can run here, what is missing, how to get it
    Doctor(doctor::DoctorArgs),
    /// Monitors, tools and workloads with their options
    List(list::ListArgs),
    /// Compute summary.json of a record again from its raw files, or check a record
    #[command(after_help = score::EXAMPLES)]
    Score(score::ScoreArgs),
    /// Write the report of a record again and show its matrix; of several records, the kernel
    /// matrix, or one report
    #[command(after_help = report::EXAMPLES)]
    Report(report::ReportArgs),
    /// What differs between two records beyond the noise
    Compare(compare::CompareArgs),
    /// Which technique for which need, and why, from the figures of a record
    #[command(after_help = advise::EXAMPLES)]
    Advise(advise::AdviseArgs),
    /// Which events were missed, wrong or never happened, and the likely cause
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::ExplainArgs),
    /// Figures over dated records of one machine, and where they changed
    #[command(after_help = trend::EXAMPLES)]
    Trend(trend::TrendArgs),
    /// Fail when event loss is worse than a committed baseline
    #[command(after_help = gate::EXAMPLES)]
    Gate(gate::GateArgs),
    /// Examine the harness: planted faults against what the report says of them
    Selftest(selftest::SelftestArgs),
    /// Run one monitor live, as a tool: a table on a terminal, JSON lines in a pipe
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::WatchArgs),
    /// Write the completions of a shell to stdout
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::CompletionsArgs),
    /// Write the man pages into a folder
    Man(man::ManArgs),
    /// One monitor's side of a cell
    #[command(hide = true)]
    Monitor(monitor::MonitorArgs),
    /// One workload's side of a cell
    #[command(hide = true)]
    Workload(workload::WorkloadArgs),
    /// The side of a cell whose workload is a command that is not ours
    #[command(hide = true, name = "command")]
    Foreign(command::CommandArgs),
    /// What says that a watch does not run
    #[command(hide = true)]
    Pulse,
}

impl Command {
    /// Whether its stdout is for the caller.
    const fn prints(&self) -> bool {
        !matches!(
            self,
            Self::Monitor(_)
                | Self::Workload(_)
                | Self::Foreign(_)
                | Self::Pulse
                | Self::Man(_)
                | Self::Score(_)
        )
    }

    /// Whether it looks at this machine, or measures on it.
    const fn looks(&self) -> bool {
        matches!(
            self,
            Self::Run(_)
                | Self::Sweep(_)
                | Self::Doctor(_)
                | Self::Gate(_)
                | Self::Selftest(_)
                | Self::Watch(_)
        )
    }
}

/// The sub-command that a command line names, for errors in which clap does not say it.
fn named(words: impl Iterator<Item = OsString>) -> clap::Command {
    let whole = Cli::command();
    let words: Vec<_> = words.skip(1).collect();
    let mut named = words.iter().filter_map(|word| whole.find_subcommand(word));
    named.next().cloned().unwrap_or_else(|| whole.clone())
}

/// `harness`, or with its sub-command.
pub fn called() -> String {
    match named(std::env::args_os()).get_name() {
        "harness" => "harness".into(),
        name => format!("harness {name}"),
    }
}

/// What `word`, which clap does not know here, may have been meant as: a monitor, a workload or a command, where
/// the sub-command takes some; else the flag or the sub-command that is nearest.
pub fn meant(word: &str) -> Option<String> {
    let command = named(std::env::args_os());
    let takes = |hint: &String| {
        let is = |one: &clap::Arg| match hint.starts_with("-- ") {
            true => one.is_last_set(),
            false => one.get_short() == hint.chars().nth(1),
        };
        command.get_arguments().any(is)
    };
    if let Some(hint) = select::meant(word) {
        return Some(hint).filter(takes);
    }
    let flags = command.get_arguments().filter_map(clap::Arg::get_long);
    match word.strip_prefix("--") {
        Some(flag) => select::closest(flag, flags).map(|near| format!("--{near}")),
        None => {
            let names = command.get_subcommands().filter(|one| !one.is_hide_set());
            select::closest(word, names.map(clap::Command::get_name)).map(Into::into)
        }
    }
}

impl Cli {
    /// Does what the command line says.
    pub fn dispatch(self) -> Result<()> {
        if self.command.as_ref().is_none_or(Command::looks)
            && let Some(why) = limits::descriptors()?
        {
            return Err(NothingRuns(why).into());
        }
        // All but the sides of a cell, whose parent knows what it gave them, and what writes files only.
        if output::closed() && self.command.as_ref().is_none_or(Command::prints) {
            let why = "stdout is closed: open it, as with >/dev/null";
            return Err(misuse(why));
        }
        match self.command {
            None => run::run(&self.run),
            Some(Command::Run(args)) => run::run(&args),
            Some(Command::Sweep(args)) => sweep::sweep(&args),
            Some(Command::Doctor(args)) => doctor::doctor(&args),
            Some(Command::List(args)) => list::list(&args),
            Some(Command::Score(args)) => score::score(&args),
            Some(Command::Report(args)) => report::report(&args),
            Some(Command::Compare(args)) => compare::compare(&args),
            Some(Command::Advise(args)) => advise::advise(&args),
            Some(Command::Explain(args)) => explain::explain(&args),
            Some(Command::Trend(args)) => trend::trend(&args),
            Some(Command::Gate(args)) => gate::gate(&args),
            Some(Command::Selftest(args)) => selftest::selftest(&args),
            Some(Command::Watch(args)) => watch::watch(&args),
            Some(Command::Completions(args)) => completions::completions(&args, Self::command()),
            Some(Command::Man(args)) => man::man(&args, Self::command()),
            Some(Command::Monitor(args)) => monitor::monitor(&args),
            Some(Command::Workload(args)) => workload::workload(&args),
            Some(Command::Foreign(args)) => command::command(&args),
            Some(Command::Pulse) => pulse::pulse(),
        }
    }
}
