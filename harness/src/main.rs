//! Parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser;
use rollcall::cli::Cli;
use rollcall::{cmd, exit};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    exit::code(cmd::dispatch(cli))
}
