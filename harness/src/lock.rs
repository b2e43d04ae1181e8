//! The lock of this machine, waited for in the open: the holder is named, signals end the wait, and it
//! may have a limit.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use monitors::host_lock;
use nix::fcntl::Flock;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};

use crate::cell::interrupt;
use crate::exit::{NothingRuns, say};
use crate::progress::words;

/// Why there is no lock.
const TAKEN: &str = "the lock of this machine cannot be had";

/// No other harness measures or watches while this lives: two that change the same settings of the
/// machine would each put back the other's. Waits for at most `patience`, and says for what.
pub(crate) fn take(patience: Option<Duration>) -> Result<Flock<File>> {
    if let Some(lock) = host_lock::try_lock().context(TAKEN)? {
        return Ok(lock);
    }
    interrupt::catch()?;
    let (woken, waker) = UnixStream::pair().context("socketpair")?;
    let signals = Signals::into(&waker)?;
    // One that came before it had a byte to send.
    interrupt::check()?;
    let holder = holder();
    say(&format!(
        "waiting for {holder}, which measures or watches on this machine; Ctrl-C ends the wait"
    ));
    let (sender, locked) = channel();
    // The wait itself is in a thread, which a signal of this one need not interrupt. It ends with the
    // process.
    let waiting = thread::Builder::new().spawn(move || {
        let told = sender.send(host_lock::lock());
        // One byte for one answer; a receiver that has gone has ended the wait.
        told.is_ok() && (&waker).write_all(b"x").is_ok()
    });
    waiting.context(
        "a thread cannot be started: raise the limit on processes (ulimit -u, pids.max)",
    )?;
    let until = patience.map(|patience| Instant::now() + patience);
    loop {
        let in_time = wait(&woken, until)?;
        interrupt::check()?;
        if let Ok(lock) = locked.try_recv() {
            drop(signals);
            return lock.context(TAKEN);
        }
        if !in_time {
            let waited = words(patience.unwrap_or_default());
            let why = format!(
                "{holder} has measured or watched for {waited}: end it, or wait longer with --wait"
            );
            return Err(NothingRuns(why).into());
        }
    }
}

/// Until there is something to read, or `until`: then false.
fn wait(woken: &UnixStream, until: Option<Instant>) -> Result<bool> {
    let timeout = until.map_or(PollTimeout::NONE, |until| {
        let left = until.saturating_duration_since(Instant::now());
        PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
    });
    let mut polled = [PollFd::new(woken.as_fd(), PollFlags::POLLIN)];
    match poll(&mut polled, timeout) {
        Ok(0) => Ok(until.is_none_or(|until| Instant::now() < until)),
        Ok(_) => {
            // Emptied; how many bytes there were does not matter.
            let _woke = io::Read::read(&mut &*woken, &mut [0; 16]).context("socketpair")?;
            Ok(true)
        }
        Err(nix::Error::EINTR) => Ok(true),
        Err(errno) => Err(errno).context("poll"),
    }
}

/// Bytes for the signals that end a run, as long as this lives.
struct Signals(Vec<SigId>);

impl Signals {
    fn into(waker: &UnixStream) -> Result<Self> {
        let mut all = Self(Vec::new());
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            let end = waker.try_clone().context("dup")?;
            all.0
                .push(pipe::register(signal, end).context("sigaction")?);
        }
        Ok(all)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|id| {
            unregister(id);
        });
    }
}

/// Its pid and command line, as far as they can be seen.
fn holder() -> String {
    let Some(pid) = host_lock::holder() else {
        return "another harness".into();
    };
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<_> = line
        .split(|&byte| byte == 0)
        .filter(|word| !word.is_empty())
        .map(String::from_utf8_lossy)
        .collect();
    match words.is_empty() {
        true => format!("process {pid}"),
        false => format!("process {pid} ({})", words.join(" ")),
    }
}
