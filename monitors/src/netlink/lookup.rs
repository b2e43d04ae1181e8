//! What the connector does not tell of an exec, read from /proc at once. The process may be gone
//! by then or run its next program already: what is not there is left out, and what the rest of
//! the queue proves to be about something else is taken back.

use std::os::fd::{AsFd, BorrowedFd};

use contract::{Kind, Nanos, Pid, Result};

use crate::common::lookup_codec::{self, Tag};
use crate::common::proc_lookup::{self, Proc};

use super::parents::Kin;
use super::recv_batch::{Held, MOST};
use super::wire::EventHeader;

/// Looks up and keeps, for one batch.
pub(super) struct Details {
    proc: Proc,
    fields: Vec<u8>,
    found: Vec<Found>,
    kin: Kin,
    gain: Gain,
    ticks: u64,
}

/// What looking up at once has come to lately.
#[derive(Default)]
struct Gain {
    execs: u32,
    found: u32,
}

impl Gain {
    fn count(&mut self, found: bool) {
        if self.execs >= 256 {
            self.execs /= 2;
            self.found /= 2;
        }
        self.execs += 1;
        self.found += u32::from(found);
    }

    /// Fewer than one program told in eight.
    const fn is_small(&self) -> bool {
        self.execs >= 128 && self.found * 8 < self.execs
    }
}

/// Where in `fields` the fields of one exec lie.
#[derive(Clone, Copy, Default)]
struct Found {
    start: usize,
    /// Until here those of the program, then those of the process.
    middle: usize,
    end: usize,
    /// When the look-up was over.
    done: Nanos,
}

impl Details {
    pub(super) fn new() -> Result<Self> {
        let proc = Proc::open()
            .map_err(|errno| format!("/proc: {errno}: mount it, or use netlink{{details=off}}"))?;
        let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK);
        let ticks = ticks.ok().flatten().filter(|&ticks| ticks > 0);
        Ok(Self {
            proc,
            fields: Vec::with_capacity(1 << 20),
            found: Vec::with_capacity(MOST),
            kin: Kin::default(),
            gain: Gain::default(),
            ticks: ticks.map_or(100, |ticks| ticks as u64),
        })
    }

    /// Forgets the batch.
    pub(super) fn clear(&mut self) {
        self.fields.clear();
        self.found.clear();
    }

    /// Looks up the execs among those of `held` it has not seen yet; how many that were.
    ///
    /// Oldest first: the newest has the best chance, but the oldest is the one that is about to
    /// go, and measured either order leaves the same number out.
    pub(super) fn look_up(&mut self, held: &[Held]) -> usize {
        let mut execs = 0;
        for index in self.found.len()..held.len() {
            let mut found = Found::default();
            if let Some(event) = &held[index].event {
                self.kin.take(event);
                if event.kind == Kind::Exec {
                    found = self.exec(event, fate(event.pid, Nanos::MAX, &held[index + 1..]));
                    self.gain.count(found.middle > found.start);
                    execs += 1;
                }
            }
            self.found.push(found);
        }
        execs
    }

    /// Whether looking up at once gains so little that it may as well be done later.
    pub(super) fn is_vain(&self) -> bool {
        self.gain.is_small()
    }

    /// Messages were lost.
    pub(super) fn lost(&mut self) {
        self.kin.forget();
    }

    /// Passes over those it has not seen yet, and says how many of them were execs.
    pub(super) fn skip(&mut self, held: &[Held]) -> u64 {
        let fresh = held[self.found.len()..].iter();
        let execs = fresh.filter(|held| held.event.is_some_and(|said| said.kind == Kind::Exec));
        let execs = execs.count() as u64;
        let events = held[self.found.len()..].iter();
        let events = events.filter_map(|held| held.event.as_ref());
        events.for_each(|event| self.kin.take(event));
        self.found.resize_with(held.len(), Found::default);
        execs
    }

    /// The fields of the exec at `index`, without those that were read too late to be its own.
    pub(super) fn fields(&self, held: &[Held], index: usize) -> &[u8] {
        let Some(found) = self.found.get(index) else {
            return &[];
        };
        let Some(event) = held[index].event.filter(|_| found.end > found.start) else {
            return &[];
        };
        match fate(event.pid, found.done, &held[index + 1..]) {
            Fate::Same => &self.fields[found.start..found.end],
            Fate::OtherProgram => &self.fields[found.middle..found.end],
            Fate::OtherProcess => &[],
        }
    }

    fn exec(&mut self, event: &EventHeader, fate: Fate) -> Found {
        let mut found = Found {
            start: self.fields.len(),
            ..Found::default()
        };
        if fate != Fate::OtherProcess {
            // Through this descriptor everything is about one process: when it is gone, reads
            // fail, also when its pid lives on.
            let known = self.kin.parent(event.pid);
            let needed = fate == Fate::Same || known.is_none();
            let dir = needed.then(|| self.proc.of(event.pid)).flatten();
            if let Some(dir) = dir.as_ref().filter(|_| fate == Fate::Same) {
                self.proc.exe(dir.as_fd(), &mut self.fields);
                self.proc.argv(dir.as_fd(), &mut self.fields);
            }
            found.middle = self.fields.len();
            let parent = match (known, dir) {
                (Some(ppid), _) => Parent::Is(ppid),
                (None, Some(dir)) => self.parent(dir.as_fd(), event.happened),
                (None, None) => Parent::Unknown,
            };
            match parent {
                Parent::Is(ppid) => {
                    lookup_codec::keep(Tag::Ppid, &ppid.to_le_bytes(), &mut self.fields);
                }
                Parent::Unknown => {}
                Parent::OfAnother => self.fields.truncate(found.start),
            }
        }
        found.end = self.fields.len();
        found.middle = found.middle.clamp(found.start, found.end);
        found.done = crate::common::clock::now();
        found
    }

    fn parent(&mut self, dir: BorrowedFd<'_>, happened: Nanos) -> Parent {
        let mut line = [0_u8; 1024];
        let read =
            proc_lookup::slurp(dir, c"stat", &mut line).and_then(|length| stat(&line[..length]));
        let Some((ppid, started)) = read else {
            return Parent::Unknown;
        };
        // In ticks since boot, rounded down: a process that started in a later tick than this
        // exec is another one with the same pid.
        if started > self.tick(happened) {
            return Parent::OfAnother;
        }
        Parent::Is(ppid)
    }

    fn tick(&self, happened: Nanos) -> u64 {
        let boot = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
        let boot = boot.map_or(u64::MAX, |time| {
            time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
        });
        let asleep = boot.saturating_sub(crate::common::clock::now());
        happened.saturating_add(asleep) / (1_000_000_000 / self.ticks)
    }
}

enum Parent {
    Is(Pid),
    Unknown,
    OfAnother,
}

/// What had become of a pid by the time it was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing that is known.
    Same,
    /// It ran something else or had ended; its parent can still be asked for.
    OtherProgram,
    /// The pid was somebody else's.
    OtherProcess,
}

/// As far as `later` tells what happened before `done`.
fn fate(pid: Pid, done: Nanos, later: &[Held]) -> Fate {
    let later = later.iter().filter_map(|held| held.event);
    let mut fate = Fate::Same;
    for event in later.filter(|event| event.pid == pid && event.happened <= done) {
        if event.kind == Kind::Fork {
            return Fate::OtherProcess;
        }
        fate = Fate::OtherProgram;
    }
    fate
}

/// Parent and start time of a /proc/PID/stat: fields 4 and 22. The name before them may hold
/// anything, so counting begins behind its last bracket.
fn stat(line: &[u8]) -> Option<(Pid, u64)> {
    let close = line.iter().rposition(|&byte| byte == b')')?;
    let mut fields = std::str::from_utf8(&line[close + 1..])
        .ok()?
        .split_ascii_whitespace();
    let ppid = fields.nth(1)?.parse().ok()?;
    let started = fields.nth(17)?.parse().ok()?;
    // The kernel says 0 for a process that is just being reaped.
    (ppid != 0).then_some((ppid, started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_any_name() {
        let line = b"7 (a) 1 (b\n) S 3 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 99 1 2";
        assert_eq!(stat(line), Some((3, 99)));
        assert_eq!(stat(b"7 (x"), None);
        assert_eq!(stat(b"7 (x) S 3"), None);
    }

    #[test]
    fn our_own_fields_are_found_and_a_later_start_is_another_process() {
        let mut details = Details::new().unwrap();
        let event = |happened| EventHeader {
            kind: Kind::Exec,
            pid: std::process::id(),
            happened,
            ppid: None,
            status: None,
        };
        let now = crate::common::clock::now();
        let found = details.exec(&event(now), Fate::Same);
        let mut rest = &details.fields[found.start..found.end];
        let exe = std::fs::read_link("/proc/self/exe").unwrap();
        let argv = std::fs::read("/proc/self/cmdline").unwrap();
        let ppid = std::os::unix::process::parent_id().to_le_bytes();
        assert_eq!(
            lookup_codec::next(&mut rest),
            Some((Tag::Exe, exe.as_os_str().as_encoded_bytes()))
        );
        assert_eq!(lookup_codec::next(&mut rest), Some((Tag::Argv, &argv[..])));
        assert_eq!(lookup_codec::next(&mut rest), Some((Tag::Ppid, &ppid[..])));
        let found = details.exec(&event(1), Fate::Same);
        assert_eq!(found.start, found.end, "a pid used again");
    }
}
