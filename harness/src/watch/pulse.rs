//! Whether this process runs when it should. Stopped, frozen or without CPU time a monitor sees nothing, and
//! nothing in it can say so until it runs again; then this does. A thread of its own, because the capture may
//! wait for events for as long as none come.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two beats. So seldom that it costs nothing that can be measured.
const BEAT: Duration = Duration::from_millis(250);
/// A beat that comes so much too late is told. Less than that a busy machine does to any process.
const MISSED: Duration = Duration::from_millis(400);

/// It beats as long as this is there.
pub(crate) struct Pulse {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// It says a line now and then.
const STACK: usize = 256 << 10;

impl Pulse {
    /// Says of each time that this process did not run.
    pub(crate) fn start(say: impl Fn(&str) + Send + 'static) -> io::Result<Self> {
        let (end, ended) = channel();
        let beat = move || {
            let mut last = Instant::now();
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(BEAT) {
                if let Some(text) = told(last.elapsed()) {
                    say(&text);
                }
                last = Instant::now();
            }
        };
        one_arena();
        let thread = std::thread::Builder::new()
            .name("pulse".into())
            .stack_size(STACK)
            .spawn(beat)?;
        Ok(Self {
            end: Some(end),
            thread: Some(thread),
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
            // It says nothing that is needed any more, also where it panicked.
            let _ended = thread.join();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_did_not_run_is_told_of() {
        assert_eq!(told(BEAT), None);
        assert_eq!(told(BEAT + MISSED - Duration::from_millis(1)), None);
        let text = told(BEAT + Duration::from_secs(3)).unwrap();
        assert!(text.contains("did not run for 3.0 s"), "{text}");
    }
}
