//! `harness man`: the man pages, from the definitions that parse the command line.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command};

/// Where they go.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Folder for the pages; it is made if it does not exist
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Writes one page for the program and one for each command.
pub(crate) fn man(args: &ManArgs, command: Command) -> Result<()> {
    let cannot = || format!("{}: cannot be written", args.dir.display());
    fs::create_dir_all(&args.dir).with_context(cannot)?;
    clap_mangen::generate_to(command, &args.dir).with_context(cannot)
}
