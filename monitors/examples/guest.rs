//! A test host for monitors that may only run in a disposable machine, where there is no cargo:
//!
//!   guest MONITOR OPTION=VALUE... -- COMMAND...   watch while the command runs, print every event
//!   guest MONITOR OPTION=VALUE... --cycles N      come and go N times, whatever else runs
//!
//! In the guest: scripts/vm run --kernel 6.1 --program target/debug/examples/guest -- guest kmod -- true

use std::fs::File;
use std::io::{Write, stdout};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::thread;

use contract::{
    Counters, EventLog, Kind, Monitor, Options, Ready, Result, Session, Spool, SpoolReader,
};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = words.split_first().ok_or("name a monitor")?;
    let monitor = monitors::find(name).ok_or_else(|| format!("{name}: no such monitor"))?;
    let given = rest.iter().map_while(|word| word.split_once('='));
    let options = Options::new(monitor.name(), monitor.options(), given.clone())?;
    let closed = monitor.missing(&options);
    if !closed.is_empty() {
        let lines: Vec<_> = closed.iter().map(ToString::to_string).collect();
        return Err(lines.join("\n").into());
    }
    match &rest[given.count()..] {
        [dashes, command @ ..] if dashes == "--" && !command.is_empty() => {
            once(monitor, &options, &mut || {
                Command::new(&command[0]).args(&command[1..]).status()?;
                Ok(())
            })
            .and_then(|counters| show(monitor, &counters))
        }
        [word, count] if word == "--cycles" => cycles(monitor, &options, count.parse()?),
        other => Err(format!("{other:?}: end in -- COMMAND or --cycles N").into()),
    }
}

/// One capture around `during`; the spool is left in ./spool.
fn once(
    monitor: &dyn Monitor,
    options: &Options,
    during: &mut (dyn FnMut() -> Result<()> + Send),
) -> Result<Counters> {
    let (stop, end) = nix::unistd::pipe()?;
    let (tell, hear) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let capture = scope.spawn(move || {
            let ready: &mut Ready<'_> = &mut |_| Ok(tell.send(())?);
            monitor.capture(&mut Session {
                options,
                dir: Path::new("."),
                stop: stop.as_fd(),
                spool: Spool::new(File::create("spool")?)?,
                ready,
            })
        });
        // Without a ready the capture has ended, and its own error says why.
        let ran = hear.recv().map_or(Ok(()), |()| during());
        drop(end);
        let counters = capture.join().map_err(|_| "the capture panicked")??;
        ran.map(|()| counters)
    })
}

fn show(monitor: &dyn Monitor, counters: &Counters) -> Result<()> {
    let mut journal = EventLog::default();
    let mut decoder = monitor.decoder();
    let mut spool = SpoolReader::new(File::open("spool")?);
    while let Some(frame) = spool.next_frame()? {
        decoder.frame(frame, &mut journal)?;
    }
    decoder.finish(&mut journal);
    let mut out = stdout().lock();
    for event in &journal.events {
        let report = journal.report(event);
        let text = |bytes: Option<&[u8]>| bytes.map(|b| b.escape_ascii().to_string());
        let (kind, pid, ppid, status) = (report.kind, report.pid, report.ppid, report.status);
        let (exe, argv) = (text(report.exe), text(report.argv));
        writeln!(
            out,
            "{kind} {pid} ppid={ppid:?} status={status:?} exe={exe:?} argv={argv:?} cut={:?}",
            report.cut
        )?;
    }
    for kind in Kind::ALL {
        let count = journal
            .events
            .iter()
            .filter(|event| event.kind == kind)
            .count();
        writeln!(out, "total {kind} {count}")?;
    }
    Ok(writeln!(out, "{counters:?}")?)
}

/// Comes and goes; what counts is that the machine lives and what it counted on the way.
fn cycles(monitor: &dyn Monitor, options: &Options, count: u32) -> Result<()> {
    let (mut bytes, mut lost) = (0, 0);
    for _ in 0..count {
        let counters = once(monitor, options, &mut || {
            // Long enough to have something to see: as long as a program takes to start.
            Command::new("/bin/true").status()?;
            Ok(())
        })?;
        bytes += std::fs::metadata("spool")?.len();
        lost += counters.reported_lost.values().sum::<u64>();
    }
    Ok(writeln!(
        stdout().lock(),
        "{count} cycles, {bytes} bytes, {lost} lost"
    )?)
}
