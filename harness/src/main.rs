//! Parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser;
use rollcall::cli::{self, Cli};
use rollcall::exit;

fn main() -> ExitCode {
    exit::guarded(|| match Cli::try_parse() {
        Ok(cli) => exit::code(cli.dispatch()),
        Err(error) => exit::usage(&error, cli::meant, &cli::called()),
    })
}
