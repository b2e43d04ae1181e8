//! One file per sub-command.

mod advise;
mod compare;
mod doctor;
mod gate;
mod list;
mod monitor;
mod report;
mod run;
mod score;
mod selftest;
mod setup;
mod sweep;
mod watch;
mod workload;

use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Cli, Command, ToolsArgs};
use crate::cross_check;
use crate::exit;
use crate::scorer::Sources;

/// How the raw files of a record are read.
const SOURCES: Sources<'static> = Sources {
    ledger: &cross_check::read,
    monitor: &monitors::find,
    emulated: false,
};

/// Does what the command line says.
pub fn dispatch(cli: Cli) -> Result<()> {
    match cli.command {
        None => run::run(&cli.run),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Sweep(args)) => sweep::sweep(&args),
        Some(Command::Doctor(args)) => doctor::doctor(&args),
        Some(Command::List(args)) => list::list(&args),
        Some(Command::Score(args)) => score::score(&args),
        Some(Command::Report(args)) => report::report(&args),
        Some(Command::Compare(args)) => compare::compare(&args),
        Some(Command::Advise(args)) => advise::advise(&args),
        Some(Command::Gate(args)) => gate::gate(&args),
        Some(Command::Selftest(args)) => selftest::selftest(&args),
        Some(Command::Watch(args)) => watch::watch(&args),
        Some(Command::Monitor(args)) => monitor::monitor(&args),
        Some(Command::Workload(args)) => workload::workload(&args),
    }
}

/// Makes the tools known that are defined where `args` says.
fn add_tools(args: &ToolsArgs) -> Result<()> {
    let dir = args.dir.as_deref();
    dir.map_or(Ok(()), |dir| monitors::add_tools(dir).map_err(exit::misuse))
}

/// Data to stdout. A reader that has seen enough (`harness list | head`) is no error.
fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout: cannot be written"),
    }
}

/// On a terminal only; in a pipe there is none.
fn bar(cells: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}, {eta} left, {wide_msg}");
    let bar = ProgressBar::new(cells as u64);
    bar.enable_steady_tick(Duration::from_secs(1));
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
