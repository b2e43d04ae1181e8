//! `harness monitor`: one monitor watches and spools, in a process of its own.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result, bail};
use clap::Args;
use contract::{Session, Spool};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::args::ToolsArgs;
use crate::cell::protocol::Message;
use crate::cgroup;
use crate::select;
use crate::user::User;

/// What the harness tells the process it watches with.
#[derive(Debug, Args)]
pub(crate) struct MonitorArgs {
    /// Name and options
    label: String,
    /// The cell's folder
    #[arg(long)]
    dir: PathBuf,
    /// cgroup.procs files to join first
    #[arg(long)]
    join: Vec<PathBuf>,
    /// User the workload runs as, UID:GID
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    tools: ToolsArgs,
}

/// Captures until stdin ends or a signal asks it to stop.
pub(crate) fn monitor(args: &MonitorArgs) -> Result<()> {
    cgroup::join(&args.join)?;
    args.tools.add()?;
    let configuration = select::configuration(&args.label)?;
    let path = args.dir.join("spool.bin");
    let file =
        File::create(&path).with_context(|| format!("{}: cannot be written", path.display()))?;
    if let Some(user) = &args.user {
        User::parse(user)?.become_it()?;
    }
    let stop = stop_fd()?;
    let mut out = io::stdout();
    let mut ready = |env: &[(String, String)]| {
        Message::Ready { env: env.to_vec() }
            .send(&mut io::stdout())
            .map_err(Into::into)
    };
    let mut session = Session {
        options: &configuration.options,
        dir: &args.dir,
        stop: stop.as_fd(),
        spool: Spool::new(file)?,
        ready: &mut ready,
    };
    let mut result = configuration.monitor.capture(&mut session);
    if let Err(error) = session.spool.flush() {
        result = Err(format!(
            "{}: cannot be written ({error}): free space on its file system",
            path.display()
        )
        .into());
    }
    let last = Message::last(result);
    last.send(&mut out)?;
    match last {
        Message::Error(why) | Message::Cannot(why) => bail!(why),
        _ => Ok(()),
    }
}

/// A descriptor that becomes readable when stdin ends (the harness stopped it, or is gone) or at
/// SIGINT, SIGTERM and SIGHUP.
fn stop_fd() -> Result<OwnedFd> {
    let (reader, writer) = UnixStream::pair().context("socketpair")?;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::low_level::pipe::register(signal, writer.try_clone()?).context("sigaction")?;
    }
    let watcher = thread::Builder::new().spawn(move || {
        let mut byte = [0];
        while matches!(io::stdin().read(&mut byte), Ok(1..)) {}
        // Closing this end is what the capture waits for; the signals' clones stay open, so the
        // end of the stream is made by shutting it down.
        if let Err(error) = writer.shutdown(std::net::Shutdown::Both) {
            crate::exit::say(&format!("shutdown: {error}"));
        }
    });
    watcher.context(
        "a thread cannot be started: raise the limit on processes (ulimit -u, pids.max)",
    )?;
    Ok(reader.into())
}
