//! Whether this process runs when it should. Stopped, frozen or without CPU time a monitor sees nothing, and
//! nothing in it can say so until it runs again; the kernel tells of stops and ends alone, and only the parent
//! (kernel/signal.c, do_notify_parent_cldstop). So a thread beats, because the capture may wait for events for as
//! long as none come, and a process of its own ([`listen`]) says when no beat comes: whatever holds up the one has
//! to be done to the other too.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Between two beats. So seldom that it costs nothing that can be measured.
const BEAT: Duration = Duration::from_millis(250);
/// A beat that comes so much too late is told. Less than that a busy machine does to any process.
const MISSED: Duration = Duration::from_millis(400);
/// A listener that was itself held up for so long beyond its time waits once more: the whole machine stood.
const HELD_UP: Duration = Duration::from_millis(100);
/// A beat, and the end in order.
const BEATS: &[u8] = b".";
const ENDS: &[u8] = b"E";

/// It beats as long as this is there.
pub(crate) struct Pulse {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    listener: Child,
}

/// It says a line now and then.
const STACK: usize = 256 << 10;

impl Pulse {
    /// Says of each time that this process did not run, when it runs again, and has `harness pulse` say it at once.
    pub(crate) fn start(say: impl Fn(&str) + Send + 'static) -> Result<Self> {
        let mut listener = Command::new(std::env::current_exe().context("/proc/self/exe")?)
            .arg("pulse")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // A Ctrl-C is for the watch, which then ends it; and what stops that group must not stop it.
            .process_group(0)
            .spawn()
            .context("harness pulse: cannot be started: see ulimit -u")?;
        let mut beats = listener.stdin.take().context("harness pulse: no stdin")?;
        fcntl(&beats, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("fcntl of a pipe")?;
        let (end, ended) = channel();
        let beat = move || {
            let (mut last, mut heard) = (Instant::now(), true);
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(BEAT) {
                if let Some(text) = told(last.elapsed()) {
                    say(&text);
                }
                last = Instant::now();
                if heard && let Err(error) = beats.write_all(BEATS) {
                    heard = false;
                    say(&format!(
                        "harness pulse does not listen ({error}): a stop of the monitor will be told only when it is over"
                    ));
                }
            }
            // Where it has ended already there is nothing to tell it.
            let _ended = beats.write_all(ENDS);
        };
        one_arena();
        let thread = std::thread::Builder::new()
            .name("pulse".into())
            .stack_size(STACK)
            .spawn(beat)
            .context("a thread cannot be started: see ulimit -u")?;
        Ok(Self {
            end: Some(end),
            thread: Some(thread),
            listener,
        })
    }
}

/// Has the C library serve all threads from one arena. One of its own reserves 64 MiB of addresses for the pulse,
/// which under a limit (ulimit -v) the ring would lack.
fn one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes numbers alone, and the C library guards its arenas itself.
    let _set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

impl Drop for Pulse {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It says nothing that is needed any more, also where it panicked. It closes the pipe.
            let _ended = thread.join();
        }
        // A listener that is stopped or frozen would never end by itself; it has nothing to put back.
        let _killed = self.listener.kill();
        let _reaped = self.listener.wait();
    }
}

/// What to say when the last beat was so long ago.
fn told(gap: Duration) -> Option<String> {
    let stood = gap.checked_sub(BEAT).filter(|stood| *stood >= MISSED)?;
    Some(format!(
        "the monitor did not run for {:.1} s (stopped, frozen, or without CPU time): what happened meanwhile is told \
         late, or lost where its buffer was full",
        stood.as_secs_f64()
    ))
}

/// `harness pulse`: says when the beats that come in at `beats` stay away, until they end.
pub(crate) fn listen(mut beats: impl Read + AsFd, say: impl Fn(&str)) -> io::Result<()> {
    let due = BEAT + MISSED;
    let mut silent = false;
    let mut buffer = [0; 512];
    loop {
        let since = Instant::now();
        if !waited(&beats, due)? {
            if !silent && since.elapsed() < due + HELD_UP {
                silent = true;
                say(
                    "the monitor does not run (stopped, frozen, or without CPU time): what happens now is told late, \
                     or lost where its buffer is full",
                );
            }
            continue;
        }
        silent = false;
        match beats.read(&mut buffer)? {
            0 => {
                say("the monitor was killed: nothing is seen any more; start it again");
                return Ok(());
            }
            length if buffer[..length].ends_with(ENDS) => return Ok(()),
            _ => {}
        }
    }
}

/// Whether something can be read within `limit`.
fn waited(beats: &impl AsFd, limit: Duration) -> io::Result<bool> {
    let mut one = [PollFd::new(beats.as_fd(), PollFlags::POLLIN)];
    let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
    match poll(&mut one, limit) {
        Ok(ready) => Ok(ready > 0),
        // Nothing is known then: as if a beat were due anew.
        Err(Errno::EINTR) => waited(beats, BEAT + MISSED),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn only_a_process_that_did_not_run_is_told_of() {
        assert_eq!(told(BEAT), None);
        assert_eq!(told(BEAT + MISSED - Duration::from_millis(1)), None);
        let text = told(BEAT + Duration::from_secs(3)).unwrap();
        assert!(text.contains("did not run for 3.0 s"), "{text}");
    }

    /// What the listener says of these bytes, each after a time in milliseconds, and the end.
    fn heard(bytes: &[(u64, &[u8])]) -> Vec<String> {
        let (mut beats, ears) = UnixStream::pair().unwrap();
        let said = RefCell::new(Vec::new());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for (after, byte) in bytes {
                    std::thread::sleep(Duration::from_millis(*after));
                    beats.write_all(byte).unwrap();
                }
            });
            listen(ears, |text| said.borrow_mut().push(text.to_owned())).unwrap();
        });
        said.into_inner()
    }

    #[test]
    fn a_beat_that_stays_away_is_told_once_and_an_end_in_order_is_not() {
        assert_eq!(
            heard(&[(0, BEATS), (100, BEATS), (100, ENDS)]),
            Vec::<String>::new()
        );
        let said = heard(&[(0, BEATS), (1600, BEATS), (0, ENDS)]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("does not run"), "{said:?}");
    }

    #[test]
    fn an_end_without_a_word_is_told() {
        let said = heard(&[(0, BEATS)]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("was killed"), "{said:?}");
    }
}
