//! The command line, as clap sees it. Flags of the same name mean the same everywhere.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use contract::Kind;
use regex::bytes::Regex;

use crate::gate_render::Ci;

/// A roll call for Linux process monitors.
///
/// Makes processes whose every fork, exec and exit is known, lets each monitoring technique watch,
/// and reports what it missed, what it got wrong, how late it was and what it cost. Without a
/// command it runs the default comparison, which takes about two minutes.
#[derive(Debug, Parser)]
#[command(name = "harness", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; the default is `run`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The same as for `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

const EXAMPLES: &str = "Examples:
  harness                                    the default comparison, report at the end
  harness doctor                             what can run here, and how to get the rest
  harness run -m netlink -m 'netlink{rcvbuf=kernel}' -w fork-bomb --reps 5
  harness run -w 'short-lived/.*' --scale 0.1 --out /tmp/record
  harness run -w 'case/.*'                   the blind spots of each technique, one at a time
  harness report results/reference           show a record again
  harness watch ebpf                         use one of the monitors as a tool

Exit codes: 0 fine, 1 a cell or the gate failed, 2 misuse, 3 nothing could run here.";

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure: every chosen monitor on every chosen workload, paired with null
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Turn a workload up until something gives: zero-loss rate, loss curve, longest burst
    #[command(after_help = SWEEP_EXAMPLES)]
    Sweep(SweepArgs),
    /// What can run here, what is missing, how to get it
    Doctor(ToolsArgs),
    /// Monitors, tools and workloads with their options
    List(ToolsArgs),
    /// Compute runs.csv and summary.json of a record again from its raw files
    Score(DirArgs),
    /// Write the report of a record again and show its matrix; of several records, the kernel
    /// matrix, or one report
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// What differs between two records beyond the noise
    Compare(CompareArgs),
    /// Which technique for which need, and why, from the figures of a record
    #[command(after_help = ADVISE_EXAMPLES)]
    Advise(AdviseArgs),
    /// Fail when event loss is worse than a committed baseline
    #[command(after_help = GATE_EXAMPLES)]
    Gate(GateArgs),
    /// Examine the harness: planted faults against what the report says of them
    Selftest(SelftestArgs),
    /// Run one monitor live, as a tool: a table on a terminal, JSON lines in a pipe
    #[command(after_help = WATCH_EXAMPLES)]
    Watch(WatchArgs),
    /// One monitor's side of a cell
    #[command(hide = true)]
    Monitor(MonitorArgs),
    /// One workload's side of a cell
    #[command(hide = true)]
    Workload(WorkloadArgs),
}

const RUN_EXAMPLES: &str = "Examples:
  harness run -m 'ebpf|netlink' -w fork-bomb
  harness run -m 'netlink{rcvbuf=212992}' -m 'netlink{rcvbuf=32M}' -w fork-bomb --reps 10
  harness run -m 'ebpf|bpftrace|forkstat' -w fork-bomb       against third-party tool
  harness run --tools my-agent/                              your own agent among the monitors
A pattern must match the whole name. Options follow in braces; `harness list` has them.";

/// What to measure, how often, and where to put it.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Monitors: a regular expression for whole names, options in braces; may be repeated
    #[arg(short, long = "monitor", value_name = "RE")]
    pub monitors: Vec<String>,
    /// Workloads: a regular expression for whole names, options in braces; may be repeated
    #[arg(short, long = "workload", value_name = "RE")]
    pub workloads: Vec<String>,
    /// Repetitions of every cell
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// Factor on the number of processes of every workload
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = positive, allow_negative_numbers = true)]
    pub scale: f64,
    /// Seed of the order of cells and of the bootstraps
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Folder for the record; it must not exist yet [default: results/run-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where your own tools are defined.
    #[command(flatten)]
    pub tools: ToolsArgs,
}

/// Third-party tools beside those that come with the harness.
#[derive(Clone, Debug, Default, Args)]
pub struct ToolsArgs {
    /// Folder with definitions of your own tools, one *.toml each; without -m they are compared, too
    #[arg(id = "tools", long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

const SWEEP_EXAMPLES: &str = "Examples:
  harness sweep                              every monitor, each at several sizes of its buffer
  harness sweep -m netlink -w paced/exec
  harness sweep -m 'netlink{rcvbuf=kernel}' -m 'netlink{rcvbuf=512k}'
All of them take ten to fifteen minutes. A monitor given with options is swept with exactly these.";

/// What to turn up, for whom, and where to put what was found.
#[derive(Clone, Debug, Args)]
pub struct SweepArgs {
    /// Monitors: a regular expression for whole names, options in braces; may be repeated
    #[arg(short, long = "monitor", value_name = "RE")]
    pub monitors: Vec<String>,
    /// Workloads of the model `paced`: as for run [default: paced]
    #[arg(short, long = "workload", value_name = "RE")]
    pub workloads: Vec<String>,
    /// Stop after so many minutes; the report names every search that was not finished by then
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub minutes: u32,
    /// Seed of the order of trials and of the bootstraps
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Folder for the record; it must not exist yet [default: results/sweep-TIME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// See `run`.
    #[command(flatten)]
    pub tools: ToolsArgs,
}

/// A record folder.
#[derive(Debug, Args)]
pub struct DirArgs {
    /// The record
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

const REPORT_EXAMPLES: &str = "Examples:
  harness report results/reference                     README.md, report.html and plots/ in it
  harness report --png results/reference               the same, and every plot as PNG too
  harness report --brief results/reference             the matrix and the answers of a README
  harness report results/kernels/*/                    which technique works on which kernel, as Markdown
  harness report results/kernels/*/ --out /tmp/kernels one report over many machines, kept apart";

/// Records to show.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The records
    #[arg(value_name = "DIR", required = true)]
    pub dirs: Vec<PathBuf>,
    /// Only print the record on one screen, as Markdown: a matrix and the four answers
    #[arg(long, conflicts_with = "out")]
    pub brief: bool,
    /// Write every plot as PNG too, beside its SVG
    #[arg(long, conflicts_with = "brief")]
    pub png: bool,
    /// Where the report over several records is written
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Two records: two kernels, two machines, two versions of a monitor.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The one to compare with
    #[arg(value_name = "A")]
    pub old: PathBuf,
    /// The other
    #[arg(value_name = "B")]
    pub new: PathBuf,
    /// Also write the differences as a page
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

const ADVISE_EXAMPLES: &str = "Examples:
  harness advise                                  all needs, from the best record under results/
  harness advise --need full-detail --rate 2000   who keeps up with 2,000 events a second
  harness advise --kernel 5.10 --no-root results/kernels/*/
Needs: miss-nothing, least-cost, full-detail, anywhere.";

/// What is needed, and where.
#[derive(Debug, Args)]
pub struct AdviseArgs {
    /// Records to choose from [default: all under results/]
    #[arg(value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// What the monitor is for; may be repeated
    #[arg(long = "need", value_name = "NAME")]
    pub needs: Vec<String>,
    /// Only records of this kernel, such as 5.10
    #[arg(long, value_name = "VERSION")]
    pub kernel: Option<String>,
    /// Only techniques that run without root
    #[arg(long)]
    pub no_root: bool,
    /// Events a second (forks, execs and exits together) it has to keep up with
    #[arg(long, value_name = "N", value_parser = events, allow_negative_numbers = true)]
    pub rate: Option<f64>,
}

const GATE_EXAMPLES: &str = "Examples:
  harness gate --baseline gate.json --update -m 'ebpf|netlink'   measure, and promise that
  harness gate --baseline gate.json --junit gate.xml             measure the same again, and judge
  harness gate --baseline gate.json results/run-1                judge a record
Exit codes: 0 the gate holds, 1 it fails, 2 the baseline cannot be held against this.";

/// What is judged, against what, and where the verdict goes.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// The committed baseline
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// The record to judge [default: measure what the baseline has]
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Make the baseline anew instead, from DIR or from a run with the options below
    #[arg(long)]
    pub update: bool,
    /// Judge costs and detection latency too, against the noise floor
    #[arg(long)]
    pub costs: bool,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Append a summary in Markdown, say to $GITHUB_STEP_SUMMARY
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Whose annotations to print
    #[arg(long, value_name = "CI", value_enum, default_value = "auto")]
    pub annotations: Ci,
    /// With --update: monitors, as for `run`
    #[arg(short, long = "monitor", value_name = "RE", requires = "update")]
    pub monitors: Vec<String>,
    /// With --update: workloads, as for `run`; at a fixed rate below capacity unless said
    #[arg(short, long = "workload", value_name = "RE", default_value = "paced")]
    pub workloads: Vec<String>,
    /// With --update: repetitions of every cell
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub reps: u32,
    /// With --update: factor on the number of processes
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = positive, allow_negative_numbers = true)]
    pub scale: f64,
    /// Seed of the order of cells and of the bootstraps
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Folder for the record that is measured; a second one goes into it as `again`
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// See `run`.
    #[command(flatten)]
    pub tools: ToolsArgs,
}

const WATCH_EXAMPLES: &str = "Examples:
  harness watch ebpf                               every fork, exec and exit, until Ctrl-C
  harness watch netlink --kind exec --pid $$       programs started by this shell and its children
  harness watch audit --exe '/curl$' --user nobody
  harness watch 'netlink{rcvbuf=1M}' --format json | jq -r 'select(.kind==\"exec\").exe'
  harness watch preload                            says which environment a program must have for it
An event is a line of JSON as FORMAT.md has it. Losses and the summary go to stderr. A reader that is
too slow loses lines, which are counted; the machine never waits for it.
Exit codes: 0 stopped or nobody reads any more, 1 it failed, 2 misuse, 3 it cannot run here.";

/// Which monitor, what of it, and how it is shown.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Its name, options in braces; `harness list` has them
    #[arg(value_name = "MONITOR")]
    pub label: String,
    /// How events are shown [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<EventFormat>,
    /// Only this kind: fork, exec or exit; may be repeated
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    pub kinds: Vec<Kind>,
    /// Only this process and its descendants; may be repeated
    #[arg(long = "pid", value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pub trees: Vec<u32>,
    /// Only processes of this user, as of their last exec; may be repeated
    #[arg(long = "user", value_name = "USER", value_parser = crate::user::uid)]
    pub users: Vec<u32>,
    /// Only processes that run a program whose path matches
    #[arg(long, value_name = "RE")]
    pub exe: Option<Regex>,
    /// The caller holds the lock of this machine and has put back what others left
    #[arg(long, hide = true)]
    pub lock_held: bool,
}

/// How an event is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum EventFormat {
    /// For people
    Table,
    /// The event line of FORMAT.md
    Json,
}

/// How the harness is examined.
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Decides what is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// What the harness tells the process it watches with.
#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// Name and options
    pub label: String,
    /// The cell's folder
    #[arg(long)]
    pub dir: PathBuf,
    /// cgroup.procs files to join first
    #[arg(long)]
    pub join: Vec<PathBuf>,
    /// User the workload runs as, UID:GID
    #[arg(long)]
    pub user: Option<String>,
    /// The record's definitions of tools.
    #[command(flatten)]
    pub tools: ToolsArgs,
}

/// What the harness tells the process that runs the workload.
#[derive(Debug, Args)]
pub struct WorkloadArgs {
    /// The cell's folder, which says what is run
    #[arg(long)]
    pub dir: PathBuf,
    /// cgroup.procs files to join first
    #[arg(long)]
    pub join: Vec<PathBuf>,
    /// User to run as, UID:GID
    #[arg(long)]
    pub user: Option<String>,
    /// NAME=VALUE for the workload's own environment
    #[arg(long)]
    pub env: Vec<String>,
    /// Process that must stay alive for this one to go on
    #[arg(long)]
    pub parent: Option<u32>,
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse::<Kind>().map_err(|error| error.to_string())
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 && value <= 1000.0 => Ok(value),
        _ => Err("use a number above 0 and up to 1000".into()),
    }
}

fn events(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err("use a number above 0".into()),
    }
}
