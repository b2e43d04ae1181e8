//! `harness watch`: one monitor live, as a tool.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use clap::{Args, ValueEnum};
use contract::{Field, Kind, Privilege, Session, Spool};
use monitors::clock;
use monitors::owned_dir::OwnedDir;
use regex::bytes::Regex;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::args::WaitArgs;
use crate::exit::{NothingRuns, misuse, say};
use crate::select::{self, Configuration, SNAPSHOT};
use crate::setup::reasons;
use crate::watch::{
    self, Asked, Delivery, End, Filter, Form, Live, Outbox, Pulse, Shared, Table, Wanted,
};
use crate::{cleanup, lock, user};

/// How long a slow reader is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// What that means for `--user`.
const ASKED_LATE: &str = "each program's is asked of /proc after its exec, and one that becomes \
     another user's before that counts as that one's; ebpf and audit tell it with each event";

pub(crate) const EXAMPLES: &str = "Examples:
  harness watch ebpf                               every fork, exec and exit, until Ctrl-C
  harness watch netlink --kind exec --pid $$       programs started by this shell and its children
  harness watch audit --exe '/curl$' --user nobody
  harness watch 'netlink{rcvbuf=1M}' --format json | jq -r 'select(.kind==\"exec\").exe'
  harness watch 'ebpf{fields=usual}' --format table --columns comm,uid,tty,cgroup
  harness watch ebpf --no-snapshot                 without the processes that run already
  harness watch preload                            says which environment a program must have for it
An event is a line of JSON as docs/FORMAT.md has it. Losses and the summary go to stderr. A reader that is
too slow loses lines, which are counted; the machine never waits for it.
Exit codes: 0 stopped, or its reader has left; 1 it or its output failed; 2 misuse; 3 it cannot run here.";

/// Which monitor, what of it, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Its name, options in braces; `harness list` has them
    #[arg(value_name = "MONITOR")]
    label: String,
    /// How events are shown [default: table on a terminal, else json]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<EventFormat>,
    /// Only this kind: fork, exec or exit; may be repeated
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<Kind>,
    /// Only this process, which must be there, and its descendants; may be repeated
    #[arg(long = "pid", value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    trees: Vec<u32>,
    /// Only processes of this effective user, as they are at each event; may be repeated
    #[arg(long = "user", value_name = "USER", value_parser = crate::user::uid)]
    users: Vec<u32>,
    /// Leave out the processes that run already: ebpf and netlink tell each once, with `"origin":"snapshot"`
    #[arg(long)]
    no_snapshot: bool,
    /// Only processes that run a program whose path matches
    #[arg(long, value_name = "RE")]
    exe: Option<Regex>,
    /// Further columns of the table: path, comm, cwd, uid, euid, gid, auid, session, tty, start_ns, cgroup,
    /// pid_ns or inner_pid, with commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = column)]
    columns: Vec<Field>,
    #[command(flatten)]
    wait: WaitArgs,
    /// The caller holds the lock of this machine and has put back what others left
    #[arg(long, hide = true)]
    lock_held: bool,
}

/// How an event is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventFormat {
    /// For people
    Table,
    /// The event line of docs/FORMAT.md
    Json,
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse::<Kind>().map_err(|error| error.to_string())
}

/// Those that have none of their own.
fn column(text: &str) -> Result<Field, String> {
    let field = text.parse::<Field>().map_err(|error| error.to_string())?;
    match Field::DETAILS.contains(&field) {
        true => Ok(field),
        false => Err(format!("{field} has a place in every table: leave it out")),
    }
}

/// Watches until it is told to stop or its reader has left.
pub(crate) fn watch(args: &WatchArgs) -> Result<()> {
    let configuration = chosen(args)?;
    let filter = filter(args, &configuration)?;
    able(&configuration)?;
    let (stop, stopping) = UnixStream::pair().context("socketpair")?;
    let _lock = if args.lock_held {
        None
    } else {
        Some(lock::take(args.wait.limit)?)
    };
    stop_when_told(&stopping)?;
    if !args.lock_held {
        put_back();
    }
    give_up_root(&configuration)?;

    let out: OwnedFd = io::stdout().as_fd().try_clone_to_owned().context("dup")?;
    let live = Shared::new(Live::new(
        configuration.monitor.decoder(),
        filter,
        form(args)?,
        Outbox::new(out, stopping)?,
        say,
    ));
    let label = configuration.label();
    let dir = OwnedDir::temporary(cleanup::WATCH, false)
        .context("a temporary folder cannot be made: set TMPDIR to a folder with space")?;
    let mut ready = |env: &[(String, String)]| {
        if let Some(pid) = live.begin().first() {
            return Err(gone(*pid).into());
        }
        tell_ready(&configuration, env);
        if !args.users.is_empty() && asked(&configuration) {
            say(&format!("--user: {label} tells no users: {ASKED_LATE}"));
        }
        Ok(())
    };
    let mut session = Session {
        options: &configuration.options,
        dir: dir.path(),
        stop: stop.as_fd(),
        spool: Spool::live(Box::new(live.clone())),
        ready: &mut ready,
    };
    let _pulse = Pulse::start(say)?;
    let captured = configuration.monitor.capture(&mut session);
    let ended = live.finish(PATIENCE);
    let counters = captured.map_err(Error::from_boxed)?;
    let (count, delivery) = ended.context("the watch ended twice")?;
    let lost = &counters.reported_lost;
    say(&watch::summary(&label, &count, &delivery, lost));
    delivered(&delivery)
}

/// Signals that end it write a byte there.
fn stop_when_told(stopping: &UnixStream) -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let stopping = stopping.try_clone().context("dup")?;
        signal_hook::low_level::pipe::register(signal, stopping).context("sigaction")?;
    }
    Ok(())
}

/// Nothing is measured, so what cannot be put back need not stop a watch.
fn put_back() {
    if let Err(error) = cleanup::put_back() {
        say(&format!("cannot be put back: {error:#}"));
    }
}

/// An error of output that failed. A reader that has left is none: it has seen enough.
fn delivered(delivery: &Delivery) -> Result<()> {
    let End::Broken(why) = &delivery.end else {
        return Ok(());
    };
    bail!(
        "stdout: {why}: {} not written, and the last line may be cut off: free space there, or write elsewhere",
        report::numbers::count(delivery.unwritten, "event")
    )
}

/// Decides which events are shown, if the monitor can tell; the roots of wanted trees must be there.
fn filter(args: &WatchArgs, configuration: &Configuration) -> Result<Filter> {
    columns(args, configuration)?;
    let wanted = wanted(args, configuration)?;
    let claims = configuration.monitor.claims(&configuration.options);
    let forks = claims.kind(Kind::Fork) && claims.field(Kind::Fork, Field::Ppid);
    let user = match asked(configuration) {
        true => Asked::AfterExec(watch::user),
        false => Asked::Event,
    };
    let filter = Filter::new(wanted, forks, watch::now, user);
    let absent = filter.absent();
    absent.first().map_or(Ok(filter), |pid| Err(gone(*pid)))
}

/// Whether users are asked of /proc.
fn asked(configuration: &Configuration) -> bool {
    !configuration.monitor.claims(&configuration.options).users
}

/// A wanted tree has no root.
fn gone(pid: u32) -> Error {
    misuse(format!(
        "--pid {pid}: there is no such process: name one that lives"
    ))
}

/// What the flags ask for, if the monitor can tell it.
fn wanted(args: &WatchArgs, configuration: &Configuration) -> Result<Wanted> {
    let wanted = Wanted {
        kinds: args.kinds.clone(),
        trees: args.trees.clone(),
        users: args.users.clone(),
        exe: args.exe.clone(),
    };
    let claims = configuration.monitor.claims(&configuration.options);
    match watch::unanswerable(&wanted, &claims) {
        None => Ok(wanted),
        Some(why) => Err(misuse(format!(
            "watch {} {why}: leave that out, or use a monitor that offers it (harness list)",
            args.label
        ))),
    }
}

/// The monitor, if it watches at all.
fn chosen(args: &WatchArgs) -> Result<Configuration> {
    let label = &args.label;
    let mut configuration = select::configuration(label)?;
    if configuration.monitor.fault_injector() {
        return Err(misuse(format!("{label} does not watch: see harness list")));
    }
    if args.no_snapshot && configuration.takes(SNAPSHOT) {
        configuration = configuration.with(SNAPSHOT, "no")?;
    }
    Ok(configuration)
}

/// An error says why it cannot run here.
fn able(configuration: &Configuration) -> Result<()> {
    match reasons(configuration).as_slice() {
        [] => Ok(()),
        reasons => {
            let label = configuration.label();
            Err(NothingRuns(format!("{label} {}", reasons.join("; "))).into())
        }
    }
}

/// A monitor that needs no root gives it up for the person behind sudo. Without sudo there is no
/// user whose programs it should watch instead.
fn give_up_root(configuration: &Configuration) -> Result<()> {
    match user::behind_sudo() {
        Some(user) if configuration.monitor.privilege() == Privilege::None => user.become_it(),
        _ => Ok(()),
    }
}

/// Whether events are shown for people.
fn in_table(args: &WatchArgs) -> bool {
    let table = args.format.map(|format| format == EventFormat::Table);
    table.unwrap_or_else(|| io::stdout().is_terminal())
}

/// Columns are of a table, and of what is told.
fn columns(args: &WatchArgs, configuration: &Configuration) -> Result<()> {
    let claims = configuration.monitor.claims(&configuration.options);
    let offered = |field| Kind::ALL.iter().any(|&kind| claims.field(kind, field));
    if let Some(field) = args.columns.iter().find(|field| !offered(**field)) {
        let label = configuration.label();
        return Err(misuse(format!(
            "--columns {field}: {label} does not tell it: see harness list for what does, and its options"
        )));
    }
    if !args.columns.is_empty() && !in_table(args) {
        return Err(misuse(
            "--columns: lines of JSON have all that is told: leave it out, or use --format table",
        ));
    }
    Ok(())
}

fn form(args: &WatchArgs) -> Result<Form> {
    let terminal = io::stdout().is_terminal();
    if !in_table(args) {
        return Ok(Form::Json);
    }
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let now = i64::try_from(clock::now())?;
    let width = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
    Ok(Form::Table(Table {
        offset: wall()? - now,
        local: watch::local,
        colour: terminal && !no_colour,
        width: Box::new(move || if terminal { width() } else { None }),
        columns: args.columns.clone(),
    }))
}

fn wall() -> Result<i64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Ok(i64::try_from(
        now.context("the wall clock is before 1970")?.as_nanos(),
    )?)
}

/// Says that everything is seen from here on, and what a program needs for it.
fn tell_ready(configuration: &Configuration, env: &[(String, String)]) {
    say(&format!("watching with {}", configuration.label()));
    if env.is_empty() {
        return;
    }
    // What is closed to other users gets nothing from their programs.
    let own = configuration.monitor.privilege() == Privilege::None;
    let whose = match own {
        true => format!(" of {}, and of no other user,", user::name()),
        false => String::new(),
    };
    say(&format!("it sees programs{whose} that are started with:"));
    let pairs: Vec<_> = env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    // Alone on its line, to be copied. With stderr closed there is nothing to write to.
    let _closed = writeln!(io::stderr(), "{}", contract::plain(&pairs.join(" ")));
}
