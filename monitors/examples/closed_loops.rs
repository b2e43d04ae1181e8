//! What a monitor costs, at closed loops of forks and of execs: a quick look while working on one.
//! The harness measures better. As root, from the folder of this crate:
//!
//!   cargo run --release -p rollcall-monitors --example closed_loops -- ebpf ring=1M

use std::fs::File;
use std::io::{PipeWriter, Write, pipe, stdout};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use contract::{Counters, EventLog, Monitor, Options, Result, Session, Spool, SpoolReader};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};

const PAIRS: usize = 11;
/// Processes of a loop.
const FORKS: usize = 4000;
const EXECS: usize = 400;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (name, given) = words.split_first().ok_or("name a monitor")?;
    let monitor = monitors::find(name).ok_or_else(|| format!("{name}: no such monitor"))?;
    let given = given.iter().filter_map(|word| word.split_once('='));
    let options = Options::new(monitor.name(), monitor.options(), given)?;
    let dir = tempfile::tempdir()?;
    let actor = actor(dir.path())?;
    let _alone = monitors::host_lock::lock()?;
    let run = |count: usize, program: Option<&Path>| {
        let mut command = Command::new(&actor);
        command.arg("loop").arg(count.to_string()).args(program);
        command
    };
    measure(
        "fork",
        FORKS,
        run(FORKS, None),
        monitor,
        &options,
        dir.path(),
    )?;
    let exec = run(EXECS, Some(&actor));
    measure("exec", EXECS, exec, monitor, &options, dir.path())
}

/// The program whose loops are watched.
fn actor(dir: &Path) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/actor.c");
    let out = dir.canonicalize()?.join("actor");
    let mut cc = Command::new("cc");
    cc.args(["-static", "-pthread", "-O1", "-o"]).arg(&out);
    match cc.arg(source).status()?.success() {
        true => Ok(out),
        false => Err(format!("{cc:?} failed: install a C compiler with a static libc").into()),
    }
}

/// A capture in a thread of this process.
struct Running {
    stop: PipeWriter,
    thread: JoinHandle<Result<(Counters, Duration)>>,
    spool: PathBuf,
}

impl Running {
    fn start(monitor: &'static dyn Monitor, options: &Options, dir: &Path) -> Result<Self> {
        let (stopped, stop) = pipe()?;
        let (say, ready) = channel();
        let spool = dir.join("spool");
        let (path, dir, options) = (spool.clone(), dir.to_owned(), options.clone());
        let thread = std::thread::spawn(move || {
            let mut begun = Duration::ZERO;
            let counters = monitor.capture(&mut Session {
                options: &options,
                dir: &dir,
                stop: stopped.as_fd(),
                spool: Spool::new(File::create(path)?)?,
                ready: &mut |_| {
                    begun = cpu()?;
                    Ok(say.send(())?)
                },
            })?;
            Ok((counters, cpu()?.saturating_sub(begun)))
        });
        // Where it cannot start, stopping it says why.
        let _ended = ready.recv();
        Ok(Self {
            stop,
            thread,
            spool,
        })
    }

    /// Its events, its counters, and the CPU time of its reader since it was ready.
    fn stop(self, monitor: &dyn Monitor) -> Result<(EventLog, Counters, Duration)> {
        drop(self.stop);
        let ended = self.thread.join().map_err(|_| "the capture panicked")?;
        let (counters, spent) = ended?;
        let mut reader = SpoolReader::new(File::open(self.spool)?);
        let (mut decoder, mut log) = (monitor.decoder(), EventLog::default());
        while let Some(frame) = reader.next_frame()? {
            decoder.frame(frame, &mut log)?;
        }
        decoder.finish(&mut log);
        Ok((log, counters, spent))
    }
}

fn cpu() -> nix::Result<Duration> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from)
}

/// CPU time of all that this process waited for. A probe runs on the time of the processes it
/// watches, and other work on the machine disturbs this less than it does the wall clock.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let [user, system] = [usage.user_time(), usage.system_time()].map(|time| {
        Duration::from_micros(time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64)
    });
    Ok(user + system)
}

fn spent(command: &mut Command) -> Result<Duration> {
    let start = children()?;
    match command.stdin(Stdio::null()).status()?.success() {
        true => Ok(children()? - start),
        false => Err(format!("{command:?} failed: run it by hand").into()),
    }
}

/// Pairs of a loop without and with the monitor, the order changing from pair to pair.
fn measure(
    name: &str,
    processes: usize,
    mut command: Command,
    monitor: &'static dyn Monitor,
    options: &Options,
    dir: &Path,
) -> Result<()> {
    let (mut ratios, mut latencies) = (Vec::new(), Vec::new());
    let (mut reader, mut events) = (Duration::ZERO, 0);
    for pair in 0..PAIRS {
        let mut times = [Duration::ZERO; 2];
        for side in [pair % 2, 1 - pair % 2] {
            if side == 0 {
                times[0] = spent(&mut command)?;
                continue;
            }
            let running = Running::start(monitor, options, dir)?;
            times[1] = spent(&mut command)?;
            let (log, counters, spent) = running.stop(monitor)?;
            if log.events.len() < processes || counters.reported_lost.values().any(|&n| n > 0) {
                writeln!(
                    stdout(),
                    "{name}: {} events, {counters:?}",
                    log.events.len()
                )?;
            }
            reader += spent;
            events += log.events.len().max(1) as u32;
            let happened = log.events.iter().filter(|event| event.happened.is_some());
            let late = |event: &contract::Event| {
                let happened = event.happened.map_or(0, std::num::NonZeroU64::get);
                event.received.saturating_sub(happened) / 1000
            };
            latencies.extend(happened.map(late));
        }
        ratios.push(times[1].as_secs_f64() / times[0].as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    latencies.sort_unstable();
    let latency = |part: usize| latencies.get(latencies.len().saturating_sub(1) * part / 100);
    writeln!(
        stdout(),
        "{name}: CPU with / without {:.3} (quartiles {:.3} to {:.3}); reader {:?} an event; \
         detection latency p50 {:?} p99 {:?} us",
        ratios[PAIRS / 2],
        ratios[PAIRS / 4],
        ratios[PAIRS * 3 / 4],
        reader / events,
        latency(50),
        latency(99),
    )?;
    Ok(())
}
