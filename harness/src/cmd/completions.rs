//! `harness completions`: completions of a shell, from the definitions that parse the command line.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::output::print;

pub(crate) const EXAMPLES: &str = "Examples:
  harness completions bash > /etc/bash_completion.d/harness
  harness completions fish > ~/.config/fish/completions/harness.fish";

/// Whose completions.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Prints them.
pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "harness", &mut text);
    print(&String::from_utf8(text)?)
}
