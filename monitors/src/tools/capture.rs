//! Runs a tool, and spools what it says as it comes. Nothing is parsed here while it measures: a
//! frame is what one read gave, the stamp behind it, and a byte that tells the stream.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use contract::{Counters, Error, Result, Session, SpoolReader, Unavailable};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::child::{Tool, Words, how};
use super::decode::Decoder;
use super::definition::{Definition, Pattern, Stream};
use super::requirements::Need;
use super::scratch_dir::ScratchDir;
use super::tracefs;
use crate::audit;
use crate::common::clock;

/// How long it may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(12);
/// The same on emulated CPUs, where a compiler that a tool brings along takes minutes. Less than the harness waits.
const EMULATED_PATIENCE: Duration = Duration::from_secs(230);
/// Spooled bytes are handed on so soon after they came, and an end is noticed so soon.
const FLUSH_MS: u16 = 2;
const IDLE_MS: u16 = 50;
/// So long its events may come on another stream than its definition says before that is an error.
const ELSEWHERE: Duration = Duration::from_secs(3);
/// How much of what it said last is kept for the line that tells why it failed.
const WORDS: usize = 4096;

/// Watches with the tool of `definition`.
pub(super) fn capture(
    definition: &'static Definition,
    session: &mut Session<'_>,
) -> Result<Counters> {
    let scratch = ScratchDir::new()?;
    let fill = Filling::new(scratch.path())?;
    for (name, text) in &definition.files {
        scratch.put(name, &fill.text(text))?;
    }
    let run: Words = definition.run.iter().map(|word| fill.text(word)).collect();
    let host = definition.needs.contains(&Need::Audit);
    let mut host = host.then(audit::SessionForTool::enter).transpose()?;
    let traces = definition.needs.contains(&Need::Tracefs);
    if traces {
        tracefs::keep(scratch.path())?;
    }
    let watched = watch(definition, &run, fill, scratch.path(), session, &mut host);
    let back = traces
        .then(|| tracefs::put_back(scratch.path()))
        .transpose();
    let left = host.map(audit::SessionForTool::leave).transpose();
    let lost = watched?;
    back?;
    left?;
    session.spool.flush()?;
    counters(definition, session.dir, lost)
}

fn watch(
    definition: &'static Definition,
    run: &Words,
    mut fill: Filling,
    home: &Path,
    session: &mut Session<'_>,
    host: &mut Option<audit::SessionForTool>,
) -> Result<Option<u64>> {
    let mut relay = Relay {
        tool: Tool::start(definition, run, home)?,
        definition,
        open: [true; 2],
        bytes: 0,
        said: [const { VecDeque::new() }; 2],
        buffer: vec![0; 1 << 17],
        decoder: Decoder::new(definition),
        ready: None,
        cannot: None,
        watching: false,
        elsewhere: None,
    };
    fill.0.extend(relay.ready(session)?);
    relay.watching = true;
    if let Some(host) = host {
        host.arm()?;
    }
    let env = definition.env.iter();
    let env: Vec<_> = env
        .map(|(name, value)| (name.clone(), fill.text(value)))
        .collect();
    (session.ready)(&env)?;
    relay.run(session)?;
    let lost = host
        .as_mut()
        .map(audit::SessionForTool::disarm)
        .transpose()?;
    relay.stop(session)?;
    Ok(lost)
}

/// What stands for what in a definition.
struct Filling(Vec<(String, String)>);

impl Filling {
    fn new(dir: &Path) -> Result<Self> {
        let harness = std::env::current_exe().map_err(|e| format!("/proc/self/exe: {e}"))?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        // The process from which every workload descends: what attaches follows that.
        let known = [
            ("{dir}", text(dir)),
            ("{harness}", text(&harness)),
            ("{parent}", nix::unistd::getppid().to_string()),
        ];
        Ok(Self(known.map(|(name, value)| (name.into(), value)).into()))
    }

    fn text(&self, text: &str) -> String {
        let fill = |text: String, (name, value): &(String, String)| text.replace(name, value);
        self.0.iter().fold(text.to_owned(), fill)
    }
}

struct Relay {
    tool: Tool,
    definition: &'static Definition,
    open: [bool; 2],
    bytes: u64,
    said: [VecDeque<u8>; 2],
    buffer: Vec<u8>,
    decoder: Decoder,
    /// What its words of readiness held, once it has said them; and those that say why it cannot run.
    ready: Option<Vec<(String, String)>>,
    cannot: Option<String>,
    /// Readiness is over.
    watching: bool,
    /// When a line that is an event came on the stream that has none, while the other was silent.
    elsewhere: Option<Instant>,
}

impl Relay {
    /// Waits until it says that it is ready, where the definition knows how that is said. What its
    /// words hold in named groups is known from then on.
    fn ready(&mut self, session: &mut Session<'_>) -> Result<Vec<(String, String)>> {
        let Some(ready) = &self.definition.ready else {
            return Ok(Vec::new());
        };
        let patience = match contract::emulated() {
            true => EMULATED_PATIENCE,
            false => PATIENCE,
        };
        let deadline = Instant::now() + patience;
        loop {
            self.wait(session, FLUSH_MS)?;
            self.read(session)?;
            session.spool.flush()?;
            if let Some(told) = self.ready.take() {
                return Ok(told);
            }
            self.alive()?;
            if Instant::now() > deadline {
                let (ready, seconds) = (ready.0.as_str(), patience.as_secs());
                return Err(self.failed(&format!(
                    "never got ready: said nothing like '{ready}' within {seconds} s"
                )));
            }
        }
    }

    /// Until it is time to stop.
    fn run(&mut self, session: &mut Session<'_>) -> Result<()> {
        let mut flushed = true;
        loop {
            let stop = self.wait(session, if flushed { IDLE_MS } else { FLUSH_MS })?;
            let came = self.read(session)?;
            if !came && !flushed {
                session.spool.flush()?;
            }
            flushed = !came;
            if stop {
                return Ok(());
            }
            if !came {
                self.alive()?;
            }
            self.on_the_right_stream()?;
        }
    }

    /// An error when its events come on the other stream. A stream that is buffered may follow later.
    fn on_the_right_stream(&mut self) -> Result<()> {
        let (other, named) = match self.definition.events {
            Stream::Stdout => ("stderr", "stdout"),
            Stream::Stderr => ("stdout", "stderr"),
        };
        let late = self
            .elsewhere
            .is_some_and(|since| since.elapsed() > ELSEWHERE);
        if !late || self.bytes_of_events() > 0 {
            return Ok(());
        }
        Err(self.failed(&format!(
            "its events come on {other}, and nothing on {named}: put events = \"{other}\" into its definition"
        )))
    }

    /// Asks it to stop, and reads until no process of it is left.
    fn stop(&mut self, session: &mut Session<'_>) -> Result<()> {
        self.tool.ask(self.definition.stop);
        let within = self.definition.stop_within_s;
        let deadline = Instant::now() + Duration::from_secs(within);
        loop {
            let came = self.read(session)?;
            let ended = self.tool.ended()?.is_some();
            if !came && ended && (self.open == [false; 2] || self.tool.others().is_empty()) {
                break;
            }
            if Instant::now() > deadline {
                let hung = format!("hung at stop: still running {within} s after it was asked to");
                return Err(self.failed(&hung));
            }
            if !came {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        self.tool.end()
    }

    /// Waits until there is something to read; whether it is time to stop.
    fn wait(&self, session: &Session<'_>, ms: u16) -> Result<bool> {
        let [out, err] = &self.tool.streams;
        let mut fds = vec![PollFd::new(session.stop, PollFlags::POLLIN)];
        let streams = [out, err].into_iter().zip(self.open);
        let open = streams.filter(|(_, open)| *open);
        fds.extend(open.map(|(file, _)| PollFd::new(file.as_fd(), PollFlags::POLLIN)));
        match poll(&mut fds, PollTimeout::from(ms)) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => {
                return Err(format!("poll: {error}: this is a bug, please report it").into());
            }
        }
        Ok(fds[0].any().unwrap_or(false))
    }

    /// Spools what there is on both streams, at most a buffer of each; whether there was anything.
    fn read(&mut self, session: &mut Session<'_>) -> Result<bool> {
        let mut came = false;
        for index in 0..2 {
            if !self.open[index] {
                continue;
            }
            let count = match (&self.tool.streams[index]).read(&mut self.buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // How a terminal says that its other end is closed.
                Err(error) if error.raw_os_error() == Some(libc::EIO) => 0,
                Err(error) => {
                    return Err(format!("read: {error}: this is a bug, please report it").into());
                }
            };
            let now = clock::now();
            self.open[index] = count > 0;
            came |= count > 0;
            let events = (index == 0) == (self.definition.events == Stream::Stdout);
            let bytes = &self.buffer[..count];
            if !events && self.elsewhere.is_none() && self.decoder.has_event(bytes) {
                self.elsewhere = Some(Instant::now());
            }
            if count > 0 {
                let parts = [&[u8::from(!events)], bytes];
                session.spool.write_parts(now, &parts)?;
            }
            let said = &mut self.said[index];
            said.extend(bytes);
            if !self.watching {
                self.ready = look_for(self.definition.ready.as_ref(), said, self.ready.take());
            }
            let cannot = self.definition.cannot.as_ref();
            self.cannot = self.cannot.take().or_else(|| {
                let found = cannot?.0.find(said.make_contiguous())?;
                Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
            });
            said.drain(..said.len().saturating_sub(WORDS));
            self.bytes += count as u64;
        }
        if self.bytes > self.definition.most_output_mib << 20 {
            let most = self.definition.most_output_mib;
            return Err(self.failed(&format!("flooded: it said more than {most} MiB")));
        }
        Ok(came)
    }

    /// Fails when it has ended by itself. One that said nothing cannot run here; one that leaves
    /// others behind may or may not watch on: that cannot be told.
    fn alive(&mut self) -> Result<()> {
        let Some(status) = self.tool.ended()? else {
            return Ok(());
        };
        let others = self.tool.others();
        if !others.is_empty() {
            let gone = format!(
                "forked away: it ended ({}) and left {others:?} running, have it stay in the foreground",
                how(status)
            );
            return Err(self.failed(&gone));
        }
        if let Some(why) = self.reason() {
            return Err(Error::from(self.cannot(status, &why)));
        }
        if self.bytes_of_events() == 0 && !status.success() {
            return Err(Error::from(self.cannot(status, &self.last())));
        }
        Err(self.failed(&format!("died ({})", how(status))))
    }

    fn bytes_of_events(&self) -> usize {
        self.said[usize::from(self.definition.events == Stream::Stderr)].len()
    }

    /// What it said where the definition knows how it says that it cannot run.
    fn reason(&self) -> Option<String> {
        self.cannot.as_ref().map(|found| format!(": {found}"))
    }

    fn cannot(&self, status: ExitStatus, why: &str) -> Unavailable {
        let lacks = format!("what it lacks here, it ended with {}{why}", how(status));
        Unavailable::new(lacks, self.definition.remedy.clone())
    }

    /// The error, with the last line that the tool printed. Its processes are ended first, so that
    /// none runs on while the harness reads this.
    fn failed(&mut self, why: &str) -> Error {
        let ended = self.tool.end().err();
        let ended = ended.map_or(String::new(), |error| format!("; {error}"));
        format!("{why}{}{ended}", self.last()).into()
    }

    /// The last line it said, of errors if there are any.
    fn last(&self) -> String {
        let lines = [&self.said[1], &self.said[0]].into_iter().map(|said| {
            let bytes: Vec<u8> = said.iter().copied().collect();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.lines()
                .rfind(|line| !line.trim().is_empty())
                .map(str::to_owned)
        });
        let last = lines.flatten().next();
        last.map_or(String::new(), |line| {
            format!("; the last line it printed: {}", line.trim())
        })
    }
}

/// What the named groups of `pattern` hold, unless that is known already. `said` is all of what came now
/// and enough of what came before: a tool may say much after it has said that it is ready.
fn look_for(
    pattern: Option<&Pattern>,
    said: &mut VecDeque<u8>,
    known: Option<Vec<(String, String)>>,
) -> Option<Vec<(String, String)>> {
    known.or_else(|| pattern?.told(said.make_contiguous()))
}

/// What can be counted only now: the tool is gone, and so is what it cost.
fn counters(definition: &'static Definition, dir: &Path, lost: Option<u64>) -> Result<Counters> {
    let path = dir.join("spool.bin");
    let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut reader = SpoolReader::new(file);
    let mut decoder = Decoder::new(definition);
    let mut journal = contract::EventLog::default();
    while let Some(frame) = reader.next_frame()? {
        contract::Decode::frame(&mut decoder, frame, &mut journal)?;
        journal.clear();
    }
    let mut counters = Counters::default();
    counters
        .reported_lost
        .extend(lost.map(|lost| ("lost".into(), lost)));
    let notes = [
        ("lines", decoder.lines),
        ("lines_not_understood", decoder.strange),
    ];
    counters
        .notes
        .extend(notes.map(|(name, count)| (name.into(), count)));
    Ok(counters)
}
