//! Writes man pages and shell completions, from the same definitions that parse the command line:
//! `cargo run -p rollcall --example docs -- DIR`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use rollcall::cli::Cli;

fn main() -> Result<()> {
    let dir = std::env::args_os().nth(1).map(PathBuf::from);
    let dir = dir.context("name the folder to write into")?;
    fs::create_dir_all(&dir)?;
    let mut command = Cli::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "harness", &dir)?;
    }
    Ok(clap_mangen::generate_to(command, &dir)?)
}
